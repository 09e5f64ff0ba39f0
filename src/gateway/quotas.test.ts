/** Quotas when the store is late or fails; what they decide is tested in `yard/quota`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiFailure } from '../contract/errors.ts';
import { defaultRules } from '../contract/quota.ts';
import { silentLog } from '../transport/log/log.ts';
import type { QuotaLeases } from '../transport/store/quota-leases.ts';
import { changed, full } from '../yard/quota/bucket.ts';
import { Quotas } from './quotas.ts';

const key = {
  id: 'key_a',
  label: 'a',
  models: null,
  places: null,
  group: null,
  rules: { ...defaultRules, requestsPerMinute: 100 },
};
const ask = { inputTokens: 1, maxTokens: 1 };
const nowMs = Date.UTC(2026, 10, 27, 12);

/** Resolves to how many of so many requests at once were let in. */
async function admitted(quotas: Quotas, count: number): Promise<number> {
  const tries = Array.from({ length: count }, async (_, number) => quotas.reserve(`req_${number}`, key, ask));
  const results = await Promise.allSettled(tries);
  for (const result of results) if (result.status === 'rejected') assert.ok(result.reason instanceof ApiFailure);
  return results.filter(({ status }) => status === 'fulfilled').length;
}

test('300 at once share the leases on their way, and 100 are let in', async () => {
  let takes = 0;
  const levels = new Map<string, number>();
  const leases: QuotaLeases = {
    async take(_keyId, asks) {
      takes += 1;
      await new Promise((resolve) => setImmediate(resolve));
      return asks.map(({ limit, want }) => {
        const there = levels.get(limit.name) ?? limit.capacity;
        const granted = Math.min(want, there);
        levels.set(limit.name, there - granted);
        return {
          name: limit.name,
          granted,
          left: changed(limit, full(limit, nowMs), there - granted - limit.capacity),
        };
      });
    },
    giveBack: async () => {},
  };
  assert.equal(await admitted(new Quotas(leases, silentLog, () => nowMs), 300), 100);
  assert.ok(takes <= 9, `${takes} leases`);
});

test('when the store fails requests are served by what the gateway remembers, and the log says so', async () => {
  const said: string[] = [];
  const failing: QuotaLeases = {
    take: () => Promise.reject(new Error('disk full')),
    giveBack: () => Promise.reject(new Error('disk full')),
  };
  const quotas = new Quotas(failing, { ...silentLog, error: (message) => void said.push(message) }, () => nowMs);
  assert.equal(await admitted(quotas, 300), 100, 'the limit holds all the same');
  await quotas.close();
  assert.match(said.at(-1) ?? '', /^The quotas cannot be written \(disk full\): requests are served all the same/);
});
