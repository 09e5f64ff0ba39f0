/**
 * A reporter for `node --test` that is worth reading: what failed, with its cause, and the figures
 * tests tell (`context.diagnostic`). What passed is a number at the end.
 */

import { relative } from 'node:path';
import type { TestEvent } from 'node:test/reporters';
import { watchFailures } from './failed-test.ts';

/** The runner's own totals: `scripts/test.ts` prints them for all suites together. */
const totals = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/;

export default async function* suiteReport(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const justFailed = watchFailures();
  for await (const event of source) {
    const failure = justFailed(event);
    if (failure !== null) yield `\n✖ ${failure.name} (${failure.place})\n${failure.error}\n\n`;
    switch (event.type) {
      case 'test:diagnostic':
        if (!totals.test(event.data.message)) yield `  ${event.data.message}\n`;
        break;
      case 'test:stdout':
      case 'test:stderr':
        yield event.data.message;
        break;
      // One per file where files have processes of their own: a sign of life in a long suite.
      case 'test:summary':
        if (event.data.file !== undefined) {
          const { file, duration_ms: tookMs, counts } = event.data;
          yield `  ${relative(process.cwd(), file)}: ${counts.passed} of ${counts.tests}, ${(tookMs / 1000).toFixed(1)} s\n`;
        }
        break;
    }
  }
}
