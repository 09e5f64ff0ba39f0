/**
 * `metalyard compat`: examines any Anthropic-compatible server. Exit status 0 when nothing failed (a
 * feature that is refused by name is no failure), 1 when something did, 2 when it could not be run.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { allCases } from '../../compat/all-cases.ts';
import { type CompatCase, caseId } from '../../compat/compat-case.ts';
import { preflight } from '../../compat/preflight.ts';
import { diff } from '../../compat/report/diff.ts';
import { junit } from '../../compat/report/junit.ts';
import { parseResultFile, type ResultFile, resultFile } from '../../compat/report/result-file.ts';
import { coloured, plain, textTable } from '../../compat/report/text-table.ts';
import { runCases } from '../../compat/runner.ts';
import { version } from '../package-files.ts';
import { openScreen } from '../screen.ts';

export interface CompatFlags {
  readonly baseUrl?: string;
  readonly key?: string;
  readonly model?: string;
  readonly only?: string;
  readonly json?: boolean;
  readonly junit?: string;
  readonly diff?: readonly string[];
  readonly list?: boolean;
  readonly concurrency: number;
  readonly caseSeconds: number;
}

const couldNotRun = 2;

export async function compat(flags: CompatFlags): Promise<void> {
  try {
    if (flags.diff !== undefined) return printDiff(flags.diff);
    const cases = chosen(flags.only);
    if (flags.list) return printList(cases);
    const file = await examine(flags, cases);
    if (flags.junit !== undefined) writeFileSync(flags.junit, junit(file));
    process.exitCode = file.counts.fail > 0 ? 1 : 0;
  } catch (error) {
    process.stderr.write(`metalyard compat: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = couldNotRun;
  }
}

async function examine(flags: CompatFlags, cases: readonly CompatCase[]): Promise<ResultFile> {
  if (flags.baseUrl === undefined) throw new Error('say which server: --base-url http://127.0.0.1:8787');
  const caseTimeMs = flags.caseSeconds * 1000;
  const ready = await preflight({ baseUrl: flags.baseUrl, key: flags.key, model: flags.model }, caseTimeMs);
  if (!ready.ok) throw new Error(ready.problem);
  const screen = openScreen(flags.json ? process.stderr : process.stdout);
  for (const note of ready.notes) screen.write(`${note}\n`);
  const startedAt = new Date().toISOString();
  let done = 0;
  const results = await runCases(cases, ready.server, {
    concurrency: flags.concurrency,
    caseTimeMs,
    onResult: ({ case: { name } }) =>
      screen.progress(`Examining ${ready.server.url}`, `${++done} of ${cases.length}: ${name}`),
  });
  screen.settle();
  const file = resultFile(results, { server: ready.server, version, startedAt });
  process.stdout.write(
    flags.json ? `${JSON.stringify(file, null, 2)}\n` : textTable(file, screen.colour ? coloured : plain),
  );
  return file;
}

/** `--only` takes a part of a name or of a group, or several with commas. */
function chosen(only: string | undefined): readonly CompatCase[] {
  if (only === undefined) return allCases;
  const parts = only.split(',').map((part) => part.trim());
  const cases = allCases.filter((compatCase) => parts.some((part) => caseId(compatCase).includes(part)));
  if (cases.length === 0) throw new Error(`no case is called "${only}". --list shows all.`);
  return cases;
}

function printList(cases: readonly CompatCase[]): void {
  for (const compatCase of cases) process.stdout.write(`${caseId(compatCase)}\n    ${compatCase.title}\n`);
}

function printDiff(files: readonly string[]): void {
  const [before, after] = files;
  if (before === undefined || after === undefined || files.length !== 2) {
    throw new Error('--diff takes two files that --json wrote: --diff before.json after.json');
  }
  process.stdout.write(diff(read(before), read(after)));
}

const read = (name: string): ResultFile => parseResultFile(readFileSync(name, 'utf8'), name);
