/** Who is next while some have their turn, others let those behind them pass, and one goes out of turn. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type FairEntry, FairQueue } from './fair-queue.ts';

/** Two requests of each key, of these tokens each. */
function queueOf(keys: Readonly<Record<string, number>>) {
  const queue = new FairQueue<FairEntry>();
  const entries = new Map<string, FairEntry>();
  let sequence = 0;
  for (const [keyId, costTokens] of Object.entries(keys)) {
    for (const name of [`${keyId}1`, `${keyId}2`]) {
      sequence += 1;
      const entry = { keyId, weight: 1, sequence, costTokens };
      entries.set(name, entry);
      queue.enter(entry);
    }
  }
  const nameOf = (entry: FairEntry | null) => [...entries].find(([, other]) => other === entry)?.[0];
  return { queue, entry: (name: string) => entries.get(name)!, nameOf };
}

describe('the order of turns', () => {
  test('goes by clocks while nobody is taken, each key passed by as if it had been', () => {
    const { queue, nameOf } = queueOf({ a: 100, b: 250 });
    const order = queue.order(() => false);
    const names = Array.from({ length: 5 }, () => nameOf(order.next()));
    assert.deepEqual(names, ['a1', 'b1', 'a2', 'b2', undefined]);
  });

  test('who is in hand stays next when another one goes out of turn', () => {
    const { queue, entry, nameOf } = queueOf({ a: 100, b: 100 });
    const order = queue.order(() => false);
    assert.equal(nameOf(order.next()), 'a1');
    queue.take(entry('b1'));
    order.stay();
    assert.deepEqual([nameOf(order.next()), nameOf(order.next()), nameOf(order.next())], ['a1', 'a2', 'b2']);
  });

  test('who has let others pass is not asked again, even where another one of its key is taken', () => {
    const { queue, entry, nameOf } = queueOf({ a: 100, b: 150 });
    const order = queue.order(() => false);
    assert.equal(nameOf(order.next()), 'a1');
    assert.equal(nameOf(order.next()), 'b1');
    queue.take(entry('a1'));
    order.stay();
    assert.equal(nameOf(order.next()), 'b1');
    queue.take(entry('b1'));
    order.lookAnew();
    assert.deepEqual([nameOf(order.next()), nameOf(order.next()), nameOf(order.next())], ['a2', 'b2', undefined]);
  });

  test('who is kept back is looked at again when one of another class was taken, also if nobody was left', () => {
    const { queue, nameOf } = queueOf({ a: 100 });
    let kept = 'a';
    const order = queue.order(({ keyId }) => keyId === kept);
    assert.equal(order.next(), null);
    kept = '';
    assert.equal(order.next(), null, 'nothing has changed here');
    order.lookAnew();
    assert.equal(nameOf(order.next()), 'a1');
  });

  test('who is kept back is looked at again once something was taken', () => {
    const { queue, entry, nameOf } = queueOf({ a: 100, b: 100 });
    let kept = 'a';
    const order = queue.order(({ keyId }) => keyId === kept);
    assert.equal(nameOf(order.next()), 'b1');
    kept = '';
    queue.take(entry('b1'));
    order.lookAnew();
    assert.equal(nameOf(order.next()), 'a1');
  });
});
