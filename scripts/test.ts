/**
 * Runs test suites and says what they came to: `npm test` the quick ones, `npm test -- NAME...` the
 * named ones, two at a time. With METALYARD_SUITE_RESULTS=FILE each result is also appended there, for `.ci/run`.
 */
import { appendFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runSuites } from './run-suites.ts';
import { suites } from './suites.ts';
import { summary } from './summary.ts';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !suites.some((suite) => suite.name === name));
if (unknown.length > 0) {
  console.error(`There is no suite ${unknown.join(', ')}. There are: ${suites.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}

const results = await runSuites(suites.filter(({ name, quick }) => (asked.length > 0 ? asked.includes(name) : quick)));
console.log(summary(results));
const resultsFile = process.env.METALYARD_SUITE_RESULTS;
if (resultsFile) for (const result of results) appendFileSync(resultsFile, `${JSON.stringify(result)}\n`);
process.exitCode = results.every(({ failed }) => failed === 0) ? 0 : 1;
