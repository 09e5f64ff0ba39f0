import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type FairEntry, FairQueue, mostSaved } from './fair-queue.ts';

let submissions = 0;
const entry = (keyId: string, costTokens = 100, weight = 1): FairEntry => ({
  keyId,
  weight,
  costTokens,
  sequence: submissions++,
});

/** Takes the next and returns whose it was. */
function serve(queue: FairQueue<FairEntry>): FairEntry | undefined {
  for (const next of queue.inTurn()) {
    queue.take(next);
    return next;
  }
  return undefined;
}

describe('the fair queue', () => {
  test('gives a key of weight 3 three times the tokens', () => {
    const queue = new FairQueue<FairEntry>();
    for (let count = 0; count < 40; count += 1) {
      queue.enter(entry('ann'));
      queue.enter(entry('bob', 100, 3));
    }
    let ofBob = 0;
    for (let count = 0; count < 40; count += 1) if (serve(queue)?.keyId === 'bob') ofBob += 1;
    assert.equal(ofBob, 30);
  });

  test('counts tokens, not requests', () => {
    const queue = new FairQueue<FairEntry>();
    for (let count = 0; count < 100; count += 1) {
      queue.enter(entry('long', 900));
      queue.enter(entry('short', 100));
    }
    let ofShort = 0;
    for (let count = 0; count < 50; count += 1) if (serve(queue)?.keyId === 'short') ofShort += 1;
    assert.equal(ofShort, 45);
  });

  test('keeps nothing of keys it has come past, however many came once', () => {
    const queue = new FairQueue<FairEntry>();
    const once = Array.from({ length: 500 }, (_, index) => entry(`once-${index}`));
    const busy = Array.from({ length: 20 }, () => entry('busy', 10_000));
    for (const each of [...once, ...busy]) queue.enter(each);
    const taken: FairEntry[] = [];
    for (let next = serve(queue); next !== undefined && taken.length < 510; next = serve(queue)) {
      taken.push(next);
      // Most have ended while one of the busy key is still at work: the queue is never idle.
      if (next.keyId !== 'busy') queue.settle(next);
    }
    serve(queue);
    assert.ok(!queue.isIdle);
    assert.equal(queue.keys, 1);
  });

  test('gives a key that was away what it may have saved, and no more', () => {
    const queue = new FairQueue<FairEntry>();
    const cost = mostSaved / 2;
    for (let count = 0; count < 10; count += 1) queue.enter(entry('ann', cost));
    for (let count = 0; count < 5; count += 1) serve(queue);
    for (let count = 0; count < 6; count += 1) queue.enter(entry('bob', cost));
    const turns = Array.from({ length: 7 }, () => serve(queue)?.keyId);
    assert.deepEqual(turns, ['bob', 'bob', 'bob', 'ann', 'bob', 'ann', 'bob']);
  });

  test('tells who waits behind whom, also of a key that has nothing there yet', () => {
    const queue = new FairQueue<FairEntry>();
    for (const key of ['ann', 'ann', 'bob', 'bob']) queue.enter(entry(key));
    serve(queue);
    assert.equal(queue.waitsBehind('bob', 'ann'), true);
    assert.equal(queue.waitsBehind('ann', 'bob'), false);
    assert.equal(queue.waitsBehind('cid', 'ann'), true, 'cid would be where ann was');
    assert.equal(queue.waitsBehind('ann', 'cid'), false, 'nothing of cid waits');
  });

  test('makes a key pay for answers that were longer than expected, and pays back what was not used', () => {
    const queue = new FairQueue<FairEntry>();
    const [long, brief] = [entry('ann'), entry('bob')];
    queue.enter(long);
    queue.enter(brief);
    queue.take(long);
    queue.take(brief);
    for (let count = 0; count < 6; count += 1) {
      queue.enter(entry('ann'));
      queue.enter(entry('bob'));
    }
    queue.charge(long, 350);
    queue.settle(long);
    queue.charge(brief, 50);
    queue.settle(brief);
    const turns = Array.from({ length: 5 }, () => serve(queue)?.keyId);
    assert.deepEqual(turns, ['bob', 'bob', 'bob', 'ann', 'bob']);
  });

  test('puts what comes back in front, and charges it once', () => {
    const queue = new FairQueue<FairEntry>();
    const first = entry('ann');
    queue.enter(first);
    queue.enter(entry('bob'));
    queue.take(first);
    queue.enter(first);
    assert.equal(queue.sizeOf('ann'), 1);
    assert.equal(queue.countBefore(first), 0);
    assert.equal(serve(queue), first);
    queue.settle(first);
    queue.enter(entry('ann'));
    assert.equal(serve(queue)?.keyId, 'bob', 'ann has had 100 tokens, not 200');
  });

  test('lets others pass one that is left where it is', () => {
    const queue = new FairQueue<FairEntry>();
    const stuck = entry('ann');
    for (const one of [stuck, entry('ann'), entry('bob'), entry('bob')]) queue.enter(one);
    const passing: string[] = [];
    for (const next of queue.inTurn()) {
      if (next === stuck) continue;
      queue.take(next);
      passing.push(next.keyId);
    }
    assert.deepEqual(passing, ['bob', 'ann', 'bob']);
    assert.equal(queue.size, 1);
  });

  test('forgets all debts when nobody is left', () => {
    const queue = new FairQueue<FairEntry>();
    const [one, other] = [entry('ann', 1_000), entry('bob', 1)];
    for (const each of [one, other]) {
      queue.enter(each);
      queue.take(each);
      queue.settle(each);
    }
    assert.equal(queue.isIdle, true);
    queue.enter(entry('ann'));
    queue.enter(entry('bob'));
    assert.equal(serve(queue)?.keyId, 'ann');
  });
});

const keys = ['ann', 'bob', 'cid'] as const;
const mostTokens = 1_000;

type Action =
  | { readonly do: 'enter'; readonly key: (typeof keys)[number]; readonly tokens: number }
  | { readonly do: 'serve' }
  | { readonly do: 'settle'; readonly tokens: number; readonly which: number }
  | { readonly do: 'leave'; readonly which: number }
  | { readonly do: 'return'; readonly which: number };

const tokens = fc.integer({ min: 1, max: mostTokens });
const which = fc.nat({ max: 50 });
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('enter' as const), key: fc.constantFrom(...keys), tokens }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('serve' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('settle' as const), tokens, which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('return' as const), which }) },
);

describe('whatever is asked, the fair queue', () => {
  test('serves somebody while anybody waits, keeps each key’s order, and tells the order it keeps', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 120 }), (actions) => {
        const queue = new FairQueue<FairEntry>();
        const waiting = new Set<FairEntry>();
        const running: FairEntry[] = [];
        const hadTurn = new Set<FairEntry>();
        for (const act of actions) {
          if (act.do === 'enter') {
            const one = entry(act.key, act.tokens);
            queue.enter(one);
            waiting.add(one);
          } else if (act.do === 'serve') {
            const promised = queue.inOrder()[0];
            const served = serve(queue);
            assert.equal(served, promised);
            assert.equal(served === undefined, waiting.size === 0, 'work conserving');
            if (served === undefined) continue;
            waiting.delete(served);
            running.push(served);
            // Nobody of the same key who never had a turn was passed over.
            for (const other of waiting) {
              if (other.keyId === served.keyId && !hadTurn.has(other) && !hadTurn.has(served)) {
                assert.ok(other.sequence > served.sequence, 'first in, first out');
              }
            }
            hadTurn.add(served);
          } else if (act.do === 'settle') {
            const [done] = running.splice(act.which % Math.max(1, running.length), 1);
            if (done === undefined) continue;
            queue.charge(done, act.tokens);
            queue.settle(done);
          } else if (act.do === 'return') {
            const [back] = running.splice(act.which % Math.max(1, running.length), 1);
            if (back === undefined) continue;
            queue.enter(back);
            waiting.add(back);
          } else {
            const gone = [...waiting][act.which % Math.max(1, waiting.size)];
            if (gone === undefined) continue;
            queue.leave(gone);
            queue.settle(gone);
            waiting.delete(gone);
          }
          assert.equal(queue.size, waiting.size);
          const order = queue.inOrder();
          assert.deepEqual(new Set(order), waiting);
          order.forEach((each, index) => {
            assert.equal(queue.countBefore(each), index);
          });
        }
        while (serve(queue) !== undefined);
        assert.equal(queue.size, 0, 'everybody had a turn');
      }),
      { numRuns: 150 },
    );
  });

  test('never gives one of two waiting keys more per weight than the other by more than a request of each', () => {
    const weight = fc.constantFrom(0.5, 1, 4);
    fc.assert(
      fc.property(weight, weight, fc.array(tokens, { minLength: 40, maxLength: 80 }), (ofAnn, ofBob, costs) => {
        const queue = new FairQueue<FairEntry>();
        const share = { ann: 0, bob: 0 };
        const weights = { ann: ofAnn, bob: ofBob };
        costs.forEach((cost, index) => {
          const key = index % 2 === 0 ? 'ann' : 'bob';
          queue.enter(entry(key, cost, weights[key]));
        });
        while (queue.sizeOf('ann') > 0 && queue.sizeOf('bob') > 0) {
          const served = serve(queue)!;
          share[served.keyId as 'ann' | 'bob'] += served.costTokens / served.weight;
          assert.ok(Math.abs(share.ann - share.bob) <= mostTokens / ofAnn + mostTokens / ofBob + 1e-6);
        }
      }),
      { numRuns: 150 },
    );
  });

  test('does not either when whoever is near is taken out of turn', () => {
    const weights = { ann: 0.5, bob: 1, cid: 4 };
    const names = ['ann', 'bob', 'cid'] as const;
    fc.assert(
      fc.property(
        fc.array(tokens, { minLength: 60, maxLength: 90 }),
        fc.array(which, { minLength: 90 }),
        (costs, picks) => {
          const queue = new FairQueue<FairEntry>();
          const share = { ann: 0, bob: 0, cid: 0 };
          costs.forEach((cost, index) => {
            const key = names[index % 3]!;
            queue.enter(entry(key, cost, weights[key]));
          });
          for (let turn = 0; names.every((key) => queue.sizeOf(key) > 0); turn += 1) {
            const near = [...queue.near()];
            assert.ok(near.includes(queue.inOrder()[0]!), 'who is next is near');
            const taken = near[picks[turn % picks.length]! % near.length]!;
            queue.take(taken);
            share[taken.keyId as keyof typeof share] += taken.costTokens / taken.weight;
            for (const one of names) {
              for (const other of names) {
                const most = mostTokens / weights[one] + mostTokens / weights[other] + 1e-6;
                assert.ok(one === other || Math.abs(share[one] - share[other]) <= most);
              }
            }
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  test('never lets keys that come and go have more than one that always waits, but for what they saved and what is at work', () => {
    const mostRunning = 3;
    fc.assert(
      fc.property(fc.array(action, { minLength: 300, maxLength: 400 }), (actions) => {
        const queue = new FairQueue<FairEntry>();
        const had = new Map<string, number>();
        const running: FairEntry[] = [];
        const settle = (done: FairEntry, real: number): void => {
          queue.charge(done, real);
          queue.settle(done);
          had.set(done.keyId, (had.get(done.keyId) ?? 0) + real);
        };
        for (const act of actions) {
          while (queue.sizeOf('ann') < 2) queue.enter(entry('ann', 1 + ((submissions * 37) % mostTokens)));
          if (act.do === 'enter' && act.key !== 'ann') queue.enter(entry(act.key, act.tokens));
          // Slots are taken at once, as they are: who comes finds some of them free, or all full.
          while (act.do === 'serve' && running.length < mostRunning) running.push(serve(queue)!);
          if (act.do === 'settle' || running.length === mostRunning) {
            const [done] = running.splice(act.do === 'settle' ? act.which % Math.max(1, running.length) : 0, 1);
            if (done !== undefined) settle(done, act.do === 'settle' ? act.tokens : done.costTokens);
          }
          for (const key of ['bob', 'cid']) {
            const more = (had.get(key) ?? 0) - (had.get('ann') ?? 0);
            assert.ok(more <= mostSaved + 2 * (mostRunning + 1) * mostTokens, `${key} had ${more} tokens more`);
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  test('lets a key that comes late begin after at most one request of each other that waits', () => {
    fc.assert(
      fc.property(fc.array(tokens, { minLength: 1, maxLength: 60 }), fc.nat({ max: 60 }), (costs, served) => {
        const queue = new FairQueue<FairEntry>();
        costs.forEach((cost, index) => {
          queue.enter(entry(index % 3 === 0 ? 'bob' : 'ann', cost));
        });
        for (let count = 0; count < served; count += 1) serve(queue);
        const late = entry('cid');
        queue.enter(late);
        assert.ok(queue.countBefore(late) <= 2, `${queue.countBefore(late)} go before`);
      }),
      { numRuns: 150 },
    );
  });
});
