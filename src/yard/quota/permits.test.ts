/** Several gateways share the permits of one key: never more than there are in use at once, and everybody's turn comes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { claimOf, granted, type HeldPermits, hasOthers, mayUse, noPermits, permitBeatMs } from './held-permits.ts';
import { HolderWatch } from './holder-watch.ts';
import { decideClaim, type PermitClaim, type PermitGrant, type PermitRow } from './permits.ts';

const keyId = 'key_a';
const leaseBoundMs = 25_000;

/** What a store does, in memory. */
class Shelf {
  readonly rows = new Map<string, PermitRow>();
  readonly beats = new Map<string, number>();
  claims = 0;

  claim(holder: string, watch: HolderWatch, claim: PermitClaim, nowMs: number): PermitGrant {
    this.claims += 1;
    for (const other of this.rows.keys()) {
      if (other !== holder && watch.isGone(other, this.beats.get(other) ?? 0, nowMs)) this.rows.delete(other);
    }
    const { grant, row } = decideClaim(holder, claim, [...this.rows.values()]);
    if (row === null) this.rows.delete(holder);
    else this.rows.set(holder, row);
    this.beats.set(holder, (this.beats.get(holder) ?? 0) + 1);
    return grant;
  }
}

/** One gateway; its claims take their time. */
class Gateway {
  static lives = 0;
  readonly #shelf: Shelf;
  readonly #holder = `life ${++Gateway.lives}`;
  readonly #watch = new HolderWatch();
  readonly permits: HeldPermits = noPermits();
  used = 0;
  limit: number;
  /** On its way: not yet at the store, or its answer not yet here. */
  #claiming: { readonly claim: PermitClaim; readonly atMs: number; grant: PermitGrant | null } | null = null;

  constructor(shelf: Shelf, limit: number) {
    this.#shelf = shelf;
    this.limit = limit;
  }

  /** Whether it could be said at once. */
  take(nowMs: number): 'yes' | 'no' | 'claim' {
    const may = mayUse(this.permits, this.limit, this.used, nowMs);
    if (may === 'yes') this.used += 1;
    else if (may === 'claim') this.begin(nowMs);
    return may;
  }

  begin(nowMs: number): void {
    if (this.#claiming !== null) return;
    const claim = { keyId, ...claimOf(this.permits, this.limit, this.used, nowMs) };
    this.#claiming = { claim, atMs: nowMs, grant: null };
  }

  /** One step of what is on its way. */
  deliver(nowMs: number): void {
    if (this.#claiming === null) return;
    const { claim, atMs, grant } = this.#claiming;
    if (grant === null) {
      this.#claiming.grant = this.#shelf.claim(this.#holder, this.#watch, claim, nowMs);
      return;
    }
    this.#claiming = null;
    granted(this.permits, grant, claim, atMs);
  }

  /** Tries until there is an answer. */
  takeNow(nowMs: number): boolean {
    for (;;) {
      const may = this.take(nowMs);
      if (may !== 'claim') return may === 'yes';
      this.deliver(nowMs);
      this.deliver(nowMs);
    }
  }

  end(nowMs: number): void {
    if (this.used === 0) return;
    this.used -= 1;
    if (hasOthers(this.permits, this.used, nowMs)) this.begin(nowMs);
  }

  beat(nowMs: number): void {
    if (this.permits.isKnown) this.begin(nowMs);
  }
}

const which = fc.nat({ max: 2 });
const move = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('take' as const), at: which }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('end' as const), at: which }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('deliver' as const), at: which }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('beat' as const), at: which }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const), at: which }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('rest' as const), ms: fc.integer({ min: 1, max: 3_000 }) }) },
);

test('whatever comes, ends and crashes, no more permits are in use than the key has', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), fc.array(move, { maxLength: 250, size: 'max' }), (limit, moves) => {
      const shelf = new Shelf();
      const gateways = [0, 1, 2].map(() => new Gateway(shelf, limit));
      let nowMs = 0;
      let beatAtMs = 0;
      for (const step of moves) {
        if (step.kind === 'rest') nowMs += step.ms;
        // A gateway that is alive is never silent for long: what is on its way arrives, and it beats.
        if (nowMs - beatAtMs >= permitBeatMs) {
          beatAtMs = nowMs;
          for (const gateway of gateways) {
            for (let turn = 0; turn < 2; turn += 1) gateway.deliver(nowMs);
            gateway.beat(nowMs);
            gateway.deliver(nowMs);
          }
        }
        if (step.kind === 'take') gateways[step.at]!.take(nowMs);
        if (step.kind === 'end') gateways[step.at]!.end(nowMs);
        if (step.kind === 'deliver') gateways[step.at]!.deliver(nowMs);
        if (step.kind === 'beat') gateways[step.at]!.beat(nowMs);
        // Its requests are gone with it, and nobody gives anything back.
        if (step.kind === 'crash') gateways[step.at] = new Gateway(shelf, limit);
        const used = gateways.reduce((sum, gateway) => sum + gateway.used, 0);
        assert.ok(used <= limit, `${used} of ${limit}`);
        const held = [...shelf.rows.values()].reduce((sum, { permits }) => sum + permits, 0);
        assert.ok(held <= limit, `${held} leased of ${limit}`);
      }
    }),
    { numRuns: 150 },
  );
});

/** Every gateway is asked once in 100 ms, and answers in that time. Returns how many requests each began in each ten seconds. */
function busy(gateways: readonly Gateway[], ms: number, startMs: number): number[][] {
  const began = gateways.map(() => [] as number[]);
  for (let at = 0; at < ms; at += 100) {
    const nowMs = startMs + at;
    for (const [place, gateway] of gateways.entries()) {
      const ten = Math.floor(at / 10_000);
      began[place]![ten] ??= 0;
      gateway.end(nowMs);
      gateway.deliver(nowMs);
      gateway.deliver(nowMs);
      if (at % permitBeatMs === 0) gateway.beat(nowMs);
      gateway.deliver(nowMs);
      gateway.deliver(nowMs);
      if (gateway.takeNow(nowMs)) began[place]![ten] += 1;
    }
    const used = gateways.reduce((sum, gateway) => sum + gateway.used, 0);
    assert.ok(used <= gateways[0]!.limit);
  }
  return began;
}

test('nobody starves: all who go on asking are let in again and again, whatever was before', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 2, max: 3 }),
      fc.array(fc.record({ at: which, crashes: fc.boolean(), takes: fc.nat({ max: 5 }) }), { maxLength: 6 }),
      (limit, count, before) => {
        const shelf = new Shelf();
        const gateways = Array.from({ length: count }, () => new Gateway(shelf, limit));
        for (const [place, { at, crashes, takes }] of before.entries()) {
          const gateway = gateways[at % count]!;
          for (let take = 0; take < takes; take += 1) gateway.takeNow(place);
          if (crashes) gateways[at % count] = new Gateway(shelf, limit);
        }
        const began = busy(gateways, 90_000, 1_000);
        // What the dead held is back after the lease.
        for (const tens of began) {
          for (const [ten, some] of tens.entries()) {
            if (ten * 10_000 >= leaseBoundMs + 5_000 * count && ten % 3 === 0) {
              const inThirty = some + (tens[ten + 1] ?? 0) + (tens[ten + 2] ?? 0);
              assert.ok(inThirty > 0, `${JSON.stringify(began)} of ${limit} permits`);
            }
          }
        }
      },
    ),
    { numRuns: 40 },
  );
});

test('a gateway that is alone has all after a few claims, and then asks nobody', () => {
  const shelf = new Shelf();
  const alone = new Gateway(shelf, 100);
  const admitted = Array.from({ length: 300 }, () => alone.takeNow(0)).filter(Boolean).length;
  assert.deepEqual([admitted, shelf.claims <= 8], [100, true], `${shelf.claims} claims`);
  const before = shelf.claims;
  for (let turn = 0; turn < 500; turn += 1) {
    alone.end(turn);
    assert.ok(alone.takeNow(turn));
    assert.ok(!alone.takeNow(turn), 'refused without a claim as well');
  }
  assert.equal(shelf.claims, before);
});

test('300 takes of 100 admit 100, however they come to three gateways', () => {
  const takes = fc
    .constantFrom([0], [0, 1, 2], [0, 1], [0, 0, 0, 0, 0, 1, 2])
    .chain((among) => fc.array(fc.constantFrom(...among), { minLength: 300, maxLength: 300 }));
  fc.assert(
    fc.property(takes, (turns) => {
      const shelf = new Shelf();
      const gateways = [0, 1, 2].map(() => new Gateway(shelf, 100));
      let refused = turns;
      // Who is refused comes back after two seconds, as it was told.
      for (let nowMs = 0; nowMs < 10 * permitBeatMs; nowMs += permitBeatMs) {
        for (const gateway of gateways) {
          gateway.beat(nowMs);
          gateway.deliver(nowMs);
          gateway.deliver(nowMs);
        }
        refused = refused.filter((at) => !gateways[at]!.takeNow(nowMs));
      }
      assert.equal(300 - refused.length, 100);
    }),
    { numRuns: 50 },
  );
});

test('what nobody uses is given back, and a second gateway finds it', () => {
  const shelf = new Shelf();
  const first = new Gateway(shelf, 4);
  const second = new Gateway(shelf, 4);
  for (let take = 0; take < 4; take += 1) assert.ok(first.takeNow(0));
  for (let end = 0; end < 4; end += 1) first.end(10);
  assert.ok(!second.takeNow(20), 'the first still has all');
  for (const nowMs of [2_000, 4_000, 6_000]) {
    first.beat(nowMs);
    first.deliver(nowMs);
    first.deliver(nowMs);
  }
  assert.ok(!first.permits.isKnown);
  assert.ok(second.takeNow(6_000));
});

test('a lowered limit holds for the next request, and a share that nobody wants any more is free again', () => {
  const shelf = new Shelf();
  const gateway = new Gateway(shelf, 8);
  for (let take = 0; take < 8; take += 1) assert.ok(gateway.takeNow(0));
  gateway.limit = 2;
  for (let end = 0; end < 6; end += 1) gateway.end(1);
  assert.ok(!gateway.takeNow(2));
  gateway.end(3);
  assert.ok(gateway.takeNow(3));
});

test('whoever comes back every eight seconds is not behind those who always ask', () => {
  const shelf = new Shelf();
  const gateways = [0, 1, 2, 3].map(() => new Gateway(shelf, 1));
  const [seldom, ...busy] = gateways;
  let waitedMs = 0;
  for (let nowMs = 0; ; nowMs += 100) {
    for (const gateway of gateways) {
      gateway.end(nowMs);
      gateway.deliver(nowMs);
      gateway.deliver(nowMs);
      if (nowMs % permitBeatMs === 0) gateway.beat(nowMs);
      gateway.deliver(nowMs);
      gateway.deliver(nowMs);
    }
    if (nowMs >= 30_000 && nowMs % 8_000 === 0 && seldom!.takeNow(nowMs)) break;
    for (const gateway of busy) gateway.takeNow(nowMs);
    if (nowMs >= 30_000) waitedMs += 100;
    assert.ok(waitedMs <= 60_000, `${waitedMs} ms`);
  }
});

test('a holder is gone after ten looks without a beat, however far apart, and not before', () => {
  const watch = new HolderWatch();
  assert.equal(watch.isGone('a', 7, 0), false);
  for (let look = 1; look < 10; look += 1) assert.equal(watch.isGone('a', 7, look * 1_500), false);
  assert.equal(watch.isGone('a', 7, 13_600), false, 'too soon after the last to count');
  assert.equal(watch.isGone('a', 8, 15_000), false, 'it was alive');
  for (let look = 1; look < 10; look += 1) assert.equal(watch.isGone('a', 8, 15_000 + look * 3_600_000), false);
  assert.equal(watch.isGone('a', 8, 15_000 + 10 * 3_600_000), true);
});
