/** How far one answer may be ahead of its reader. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GenerationEvent } from '../contract/generation/events.ts';
import { amountOf, CreditGiver, OutputCredit } from './credit.ts';

const window = { chars: 100, deltas: 4 };
const delta = (length: number): GenerationEvent => ({ type: 'block-delta', text: 'x'.repeat(length) });

test('only text counts', () => {
  const events: GenerationEvent[] = [{ type: 'block-start', block: { kind: 'text' } }, delta(3), delta(4)];
  assert.deepEqual(amountOf([...events, { type: 'block-end' }]), { chars: 7, deltas: 2 });
});

test('an agent waits when its window is used up, by length or by number, and goes on when some was taken', () => {
  const byLength = new OutputCredit(window);
  byLength.spend([delta(99)]);
  assert.ok(byLength.isLeft);
  // What cannot be cut is sent whole.
  byLength.spend([delta(500)]);
  assert.ok(!byLength.isLeft);
  byLength.grant({ chars: 499, deltas: 1 });
  assert.ok(!byLength.isLeft);
  byLength.grant({ chars: 500, deltas: 2 });
  assert.ok(byLength.isLeft);

  const byNumber = new OutputCredit(window);
  for (let index = 0; index < 4; index++) byNumber.spend([delta(1)]);
  assert.ok(!byNumber.isLeft);
});

test('credit is told as a total: repeated or late it changes nothing', () => {
  const credit = new OutputCredit(window);
  for (let index = 0; index < 4; index++) credit.spend([delta(1)]);
  credit.grant({ chars: 2, deltas: 2 });
  credit.grant({ chars: 2, deltas: 2 });
  credit.grant({ chars: 1, deltas: 1 });
  credit.spend([delta(1)]);
  assert.ok(credit.isLeft);
  credit.spend([delta(1)]);
  assert.ok(!credit.isLeft);
});

test('a gateway that knows no credit is sent everything', () => {
  const credit = new OutputCredit(undefined);
  credit.spend([delta(1_000_000)]);
  assert.ok(credit.isLeft);
});

test('a gateway tells what was taken each half window, and no agent waits for the rest', () => {
  const giver = new CreditGiver(window);
  giver.receive([delta(49)]);
  assert.equal(giver.due(), null);
  giver.receive([delta(1)]);
  assert.deepEqual(giver.due(), { chars: 50, deltas: 2 });
  assert.equal(giver.due(), null);
  giver.receive([delta(1)]);
  giver.receive([delta(1)]);
  assert.deepEqual(giver.due(), { chars: 52, deltas: 4 });
});

test('whatever the lengths, an agent that waits is told, and is never more than a window and a message ahead', () => {
  const giver = new CreditGiver(window);
  const credit = new OutputCredit(window);
  let length = 7;
  let ahead = 0;
  for (let turn = 0; turn < 10_000; turn++) {
    length = (length * 31 + 11) % 67;
    if (credit.isLeft) {
      credit.spend([delta(length)]);
      giver.receive([delta(length)]);
      ahead += length;
      assert.ok(ahead < window.chars + 67, `${ahead}`);
    } else {
      const taken = giver.due();
      assert.ok(taken !== null, 'it would wait for ever');
      credit.grant(taken);
      ahead = 0;
    }
  }
});
