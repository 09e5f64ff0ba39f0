/**
 * Runs test suites and says what they came to: `npm test` the quick ones, `npm test -- NAME...` the
 * named ones. With METALYARD_SUITE_RESULTS=FILE each result is also appended there, for `.ci/run`.
 */
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

const scratch = mkdtempSync(join(tmpdir(), 'metalyard-test-'));
const results = chosen.map(run);
rmSync(scratch, { recursive: true });

console.log(summary(results));
const resultsFile = process.env.METALYARD_SUITE_RESULTS;
if (resultsFile) for (const result of results) appendFileSync(resultsFile, `${JSON.stringify(result)}\n`);
process.exitCode = results.every(({ failed }) => failed === 0) ? 0 : 1;

function run(suite: Suite): SuiteResult {
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
  if (files.length === 0) return done({ passed: 0, failed: 1, skipped: [] });
  const { status } = spawnSync(
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
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  const counts = readCounts(countsFile);
  // The process itself failed (a leaked handle, a crash) without a failed test: that is one failure.
  const failed = counts.failed === 0 && status !== 0 ? 1 : counts.failed;
  return done({ ...counts, failed });
}

function readCounts(file: string): SuiteCounts {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { passed: 0, failed: 1, skipped: [] };
  }
}
