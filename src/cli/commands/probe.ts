/**
 * `metalyard probe`: what each probe reads, what it finds here, and what a stored output of any
 * machine says. Needs no gateway.
 */
import { createReadStream } from 'node:fs';
import type { Fact } from '../../contract/machine/fact.ts';
import { known } from '../../contract/machine/fact.ts';
import type { Facts, OperatingSystem } from '../../contract/machine/facts.ts';
import type { Finding } from '../../contract/machine/finding.ts';
import { checkAll, findingsOf } from '../../landmines/index.ts';
import { allProbes, probesOf } from '../../machine/all-probes.ts';
import { combine, runProbes, thisFamily } from '../../machine/collect.ts';
import type { Probe } from '../../machine/probe.ts';
import type { Reading } from '../../machine/reading.ts';
import { decodeText } from '../../machine/text/decode.ts';
import { pastedText } from '../../machine/text/pasted.ts';
import { storedReadings, storedText } from '../../machine/text/stored.ts';
import { CommandError } from '../command-error.ts';
import { factsText } from '../fact-text.ts';
import { version } from '../package-files.ts';
import { table } from '../table.ts';
import { wrap } from '../wrap.ts';

/** A pipe has no width: what is written there is not broken. */
const columns = process.stdout.columns ?? Number.POSITIVE_INFINITY;

export interface ProbeFlags {
  readonly json?: boolean;
}
export interface ProbeRunFlags extends ProbeFlags {
  readonly raw?: boolean;
  readonly model?: string;
}
export interface ProbeReplayFlags extends ProbeFlags {
  readonly exitCode?: number;
}

export function listProbes({ json }: ProbeFlags): void {
  const listed = allProbes.map(({ name, title, platforms, reads, timeoutMs, facts }) => ({
    name,
    title,
    platforms,
    reads,
    timeoutMs,
    facts,
  }));
  const rows = listed.map(({ name, title, platforms }) => [
    name,
    platforms.length === 3 ? 'all' : platforms.join(', '),
    title,
  ]);
  print(json, listed, () => table(['probe', 'systems', 'what it tells'], rows));
}

/** Runs one probe or all of this system's. */
export async function runProbesHere(name: string | undefined, flags: ProbeRunFlags): Promise<void> {
  const probes = name === undefined ? probesOf(thisFamily) : [probeNamed(name)];
  const runs = await runProbes(probes, { version, ...(flags.model === undefined ? {} : { modelsPath: flags.model }) });
  if (flags.raw) {
    process.stdout.write(runs.map(({ readings }) => storedText(readings)).join(''));
    return;
  }
  const facts = combine(runs.map((run) => run.facts));
  const report = { probes: runs.map(({ probe, ms }) => ({ name: probe.name, ms })), facts };
  print(flags.json, report, () => {
    const times = runs.map(({ probe, ms }) => `${probe.name} ${ms} ms`);
    return `${factsText(facts)}\n${wrap(times.join(', '), '', columns).join('\n')}\n`;
  });
}

/** Reads a stored output, of a file or of standard input. */
export async function replayProbe(name: string, file: string, { json, exitCode }: ProbeReplayFlags): Promise<void> {
  const probe = probeNamed(name);
  const text = pastedText(await readOutput(file));
  const readings = storedReadings(text, file === '-' ? 'standard input' : file).map(
    (reading): Reading => (exitCode === undefined ? reading : { ...reading, exitCode }),
  );
  const facts = combine([probe.parse(readings)]);
  const findings = findingsBySystem(facts, probe.platforms);
  print(json, { probe: probe.name, facts, findings }, () => {
    const told = factsText(facts);
    const nothing = Object.values(facts).every((fact: Fact<unknown>) => !fact.known);
    const found = findings.map(({ title, code, seen, on }) => {
      const where = on.length === probe.platforms.length ? '' : ` on ${on.join(' and ')}`;
      return `\n${title} [${code}]${where}\n${wrap(seen, '  ', columns).join('\n')}\n`;
    });
    return `${told}${nothing ? 'Nothing is known from this.\n' : ''}${found.length === 0 ? '\nNo findings.\n' : found.join('')}`;
  });
}

/** Most checks are for one system, which the output of a tool does not name: each it may be from is tried. */
function findingsBySystem(facts: Facts, systems: readonly OperatingSystem[]) {
  const found = new Map<string, Finding & { on: OperatingSystem[] }>();
  for (const system of systems) {
    const there: Facts = { ...facts, 'os.family': known(system, 'assumed: the output does not tell') };
    for (const finding of findingsOf(checkAll(there))) {
      const before = found.get(finding.code);
      if (before === undefined) found.set(finding.code, { ...finding, on: [system] });
      else before.on.push(system);
    }
  }
  return [...found.values()];
}

/** By its own name, or by the one tool it reads: `vm_stat` is macos-vm-stat. */
function probeNamed(name: string): Probe {
  const probe = allProbes.find((each) => each.name === name);
  if (probe !== undefined) return probe;
  const reading = allProbes.filter(({ reads }) => reads.some((each) => each.split(/[ ,;(]+/).includes(name)));
  if (reading.length === 1) return reading[0]!;
  const close = (reading.length > 0 ? reading : allProbes.filter((each) => each.name.includes(name))).map(
    (each) => each.name,
  );
  throw new CommandError(
    `There is no probe ${name}. ${close.length > 0 ? `Did you mean ${close.join(', ')}?` : 'List them: metalyard probe ls'}`,
  );
}

/** A pasted output is small; more than this is some other file. */
const largestBytes = 8 * 1024 * 1024;

async function readOutput(file: string): Promise<string> {
  const name = file === '-' ? 'Standard input' : file;
  const stream = file === '-' ? process.stdin : createReadStream(file);
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const part of stream as AsyncIterable<Buffer>) {
      parts.push(part);
      length += part.length;
      // What never ends is not read to its end.
      if (length > largestBytes) break;
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'error';
    throw new CommandError(`${name} cannot be read (${code}).`);
  }
  if (length > largestBytes)
    throw new CommandError(
      `${name} is too large for the output of a tool: more than ${largestBytes / 1024 ** 2} MiB. Store what the tool prints, alone, in a file.`,
    );
  return decodeText(Buffer.concat(parts));
}

function print(json: boolean | undefined, value: unknown, text: () => string): void {
  process.stdout.write(json ? `${JSON.stringify(value, null, 2)}\n` : text());
}
