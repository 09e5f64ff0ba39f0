/** Runs suites, two at a time, their files in processes that end whatever happens. */
import { mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type FailedTest, lastLines } from './failed-test.ts';
import { endAllRuns, type RunEnd, runBounded, runningNames } from './run-bounded.ts';
import { type ProcessCounts, readCounts, type SuiteCounts } from './suite-counts.ts';
import type { Suite } from './suites.ts';
import type { SuiteResult } from './summary.ts';

/** Most suites wait for one thing or another; more than two, and what measures time would fail on two cores. */
const atATime = 2;
const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
/** Tests start hundreds of processes: each would strip and compile the same sources for half a second and more. */
const environment = {
  NODE_COMPILE_CACHE: script('../node_modules/.cache/compiled'),
  ...process.env,
  // Of an outer `node --test`, which would have the files report to it and not to us.
  NODE_TEST_CONTEXT: undefined,
  // Without it they go on no longer (`own-end.ts`).
  METALYARD_TEST_RUNNER: String(process.pid),
};
const starterLooksMs = 500;
/** Of what a process printed, for the one that dies without a word of a test. */
const keptLines = 100;

/** Starts them in their order, each when there is room for it. Whoever ends this process ends all of theirs. */
export async function runSuites(toRun: readonly Suite[]): Promise<SuiteResult[]> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => stopped(signal, 128 + constants.signals[signal]));
  }
  // npm tells a signal to the shell it runs scripts in, which dies of it and tells nobody.
  const starter = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid !== starter) stopped('the end of what started it', 1);
  }, starterLooksMs);
  const scratch = mkdtempSync(join(tmpdir(), 'metalyard-test-'));
  process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));
  let isAlone = false;
  const besides = (suite: Suite): number => {
    const others = isAlone || suite.alone === true ? 0 : atATime - 1;
    isAlone = suite.alone === true;
    return others;
  };
  const results = await inTurn(toRun, besides, (suite) => runSuite(suite, scratch));
  clearInterval(watch);
  return results;
}

function stopped(by: string, status: number): void {
  for (const name of runningNames()) console.log(`stopped by ${by} while it ran: ${name}`);
  endAllRuns();
  process.exit(status);
}

async function runSuite(suite: Suite, scratch: string): Promise<SuiteResult> {
  const files = suite.files();
  console.log(`\n${suite.name}: ${files.length} files`);
  const startedMs = performance.now();
  const parts = await runFiles(suite, files, scratch);
  const sum = (pick: (part: SuiteCounts) => number): number => parts.reduce((total, part) => total + pick(part), 0);
  return {
    name: suite.name,
    passed: sum(({ passed }) => passed),
    failed: sum(({ failed }) => failed),
    failures: parts.flatMap(({ failures }) => failures),
    skipped: parts.flatMap(({ skipped }) => skipped),
    seconds: (performance.now() - startedMs) / 1000,
  };
}

async function runFiles(suite: Suite, files: readonly string[], scratch: string): Promise<SuiteCounts[]> {
  // Whose line it is, because another suite may print beside it.
  const show = (line: string): void => console.log(line === '' ? '' : `${suite.name}: ${line}`);
  const { processes } = suite;
  if (files.length === 0) {
    // A mistake in the patterns, not a success.
    const failures = [{ name: 'no file is found by its patterns', place: 'scripts/suites.ts', error: '' }];
    return [{ passed: 0, failed: 1, failures, skipped: [] }];
  }
  if (processes === 'one') {
    const countsFile = join(scratch, suite.name);
    return [await runProcess(suite, `suite ${suite.name}`, [script('in-one-process.ts'), ...files], countsFile, show)];
  }
  return inTurn(
    files,
    () => processes - 1,
    async (file) => {
      const startedMs = performance.now();
      const lines: string[] = [];
      const countsFile = join(scratch, `${suite.name}-${files.indexOf(file)}`);
      const counts = await runProcess(suite, file, [file], countsFile, (line) => lines.push(line));
      const tests = counts.passed + counts.failed + counts.skipped.length;
      const tookS = ((performance.now() - startedMs) / 1000).toFixed(1);
      // Other files print meanwhile: what this one has to say stands together.
      for (const line of [...lines, `  ${file}: ${counts.passed} of ${tests}, ${tookS} s`]) show(line);
      return counts;
    },
  );
}

async function runProcess(
  suite: Suite,
  name: string,
  program: readonly string[],
  countsFile: string,
  show: (line: string) => void,
): Promise<SuiteCounts> {
  const printed: string[] = [];
  const end = await runBounded({
    name,
    args: [
      `--test-timeout=${suite.testMs}`,
      // Most of what such a one makes is of no use a moment later: it is collected seldom, and there is little to keep.
      ...(suite.givesWay === true ? ['--max-semi-space-size=64'] : []),
      ...[`--test-reporter=${script('suite-report.ts')}`, '--test-reporter-destination=stdout'],
      ...[`--test-reporter=${script('suite-counts.ts')}`, `--test-reporter-destination=${countsFile}`],
      ...program,
    ],
    env: environment,
    boundMs: suite.fileMs,
    givesWay: suite.givesWay === true,
    onLine(line) {
      show(line);
      if (printed.push(line) > keptLines) printed.shift();
    },
  });
  const counts = readCounts(countsFile);
  const failure = wholeFailure(name, suite.fileMs, counts, end, printed);
  if (failure === null) return counts;
  for (const line of ['', `✖ ${failure.name} (${failure.place})`, '']) show(line);
  return { ...counts, failed: counts.failed + 1, failures: [...counts.failures, failure] };
}

/** What is wrong with the process beyond the tests that failed; null: nothing. */
function wholeFailure(
  place: string,
  boundMs: number,
  { isWhole, failed, open }: ProcessCounts,
  { status, signal, wasTooLong }: RunEnd,
  printed: readonly string[],
): FailedTest | null {
  const how = signal === null ? `status ${status}` : signal;
  const told = (name: string): FailedTest => ({ name, place, error: lastLines(printed.join('\n')) });
  if (wasTooLong) {
    const where = open.length > 0 ? `it was killed in: ${open.join(' > ')}` : 'no test was running when it was killed';
    return told(`it did not end within ${boundMs / 1000} s: ${where}`);
  }
  if (isWhole) return failed === 0 && status !== 0 ? told(`all tests passed, yet the run failed (${how})`) : null;
  if (signal === 'SIGKILL' && open.length === 0) {
    return told('its tests ended and its process did not: something was left open; it was killed');
  }
  return told(`it ended without a result (${how})${open.length > 0 ? ` in: ${open.join(' > ')}` : ''}`);
}

/** Runs all, in their order, each as soon as no more than so many others are running. Results are in the order of `all`. */
async function inTurn<T, R>(
  all: readonly T[],
  besides: (one: T) => number,
  start: (one: T) => Promise<R>,
): Promise<R[]> {
  const running = new Set<Promise<R>>();
  const started: Promise<R>[] = [];
  for (const one of all) {
    const others = besides(one);
    while (running.size > others) await Promise.race(running);
    const result = start(one);
    started.push(result);
    running.add(result);
    void result.then(() => running.delete(result));
  }
  return Promise.all(started);
}
