import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BucketLimit } from './bucket.ts';
import type { Refusal } from './key-quota.ts';
import { quotaRefused } from './refusals.ts';

const requests: BucketLimit = { name: 'requests', capacity: 60, per: 'minute' };
const day: BucketLimit = { name: 'day', capacity: 1_000_000, per: 'day' };
const of = (limit: BucketLimit, waitMs: number, there = 0, needed = 1): Extract<Refusal, { kind: 'bucket' }> => ({
  kind: 'bucket',
  limit,
  waitMs,
  there,
  needed,
  aside: 0,
});

test('a rate that is used up is a 429 with the exact wait, spread upwards and capped at a minute', () => {
  const { code, message, retryAfterMs } = quotaRefused(of(requests, 850), 'key_a', 0);
  assert.deepEqual([code, retryAfterMs], ['rate_limit', 850]);
  assert.equal(
    message,
    'This key may use 60 requests per minute, and has: come back in 0.9 s, or let its owner type: ' +
      'metalyard keys set key_a --requests-per-minute N',
  );
  const waits = [0, 0.5, 1].map((spread) => quotaRefused(of(requests, 850), 'key_a', spread).retryAfterMs);
  assert.deepEqual(waits, [850, 893, 935]);
  assert.equal(quotaRefused(of(requests, 59_000), 'key_a', 1).retryAfterMs, 60_000);
  assert.equal(quotaRefused(of(requests, 110_000), 'key_a', 0).retryAfterMs, 60_000, 'a debt and a large request');
  const beyond = [0.25, 0.5, 1].map((spread) => quotaRefused(of(requests, 110_000), 'key_a', spread).retryAfterMs);
  assert.deepEqual(beyond, [59_500, 59_000, 58_000], 'not all in the same moment');
  const near = [0, 0.5, 1].map((spread) => quotaRefused(of(requests, 59_000), 'key_a', spread).retryAfterMs);
  assert.deepEqual(near, [59_000, 59_500, 60_000]);
});

test('a budget is a 402 unless its day or month is nearly over', () => {
  const far = quotaRefused(of(day, 60_001, 1_200, 5_300), 'key_a', 0.5);
  assert.deepEqual([far.code, far.retryAfterMs], ['budget_exhausted', undefined]);
  assert.equal(
    far.message,
    'This key may use 1,000,000 tokens per day (UTC): 1,200 are left, and this request may take 5,300. ' +
      'Wait for the next day, or let its owner type: metalyard keys set key_a --daily-tokens N',
  );
  assert.equal(quotaRefused(of(day, 60_000), 'key_a', 0).code, 'rate_limit');
  assert.match(quotaRefused(of(day, 90_000, -1_500), 'key_a', 0).message, /has used 1,500 beyond them/);
});

test('of requests at once nobody knows when one ends', () => {
  const { code, message, retryAfterMs } = quotaRefused({ kind: 'concurrency', limit: 4 }, 'key_a', 0);
  assert.deepEqual([code, retryAfterMs], ['rate_limit', 2_000]);
  assert.match(message, /^This key may have 4 requests at once, and has\. Wait for an answer, .* --concurrency N$/);
});

test('a budget of which requests in hand hold what is missing is a 429: most of it comes back', () => {
  const held = { ...of(day, 40_000_000, 1_976, 2_500), aside: 4_024 } as const;
  const { code, message, retryAfterMs } = quotaRefused(held, 'key_a', 0);
  assert.deepEqual([code, retryAfterMs], ['rate_limit', 5_000]);
  assert.match(message, /1,976 are left, and this request may take 2,500; requests in hand have set 4,024 aside/);
  assert.equal(quotaRefused({ ...held, aside: 523 }, 'key_a', 0).code, 'budget_exhausted', 'not even then');
  assert.equal(quotaRefused({ ...held, waitMs: 3_000 }, 'key_a', 0).retryAfterMs, 3_000, 'the day ends sooner');
});
