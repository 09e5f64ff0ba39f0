/** Results of suites as a table, then what failed, ending in the line `N passed, N failed`. */
import { readFileSync } from 'node:fs';
import { type FailedTest, lastLines } from './failed-test.ts';

export interface SuiteResult {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly failures: readonly FailedTest[];
  readonly skipped: readonly string[];
  readonly seconds: number;
}

export function summary(results: readonly SuiteResult[]): string {
  const sum = (pick: (result: SuiteResult) => number): number => results.reduce((total, one) => total + pick(one), 0);
  const allSeconds = sum(({ seconds }) => seconds);
  const rows = results.map(({ name, passed, failed, skipped, seconds }) =>
    [
      name.padEnd(10),
      String(passed).padStart(6),
      String(failed).padStart(6),
      String(skipped.length).padStart(7),
      seconds.toFixed(1).padStart(8),
      `${Math.round((100 * seconds) / (allSeconds || 1))} %`.padStart(6),
    ].join(' '),
  );
  const skipped = results.flatMap((result) => result.skipped.map((name) => `skipped in ${result.name}: ${name}`));
  return [
    '',
    'suite      passed failed skipped  seconds  share',
    ...rows,
    ...skipped,
    ...failureLines(results),
    `${sum(({ passed }) => passed)} passed, ${sum(({ failed }) => failed)} failed`,
  ].join('\n');
}

/** Who reads a long log only has its end, so that what failed stands there too; some of it without its error. */
const failureCharacters = 8_000;
const listedFailures = 30;

function failureLines(results: readonly SuiteResult[]): string[] {
  const all = results.flatMap((result) => result.failures.map((failure) => ({ suite: result.name, ...failure })));
  let room = failureCharacters;
  const listed = all.slice(0, listedFailures).map(({ suite, name, place, error }) => {
    const head = `✖ ${suite}: ${name} (${place})`;
    room -= error.length;
    return error === '' || room < 0 ? head : `${head}\n${error}`;
  });
  const left = all.length - listed.length;
  return [...listed, ...(left > 0 ? [`✖ and ${left} more`] : [])];
}

/** A line of the results: a suite's, or a step's that passes or fails as a whole, with the file of what it printed. */
type ResultLine = SuiteResult | (Omit<SuiteResult, 'failures'> & { readonly command: string; readonly output: string });

function suiteResult(line: ResultLine): SuiteResult {
  if ('failures' in line) return line;
  const failure = { name: 'failed', place: line.command, error: lastLines(readFileSync(line.output, 'utf8')) };
  return { ...line, failures: line.failed > 0 ? [failure] : [] };
}

// Called as a program by `.ci/run` with the file of collected results.
if (import.meta.main) {
  const lines = readFileSync(process.argv[2] ?? '', 'utf8')
    .trimEnd()
    .split('\n');
  const results = lines.map((line) => suiteResult(JSON.parse(line)));
  console.log(summary(results));
  process.exitCode = results.every(({ failed }) => failed === 0) ? 0 : 1;
}
