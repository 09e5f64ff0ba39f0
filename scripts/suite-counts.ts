/** A reporter for `node --test`: one JSON object with what the run came to, for `scripts/test.ts`. */
import type { TestEvent } from 'node:test/reporters';
import { type FailedTest, shortened, watchFailures } from './failed-test.ts';

export interface SuiteCounts {
  readonly passed: number;
  /** Cancelled tests (a timeout, a file that could not be loaded) included. */
  readonly failed: number;
  /** What failed, in the order it did. */
  readonly failures: readonly FailedTest[];
  /** Full names of what did not run, each with its reason. */
  readonly skipped: readonly string[];
}

export default async function* suiteCounts(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  let passed = 0;
  let failed = 0;
  const failures: FailedTest[] = [];
  const skipped: string[] = [];
  const justFailed = watchFailures();
  for await (const event of source) {
    if (event.type === 'test:summary' && event.data.file === undefined) {
      const { counts } = event.data;
      passed = counts.passed;
      failed = counts.tests - counts.passed - counts.skipped - counts.todo;
    }
    if (event.type === 'test:pass' && event.data.skip !== undefined && event.data.skip !== false) {
      skipped.push(`${event.data.name} (${event.data.skip === true ? 'no reason given' : event.data.skip})`);
    }
    const failure = justFailed(event);
    if (failure !== null) failures.push(shortened(failure));
  }
  yield JSON.stringify({ passed, failed, failures, skipped } satisfies SuiteCounts);
}
