import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RawEngine, RawEvent, RawGeneration } from '../contract/engine/raw.ts';
import { timedEngine } from './decode-speed.ts';
import { Standstill } from './standstill.ts';

/** An engine that says what it is told, `msPerPiece` apart, on a clock of its own. */
function scripted(msPerPiece: number) {
  let now = 1_000;
  const speeds: number[] = [];
  const engine: RawEngine = {
    model: {} as RawEngine['model'], // not looked at
    closed: new Promise(() => {}),
    tokenize: async () => new Uint32Array(),
    close: async () => {},
    async *generate({ tokens, maxTokens }): AsyncGenerator<RawEvent, void> {
      yield { type: 'start', promptTokens: tokens.length, cachedTokens: 0 };
      for (let made = 0; made < maxTokens; made += 1) {
        now += msPerPiece;
        yield { type: 'piece', text: 'x', tokens: [1] };
      }
      yield { type: 'end', reason: 'max-tokens', outputTokens: maxTokens };
    },
  };
  const timed = timedEngine(
    engine,
    () => now,
    (perSecond) => speeds.push(perSecond),
  );
  return { timed, speeds };
}
const asked = (more: Partial<RawGeneration> = {}): RawGeneration => ({
  tokens: [1, 2, 3],
  maxTokens: 41,
  temperature: 0,
  ...more,
});
const signal = new AbortController().signal;
async function drain(events: AsyncIterable<RawEvent>): Promise<number> {
  let count = 0;
  for await (const _ of events) count += 1;
  return count;
}

test('an answer is timed from its first token, and passed on whole', async () => {
  const { timed, speeds } = scripted(25);
  assert.equal(await drain(timed.generate(asked(), signal)), 43);
  assert.deepEqual(speeds, [40]);
});

const incomparable: readonly (readonly [string, Partial<RawGeneration>])[] = [
  ['few tokens', { maxTokens: 10 }],
  ['a long prompt', { tokens: new Uint32Array(5_000) }],
  ['a grammar', { grammar: 'root ::= "x"' }],
];
for (const [name, more] of incomparable) {
  test(`an answer with ${name} is not compared`, async () => {
    const { timed, speeds } = scripted(25);
    await drain(timed.generate(asked(more), signal));
    assert.deepEqual(speeds, []);
  });
}

test('answers beside each other are not compared, the next one alone is', async () => {
  const { timed, speeds } = scripted(25);
  const first = timed.generate(asked(), signal)[Symbol.asyncIterator]();
  await first.next();
  await drain(timed.generate(asked(), signal));
  while (!(await first.next()).done);
  assert.deepEqual(speeds, []);
  await drain(timed.generate(asked(), signal));
  assert.deepEqual(speeds, [40]);
});

test('an answer that was held up is not compared, the next one is', async () => {
  const { timed, speeds } = scripted(25);
  const hold = new Standstill();
  let pieces = 0;
  for await (const event of timed.generate(asked(), signal, hold)) {
    if (event.type !== 'piece') continue;
    pieces += 1;
    if (pieces === 20) hold.set(true);
    if (pieces === 21) hold.set(false);
  }
  assert.deepEqual([pieces, speeds], [41, []]);
  await drain(timed.generate(asked(), signal, hold));
  assert.deepEqual(speeds, [40]);
});
