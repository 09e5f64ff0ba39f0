/** Some hundred of the streams that `npm run soak` sends by the thousand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { soakStreams } from './soak.ts';

test('300 streams, 32 at once: each arrives whole, in order, and as its own', async () => {
  const report = await soakStreams({ streams: 300, concurrency: 32, seed: 7 });
  assert.deepEqual(report.failures, []);
  assert.equal(report.complete, 300);
});
