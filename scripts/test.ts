/**
 * Runs test suites and says what they came to: `npm test` the quick ones, `npm test -- NAME...` the
 * named ones, two at a time. With METALYARD_SUITE_RESULTS=FILE each result is also appended there, for `.ci/run`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { SuiteCounts } from './suite-counts.ts';
import { type Suite, suites } from './suites.ts';
import { type SuiteResult, summary } from './summary.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !suites.some((suite) => suite.name === name));
if (unknown.length > 0) {
  console.error(`There is no suite ${unknown.join(', ')}. There are: ${suites.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}
const chosen = suites.filter(({ name, quick }) => (asked.length > 0 ? asked.includes(name) : quick));

/** Most suites wait for one thing or another; more than two, and what measures time would fail on two cores. */
const atATime = 2;
/** Tests start hundreds of processes: each would strip and compile the same sources for half a second and more. */
const environment = { NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/compiled'), ...process.env };

const scratch = mkdtempSync(join(tmpdir(), 'metalyard-test-'));
const results = await runAll(chosen);
rmSync(scratch, { recursive: true });

console.log(summary(results));
const resultsFile = process.env.METALYARD_SUITE_RESULTS;
if (resultsFile) for (const result of results) appendFileSync(resultsFile, `${JSON.stringify(result)}\n`);
process.exitCode = results.every(({ failed }) => failed === 0) ? 0 : 1;

/** Starts them in their order, each when there is room for it. */
async function runAll(toRun: readonly Suite[]): Promise<SuiteResult[]> {
  const started: Promise<SuiteResult>[] = [];
  const running = new Set<Promise<SuiteResult>>();
  let isAlone = false;
  for (const suite of toRun) {
    const others = isAlone || suite.alone === true ? 0 : atATime - 1;
    while (running.size > others) await Promise.race(running);
    isAlone = suite.alone === true;
    const result = run(suite);
    started.push(result);
    running.add(result);
    void result.then(() => running.delete(result));
  }
  return Promise.all(started);
}

async function run(suite: Suite): Promise<SuiteResult> {
  const files = suite.files();
  const countsFile = join(scratch, `${suite.name}.json`);
  console.log(`\n${suite.name}: ${files.length} files`);
  const startedMs = performance.now();
  const done = (counts: SuiteCounts): SuiteResult => ({
    name: suite.name,
    seconds: (performance.now() - startedMs) / 1000,
    ...counts,
  });
  // A suite without files is a mistake in the patterns, not a success.
  if (files.length === 0) return done(failedAsAWhole('no file is found by its patterns', 'scripts/suites.ts'));
  const child = spawn(
    process.execPath,
    [
      '--test',
      ...suite.flags,
      `--test-reporter=${new URL('./suite-report.ts', import.meta.url).href}`,
      '--test-reporter-destination=stdout',
      `--test-reporter=${new URL('./suite-counts.ts', import.meta.url).href}`,
      `--test-reporter-destination=${countsFile}`,
      ...files,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], env: environment },
  );
  // Whose line it is, because another suite may print beside it.
  createInterface(child.stdout).on('line', (line) => console.log(line === '' ? '' : `${suite.name}: ${line}`));
  const [status] = await once(child, 'close');
  const counts = readCounts(countsFile);
  if (counts === null) return done(failedAsAWhole('the run ended without a result', `status ${status}`));
  // The process itself failed (a leaked handle, a crash) without a failed test: that is one failure.
  if (counts.failed === 0 && status !== 0) {
    const { failures } = failedAsAWhole('all tests passed, yet the run failed', `status ${status}`);
    return done({ ...counts, failed: 1, failures });
  }
  return done(counts);
}

function failedAsAWhole(name: string, place: string): SuiteCounts {
  return { passed: 0, failed: 1, failures: [{ name, place, error: '' }], skipped: [] };
}

function readCounts(file: string): SuiteCounts | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}
