import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rateLimitHeaders } from './rate-limit-headers.ts';

test('twelve headers: whole numbers, and the second in which all is there again', () => {
  const fullAtMs = Date.UTC(2026, 10, 27, 21, 40, 0, 1);
  const of = (limit: number, remaining: number) => ({ limit, remaining, fullAtMs });
  const headers = rateLimitHeaders({
    requests: of(60, 59),
    tokens: of(9_600, 8_999),
    inputTokens: of(8_000, 7_500),
    outputTokens: { limit: 1_600, remaining: 1_499, fullAtMs: fullAtMs - 1 },
  });
  assert.equal(Object.keys(headers).length, 12);
  assert.deepEqual(
    ['requests-limit', 'tokens-remaining', 'input-tokens-reset', 'output-tokens-reset'].map(
      (name) => headers[`anthropic-ratelimit-${name}`],
    ),
    ['60', '8999', '2026-11-27T21:40:01Z', '2026-11-27T21:40:00Z'],
  );
});
