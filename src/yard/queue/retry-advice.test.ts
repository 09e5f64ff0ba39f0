import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { limits } from '../../contract/limits.ts';
import { retryAfterMs } from './retry-advice.ts';

describe('when to come back', () => {
  const ids = Array.from({ length: 1_000 }, (_, index) => `req_${index}`);

  test('is spread by a fifth either way, evenly', () => {
    const advice = ids.map((id) => retryAfterMs(10_000, id));
    const inTenths = Array.from({ length: 10 }, (_, tenth) => {
      return advice.filter((ms) => ms >= 8_000 + tenth * 400 && ms < 8_400 + tenth * 400).length;
    });
    assert.ok(Math.min(...inTenths) > 60 && Math.max(...inTenths) < 140, inTenths.join(' '));
    assert.equal(retryAfterMs(10_000, 'req_1'), retryAfterMs(10_000, 'req_1'));
  });

  test('is never beyond the cap nor at once', () => {
    for (const id of ids) {
      assert.ok(retryAfterMs(3_600_000, id) <= limits.retryAfterCapMs);
      assert.ok(retryAfterMs(3_600_000, id) >= limits.retryAfterCapMs / 2);
      assert.ok(retryAfterMs(0, id) >= 800);
    }
  });
});
