/** A key's quota against a model of it that knows no leases: exact sums of what was there, came back and was taken. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { defaultRules, type KeyRules } from '../../contract/quota.ts';
import { bucketLimits, changed, full, type Level, partsPerUnit, refilled, resized, unitsOf } from './bucket.ts';
import {
  admit,
  applyRules,
  claimPermits,
  createKeyQuota,
  firstAsks,
  handBack,
  type KeyQuota,
  type LeaseAsk,
  type LeaseGrant,
  lease,
  permitsGranted,
  type Reservation,
  rateLimitsOf,
  settle,
} from './key-quota.ts';
import { decideClaim, type PermitClaim, type PermitGrant, type PermitRow } from './permits.ts';

/** 2026-11-27T12:00:00Z */
const noonMs = Date.UTC(2026, 10, 27, 12);
const dayMs = 86_400_000;

/** The day or month (UTC), by a name. */
const periodOf = (per: 'day' | 'month', atMs: number): string =>
  new Date(atMs).toISOString().slice(0, per === 'day' ? 10 : 7);

/** What a store does, in memory. */
class Shelf {
  readonly levels = new Map<string, Level & { readonly capacity: number }>();
  takes = 0;
  #permits: PermitRow[] = [];
  /** Tokens of requests that have ended: the ledger, all of it of one day. */
  used = 0;
  claim(claim: Omit<PermitClaim, 'keyId'>): PermitGrant {
    const { grant, row } = decideClaim('this life', { keyId: 'key_a', ...claim }, this.#permits);
    this.#permits = row === null ? [] : [row];
    return grant;
  }
  take(asks: readonly LeaseAsk[], nowMs: number): LeaseGrant[] {
    this.takes += 1;
    return asks.map(({ limit, owed, want, isAnew }) => {
      const kept = this.levels.get(limit.name);
      const level = isAnew
        ? changed(limit, full(limit, nowMs), -this.used)
        : kept === undefined
          ? full(limit, nowMs)
          : refilled(limit, resized(kept, limit, kept), nowMs);
      const there = changed(limit, level, -owed);
      const granted = Math.max(0, Math.min(want, unitsOf(there)));
      const left = changed(limit, there, -granted);
      this.levels.set(limit.name, { ...left, capacity: limit.capacity });
      return { name: limit.name, granted, left };
    });
  }
}

/** Asks until there is an answer, leasing on the way. */
function reserve(quota: KeyQuota, shelf: Shelf, inputTokens: number, maxTokens: number, nowMs: number) {
  for (let turn = 0; turn < 5; turn += 1) {
    const verdict = admit(quota, { inputTokens, maxTokens }, nowMs);
    if (verdict.kind === 'claim') {
      const claim = claimPermits(quota, nowMs);
      permitsGranted(quota, shelf.claim(claim), claim, nowMs);
    } else if (verdict.kind === 'lease') lease(quota, verdict.asks, shelf.take(verdict.asks, nowMs));
    else return verdict;
  }
  throw new Error('leases lead nowhere');
}

function end(quota: KeyQuota, shelf: Shelf, reservation: Reservation, input: number, output: number, nowMs: number) {
  shelf.used += input + output;
  const asks = settle(quota, reservation, { inputTokens: input, outputTokens: output }, nowMs);
  if (asks.length > 0) lease(quota, asks, shelf.take(asks, nowMs));
}

const rules = (own: Partial<KeyRules>): KeyRules => ({ ...defaultRules, ...own });

test('300 takes of 100 admit 100, at once and after any rest', () => {
  const quota = createKeyQuota(rules({ requestsPerMinute: 100 }));
  const shelf = new Shelf();
  for (const atMs of [noonMs, noonMs + 60_000, noonMs + 3_600_000]) {
    const verdicts = Array.from({ length: 300 }, () => reserve(quota, shelf, 10, 10, atMs));
    assert.equal(verdicts.filter(({ kind }) => kind === 'admitted').length, 100);
    const [refused] = verdicts.filter((verdict) => verdict.kind === 'refused');
    assert.equal(refused?.refusal.kind === 'bucket' && refused.refusal.waitMs, 600, 'one comes back every 600 ms');
  }
});

const step = fc.record({
  restMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2_000 }), fc.integer({ min: 1, max: 200_000 })),
  input: fc.integer({ min: 0, max: 3_000 }),
  maxTokens: fc.integer({ min: 1, max: 3_000 }),
  /** What it takes in the end, against what was reserved. */
  factor: fc.double({ min: 0, max: 3, noNaN: true }),
  /** How many of the running ones end in this step. */
  ends: fc.integer({ min: 0, max: 3 }),
});
const limitsOfKey = fc.record({
  requestsPerMinute: fc.integer({ min: 1, max: 100 }),
  inputTokensPerMinute: fc.integer({ min: 1, max: 20_000 }),
  outputTokensPerMinute: fc.integer({ min: 1, max: 20_000 }),
  dailyTokens: fc.option(fc.integer({ min: 1, max: 100_000 })),
  monthlyTokens: fc.option(fc.integer({ min: 1, max: 200_000 })),
  concurrency: fc.option(fc.integer({ min: 1, max: 10 })),
});

/** At noon, and half an hour before a day and a month end. */
const someStart = fc.constantFrom(noonMs, Date.UTC(2026, 10, 30, 23, 30));

test('admissions follow the exact level of each bucket; debts stay within one full bucket', () => {
  fc.assert(
    fc.property(limitsOfKey, someStart, fc.array(step, { maxLength: 60, size: 'max' }), (own, startMs, steps) => {
      const quota = createKeyQuota(rules(own));
      const shelf = new Shelf();
      const limits = bucketLimits(rules(own));
      const model = new Map<string, Level>(limits.map((limit) => [limit.name, full(limit, startMs)]));
      const running: Reservation[] = [];
      let nowMs = startMs;
      for (const { restMs, input, maxTokens, factor, ends } of steps) {
        nowMs += restMs;
        // The refill of the model: each millisecond by itself, in whole 60,000ths.
        for (const limit of limits) {
          const level = model.get(limit.name)!;
          const most = limit.capacity * partsPerUnit;
          const gained = limit.per === 'minute' ? restMs * limit.capacity : 0;
          const isNext = limit.per !== 'minute' && periodOf(limit.per, nowMs) !== periodOf(limit.per, nowMs - restMs);
          model.set(limit.name, { parts: isNext ? most : Math.min(most, level.parts + gained), atMs: nowMs });
        }
        const before = new Map(model);
        const verdict = reserve(quota, shelf, input, maxTokens, nowMs);
        const output = Math.min(maxTokens, 4_096);
        const needs = limits.map((limit) => {
          const whole = { requests: 1, input, output, day: input + output, month: input + output }[limit.name];
          return [limit, Math.min(whole, limit.capacity)] as const;
        });
        const enough = needs.every(([limit, need]) => before.get(limit.name)!.parts >= need * partsPerUnit);
        const room = own.concurrency === null || running.length < own.concurrency;
        assert.equal(verdict.kind, enough && room ? 'admitted' : 'refused');
        if (verdict.kind === 'admitted') {
          running.push(verdict.reservation);
          for (const [limit, need] of needs) {
            const after = changed(limit, model.get(limit.name)!, -need);
            assert.ok(after.parts >= 0, 'no admission at a negative balance');
            model.set(limit.name, after);
          }
        }
        for (const reservation of running.splice(0, ends)) {
          const took = [(reservation.input ?? 0) * factor, (reservation.output ?? 0) * factor].map(Math.ceil);
          const [inputTokens = 0, outputTokens = 0] = took;
          end(quota, shelf, reservation, inputTokens, outputTokens, nowMs);
          for (const limit of limits) {
            if (limit.name === 'requests') continue;
            const sum = {
              input: inputTokens,
              output: outputTokens,
              day: inputTokens + outputTokens,
              month: inputTokens + outputTokens,
            };
            const over =
              limit.per !== 'minute' && periodOf(limit.per, reservation.madeAtMs) !== periodOf(limit.per, nowMs);
            const reserved = over ? 0 : (reservation[limit.name] ?? 0);
            const level = changed(limit, model.get(limit.name)!, reserved - sum[limit.name]);
            assert.ok(level.parts >= -limit.capacity * partsPerUnit);
            model.set(limit.name, level);
          }
        }
        const told = rateLimitsOf(quota, nowMs);
        const whole = (name: string) => Math.max(0, unitsOf(model.get(name)!));
        assert.deepEqual(
          [told.requests.remaining, told.inputTokens.remaining, told.outputTokens.remaining],
          [whole('requests'), whole('input'), whole('output')],
          'headers tell what is there',
        );
      }
    }),
    { numRuns: 150 },
  );
});

test('reservations that come back after a debt was told make a full bucket again', () => {
  // Found by the property above: what was held was cut to one bucket, while the store was below zero.
  const quota = createKeyQuota(rules({ outputTokensPerMinute: 1 }));
  const shelf = new Shelf();
  const reservations = [0, 60_000, 120_000].map((restMs) => {
    const verdict = reserve(quota, shelf, 0, 1, noonMs + restMs);
    assert.ok(verdict.kind === 'admitted');
    return verdict.reservation;
  });
  const [first, ...others] = reservations;
  end(quota, shelf, first!, 0, 2, noonMs + 120_000);
  for (const reservation of others) end(quota, shelf, reservation, 0, 0, noonMs + 120_000);
  assert.equal(rateLimitsOf(quota, noonMs + 120_000).outputTokens.remaining, 1);
});

test('whoever waits as long as told is admitted, and not a millisecond before', () => {
  fc.assert(
    fc.property(
      limitsOfKey,
      fc.integer({ min: 0, max: 3_000 }),
      fc.integer({ min: 1, max: 3_000 }),
      (own, input, max) => {
        const quota = createKeyQuota(rules({ ...own, dailyTokens: null, concurrency: null }));
        const shelf = new Shelf();
        let verdict = reserve(quota, shelf, input, max, noonMs);
        while (verdict.kind === 'admitted') verdict = reserve(quota, shelf, input, max, noonMs);
        assert.ok(verdict.refusal.kind === 'bucket');
        const { waitMs } = verdict.refusal;
        assert.ok(waitMs > 0);
        assert.equal(reserve(quota, shelf, input, max, noonMs + waitMs - 1).kind, 'refused');
        assert.equal(reserve(quota, shelf, input, max, noonMs + waitMs).kind, 'admitted');
      },
    ),
    { numRuns: 150 },
  );
});

test('several gateways of one key are ahead by no more than a chunk each', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 8, max: 500 }),
      fc.array(fc.nat(2), { maxLength: 1_500, size: 'max' }),
      (perMinute, turns) => {
        const shelf = new Shelf();
        const gateways = [0, 1, 2].map(() => createKeyQuota(rules({ requestsPerMinute: perMinute })));
        let nowMs = noonMs;
        let admitted = 0;
        for (const turn of turns) {
          nowMs += 7;
          if (reserve(gateways[turn]!, shelf, 1, 1, nowMs).kind === 'admitted') admitted += 1;
        }
        const refill = Math.floor(((nowMs - noonMs) * perMinute) / partsPerUnit);
        assert.ok(
          admitted <= perMinute + refill + 3 * Math.ceil(perMinute / 8),
          `${admitted} of ${perMinute} + ${refill}`,
        );
      },
    ),
    { numRuns: 50 },
  );
});

test('most requests need no lease, and what is handed back can be used again', () => {
  const quota = createKeyQuota(rules({ requestsPerMinute: 600 }));
  const shelf = new Shelf();
  for (let number = 0; number < 400; number += 1) {
    const verdict = reserve(quota, shelf, 100, 100, noonMs + number * 10);
    assert.ok(verdict.kind === 'admitted');
    end(quota, shelf, verdict.reservation, 100, 20, noonMs + number * 10);
  }
  assert.ok(shelf.takes <= 10, `${shelf.takes} leases`);
  shelf.take(handBack(quota), noonMs + 4_000);
  const next = createKeyQuota(rules({ requestsPerMinute: 600 }));
  let admitted = 0;
  while (reserve(next, shelf, 1, 1, noonMs + 4_000).kind === 'admitted') admitted += 1;
  assert.equal(admitted, 600 - 400 + 40, 'what was used is used, and what came back in 4 s is there');
});

test('a raised limit holds at once, and of a budget what was used stays used', () => {
  const quota = createKeyQuota(rules({ dailyTokens: 1_000 }));
  const shelf = new Shelf();
  const first = reserve(quota, shelf, 600, 400, noonMs);
  assert.ok(first.kind === 'admitted');
  assert.equal(reserve(quota, shelf, 1, 1, noonMs).kind, 'refused');
  applyRules(quota, rules({ dailyTokens: 1_500 }));
  assert.equal(reserve(quota, shelf, 400, 101, noonMs + 1_000).kind, 'refused');
  assert.equal(reserve(quota, shelf, 400, 100, noonMs + 1_000).kind, 'admitted');
  applyRules(quota, rules({}));
  assert.equal(reserve(quota, shelf, 100_000, 1, noonMs + 1_000).kind, 'admitted');
});

test('a budget begins anew with its day, and pays for what ends in it', () => {
  const quota = createKeyQuota(rules({ dailyTokens: 1_000 }));
  const shelf = new Shelf();
  const lateMs = Date.UTC(2026, 10, 27, 23, 59, 30);
  const late = reserve(quota, shelf, 900, 100, lateMs);
  assert.ok(late.kind === 'admitted');
  const refused = reserve(quota, shelf, 1, 1, lateMs);
  assert.equal(refused.kind === 'refused' && refused.refusal.kind === 'bucket' && refused.refusal.waitMs, 30_000);
  const nextDayMs = lateMs + 30_000;
  const early = reserve(quota, shelf, 100, 100, nextDayMs);
  assert.ok(early.kind === 'admitted');
  end(quota, shelf, late.reservation, 700, 90, nextDayMs);
  assert.equal(rateLimitsOf(quota, nextDayMs).tokens.remaining, 1_000 - 200 - 790);
});

test('whatever a budget is set to, taken away and given again: what was used of it stays used', () => {
  const turn = fc.record({
    budget: fc.option(fc.option(fc.integer({ min: 1, max: 20_000 })), { nil: undefined }),
    input: fc.integer({ min: 0, max: 3_000 }),
    took: fc.integer({ min: 0, max: 5_000 }),
    ends: fc.integer({ min: 0, max: 2 }),
  });
  fc.assert(
    fc.property(fc.constantFrom('dailyTokens', 'monthlyTokens'), fc.array(turn, { maxLength: 40 }), (name, turns) => {
      const quota = createKeyQuota(rules({}));
      const shelf = new Shelf();
      const running: Reservation[] = [];
      let limit: number | null = null;
      for (const { budget, input, took, ends } of turns) {
        if (budget !== undefined && budget !== limit) {
          limit = budget;
          applyRules(quota, rules({ [name]: budget }));
          const asks = firstAsks(quota);
          if (asks.length > 0) lease(quota, asks, shelf.take(asks, noonMs));
          const bucket = name === 'dailyTokens' ? 'day' : 'month';
          const setAside = running.reduce((sum, reservation) => sum + (reservation[bucket] ?? 0), 0);
          const { remaining } = rateLimitsOf(quota, noonMs).tokens;
          if (budget !== null) assert.equal(remaining, Math.max(0, budget - shelf.used - setAside));
        }
        const verdict = reserve(quota, shelf, input, 100, noonMs);
        if (verdict.kind === 'admitted') running.push(verdict.reservation);
        for (const reservation of running.splice(0, ends)) end(quota, shelf, reservation, took, 0, noonMs);
      }
    }),
    { numRuns: 200 },
  );
});

test('a request that no machine ever had is none: it is given back to the rate', () => {
  const quota = createKeyQuota(rules({ requestsPerMinute: 1 }));
  const shelf = new Shelf();
  const verdict = reserve(quota, shelf, 1, 1, noonMs);
  assert.ok(verdict.kind === 'admitted');
  assert.equal(reserve(quota, shelf, 1, 1, noonMs).kind, 'refused');
  settle(quota, verdict.reservation, { inputTokens: 0, outputTokens: 0 }, noonMs, true);
  assert.equal(reserve(quota, shelf, 1, 1, noonMs).kind, 'admitted');
});

test('a clock that goes back over midnight does not begin the day twice', () => {
  const quota = createKeyQuota(rules({ dailyTokens: 1_000 }));
  const shelf = new Shelf();
  const midnightMs = Date.UTC(2026, 10, 28);
  const verdict = reserve(quota, shelf, 900, 100, midnightMs + 10);
  assert.ok(verdict.kind === 'admitted');
  assert.equal(reserve(quota, shelf, 1, 1, midnightMs - 5_000).kind, 'refused');
  assert.equal(reserve(quota, shelf, 1, 1, midnightMs + 20).kind, 'refused');
});

test('whatever a clock does around midnight, no more budgets are spent than days have begun', () => {
  const midnightMs = Date.UTC(2026, 10, 28);
  const turn = fc.record({ moveMs: fc.integer({ min: -7_200_000, max: 7_200_000 }), input: fc.nat({ max: 600 }) });
  fc.assert(
    fc.property(fc.array(turn, { maxLength: 60, size: 'max' }), (turns) => {
      const quota = createKeyQuota(rules({ dailyTokens: 1_000 }));
      const shelf = new Shelf();
      let nowMs = midnightMs - 3_600_000;
      let latestMs = nowMs;
      let spent = 0;
      for (const { moveMs, input } of turns) {
        nowMs += moveMs;
        latestMs = Math.max(latestMs, nowMs);
        const verdict = reserve(quota, shelf, input, 1, nowMs);
        if (verdict.kind === 'admitted') spent += verdict.reservation.day ?? 0;
        const days = 1 + Math.max(0, Math.floor((latestMs - midnightMs) / dayMs) + 1);
        assert.ok(spent <= 1_000 * days, `${spent} tokens of ${days} days`);
      }
    }),
    { numRuns: 150 },
  );
});

test('however often a rate is changed, nothing comes back but with time', () => {
  const turn = fc.record({
    perMinute: fc.option(fc.integer({ min: 1, max: 200 }), { nil: undefined }),
    restMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 10_000 })),
    takes: fc.nat({ max: 40 }),
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), fc.array(turn, { maxLength: 40 }), (first, turns) => {
      let perMinute = first;
      const quota = createKeyQuota(rules({ requestsPerMinute: perMinute }));
      const shelf = new Shelf();
      // Before the store has told, nothing is known to have been used.
      const asks = firstAsks(quota);
      lease(quota, asks, shelf.take(asks, noonMs));
      let [nowMs, mostParts, admitted] = [noonMs, first * partsPerUnit, 0];
      for (const turn of turns) {
        nowMs += turn.restMs;
        mostParts += turn.restMs * perMinute;
        if (turn.perMinute !== undefined && turn.perMinute !== perMinute) {
          // What is there counts, as it stands now.
          rateLimitsOf(quota, nowMs);
          perMinute = turn.perMinute;
          applyRules(quota, rules({ requestsPerMinute: perMinute }));
        }
        for (let take = 0; take < turn.takes; take += 1) {
          if (reserve(quota, shelf, 1, 1, nowMs).kind === 'admitted') admitted += 1;
        }
        assert.ok(admitted * partsPerUnit <= mostParts, `${admitted} requests of ${mostParts / partsPerUnit}`);
      }
    }),
    { numRuns: 150 },
  );
});

test('of a clock that goes back a rate is full again after a minute, not after hours', () => {
  const quota = createKeyQuota(rules({ requestsPerMinute: 6 }));
  const shelf = new Shelf();
  while (reserve(quota, shelf, 1, 1, noonMs).kind === 'admitted');
  const backMs = noonMs - 7_200_000;
  const refused = reserve(quota, shelf, 1, 1, backMs);
  const waitMs = refused.kind === 'refused' && refused.refusal.kind === 'bucket' ? refused.refusal.waitMs : 0;
  assert.ok(waitMs > 0 && waitMs <= 10_000, `${waitMs} ms until one is there`);
  assert.equal(reserve(quota, shelf, 1, 1, backMs + waitMs).kind, 'admitted');
  let admitted = 0;
  while (reserve(quota, shelf, 1, 1, backMs + waitMs + 60_000).kind === 'admitted') admitted += 1;
  assert.equal(admitted, 6);
});

test('what requests in hand have set aside of a budget is told apart from what is used', () => {
  const quota = createKeyQuota(rules({ dailyTokens: 6_000 }));
  const shelf = new Shelf();
  const first = reserve(quota, shelf, 24, 4_000, noonMs);
  assert.ok(first.kind === 'admitted');
  const refused = reserve(quota, shelf, 0, 2_500, noonMs);
  assert.ok(refused.kind === 'refused' && refused.refusal.kind === 'bucket');
  assert.deepEqual([refused.refusal.there, refused.refusal.aside], [1_976, 4_024]);
  end(quota, shelf, first.reservation, 24, 100, noonMs);
  assert.equal(reserve(quota, shelf, 0, 2_500, noonMs).kind, 'admitted');
});
