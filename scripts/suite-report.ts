/**
 * A reporter of `node:test` that is worth reading: what failed, with its cause, and the figures
 * tests tell (`context.diagnostic`). What passed is a number at the end.
 */

import type { TestEvent } from 'node:test/reporters';
import { watchFailures } from './failed-test.ts';

/** The runner's own totals: `scripts/summary.ts` prints them for all suites together. */
const totals = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/;

export default async function* suiteReport(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const justFailed = watchFailures();
  for await (const event of source) {
    const failure = justFailed(event);
    if (failure !== null) yield `\n✖ ${failure.name} (${failure.place})\n${failure.error}\n\n`;
    if (event.type === 'test:diagnostic' && !totals.test(event.data.message)) yield `  ${event.data.message}\n`;
  }
}
