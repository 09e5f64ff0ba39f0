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
  version: 1,
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
    claim: async () => [],
  };
  assert.equal(await admitted(new Quotas(leases, silentLog, () => nowMs), 300), 100);
  assert.ok(takes <= 9, `${takes} leases`);
});

test('when the store fails requests are served by what the gateway remembers, and the log says so', async () => {
  const said: string[] = [];
  const failing: QuotaLeases = {
    take: () => Promise.reject(new Error('disk full')),
    giveBack: () => Promise.reject(new Error('disk full')),
    claim: () => Promise.reject(new Error('disk full')),
  };
  const quotas = new Quotas(failing, { ...silentLog, error: (message) => void said.push(message) }, () => nowMs);
  assert.equal(await admitted(quotas, 300), 100, 'the limit holds all the same');
  await quotas.close();
  assert.match(said.at(-1) ?? '', /^The quotas cannot be written \(disk full\): requests are served all the same/);
});

/** A store with all there is to have; keeps what it is given back. */
function generous(): { leases: QuotaLeases; givenBack: string[]; takes: () => number } {
  const givenBack: string[] = [];
  let takes = 0;
  const leases: QuotaLeases = {
    async take(_keyId, asks) {
      takes += 1;
      return asks.map(({ limit, want }) => ({ name: limit.name, granted: want, left: full(limit, nowMs) }));
    },
    async giveBack(rests) {
      givenBack.push(...rests.map(({ keyId }) => keyId));
    },
    claim: async () => [],
  };
  return { leases, givenBack, takes: () => takes };
}

test('a request that came before the limits were changed does not bring the old ones back', async () => {
  const quotas = new Quotas(generous().leases, silentLog, () => nowMs);
  await quotas.meet(key);
  const changedKey = { ...key, rules: { ...key.rules, requestsPerMinute: 7 }, version: 3 };
  await quotas.meet(changedKey);
  await quotas.reserve('req_old', key, ask);
  assert.equal(quotas.limitsOf(key).requests.limit, 7);
  await quotas.meet({ ...changedKey, rules: { ...changedKey.rules }, version: 4 });
  assert.equal(quotas.limitsOf(changedKey).requests.remaining, 6, 'what was used stays used');
});

test('a key that sends nothing for an hour is forgotten, and its leases are given back', async () => {
  let now = nowMs;
  const { leases, givenBack, takes } = generous();
  const quotas = new Quotas(leases, silentLog, () => now);
  const busy = { ...key, id: 'key_b' };
  await quotas.meet(key);
  await quotas.reserve('req_1', key, ask);
  quotas.release('req_1');
  await quotas.meet(busy);
  await quotas.reserve('req_2', busy, ask);
  now += 3_600_000;
  await quotas.meet({ ...key, id: 'key_c' });
  assert.deepEqual(givenBack, ['key_a'], 'the other has a request under way');
  const before = takes();
  await quotas.meet(key);
  assert.equal(takes(), before + 1, 'it begins anew with what the store says');
});
