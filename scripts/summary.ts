/** Results of suites as a table, ending in the line `N passed, N failed`. */
import { readFileSync } from 'node:fs';

export interface SuiteResult {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
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
    `${sum(({ passed }) => passed)} passed, ${sum(({ failed }) => failed)} failed`,
  ].join('\n');
}

// Called as a program by `.ci/run` with the file of collected results.
if (import.meta.main) {
  const lines = readFileSync(process.argv[2] ?? '', 'utf8')
    .trimEnd()
    .split('\n');
  const results = lines.map((line): SuiteResult => JSON.parse(line));
  console.log(summary(results));
  process.exitCode = results.every(({ failed }) => failed === 0) ? 0 : 1;
}
