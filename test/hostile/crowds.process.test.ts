/** Many at once: nobody is starved, nobody is forgotten, and a machine that talks nonsense hurts only itself. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { GenerationEvent } from '../../src/contract/generation/events.ts';
import { fakeModel } from '../support/test-yard.ts';
import { errorOf, openWire, post, responsesIn } from './exchange.ts';
import { answerAll, type HostileYard, type Offer, startHostileYard, textAnswer, wideModel } from './start-gateway.ts';

const connections = 400;
const megabyte = 1024 * 1024;

/** Long enough to open them all on a busy computer, before the first is ended for its silence. */
const headersMs = 4_000;

let yard: HostileYard;
before(async () => {
  yard = await startHostileYard({ edgeLimits: { connections, headersMs, bodyBytesPerKey: 24 * megabyte } });
  void answerAll(await yard.connect([wideModel]));
});
after(() => yard[Symbol.asyncDispose]());

const body = (more: object = {}): string =>
  JSON.stringify({ model: 'fake-1b-q8', max_tokens: 50, messages: [{ role: 'user', content: 'Hello' }], ...more });

test('a flood of connections is held at the limit, told so, and forgotten when it ends', async () => {
  const before = await yard.figures();
  const wires = [];
  for (let opened = 0; opened < connections + 50; opened += 50) {
    wires.push(...(await Promise.all(Array.from({ length: 50 }, () => openWire(yard)))));
  }
  await Promise.all(wires.map(({ closed }) => closed));
  const answers = wires.map(({ received }) => responsesIn(received)[0] ?? assert.fail('no answer'));
  const turnedAway = answers.filter(({ status }) => status === 529);
  for (const answer of turnedAway) assert.match(errorOf(answer).message, /too many connections \(400 in all\)/);
  assert.ok(turnedAway.length >= 50 && turnedAway.length <= 60, `${turnedAway.length} turned away`);
  // The others said nothing in time.
  const others = answers.filter((answer) => !turnedAway.includes(answer));
  assert.ok(others.every(({ status }) => status === 408));
  assert.equal((await post(yard, body())).status, 200);
  const { rssBytes } = await yard.figures();
  assert.ok(rssBytes - before.rssBytes < 64 * megabyte);
});

test('twelve bodies for the parsing thread at once: all are answered, small ones do not wait for them', async () => {
  const large = body({ system: 'word '.repeat(megabyte / 4) });
  const slow = body({ metadata: { user_id: null }, x: Array.from({ length: 20_000 }, (_, at) => ({ [`k${at}`]: 1 })) });
  const waiting = Promise.all(Array.from({ length: 12 }, (_, at) => post(yard, at % 2 === 0 ? large : slow)));
  let small = 0;
  let done = false;
  void waiting.then(() => {
    done = true;
  });
  while (!done) {
    assert.equal((await post(yard, body())).status, 200);
    small += 1;
  }
  assert.deepEqual(new Set((await waiting).map(({ status }) => status)), new Set([200]));
  assert.ok(small >= 5, `${small} small ones meanwhile`);
});

test('beyond its budget a key is told to come back, and what it did send is answered', async () => {
  const large = body({ system: 'word '.repeat(megabyte) });
  const answers = await Promise.all(Array.from({ length: 12 }, () => post(yard, large)));
  const statuses = answers.map(({ status }) => status);
  assert.deepEqual(new Set(statuses), new Set([200, 429]));
  for (const answer of answers.filter(({ status }) => status === 429)) {
    assert.equal(answer.headers['x-should-retry'], 'true');
    assert.ok(Number(answer.headers['retry-after']) <= 30);
  }
  assert.equal((await post(yard, large)).status, 200);
});

const start: GenerationEvent = { type: 'generation-start', promptTokens: 1, cachedTokens: 0 };
const [, open, delta, close, end] = textAnswer('x') as [GenerationEvent, ...GenerationEvent[]];
const nonsense: readonly (readonly [name: string, events: readonly (GenerationEvent | undefined)[]])[] = [
  ['a delta without a block', [start, delta]],
  ['two starts', [start, start]],
  ['an end in the middle of a block', [start, open, end]],
  ['a block in a block', [start, open, open]],
  ['an end before the start', [end]],
  [
    'half a tool input',
    [
      start,
      { type: 'block-start', block: { kind: 'tool-use', id: 'toolu_1', name: 'a' } },
      { type: 'block-delta', text: '{"a"' },
    ],
  ],
  ['words after the end of a block', [start, open, delta, close, delta]],
];
test('a machine whose output makes no sense fails its requests, streamed or not, and nothing else', async () => {
  const agent = await yard.connect([{ ...fakeModel, id: 'mad-1b', digest: 'mad-1b', slots: 8 }]);
  let events: readonly (GenerationEvent | undefined)[] = [];
  void answerAll(agent, (_offer: Offer) => events.filter((event) => event !== undefined));
  for (const [name, said] of nonsense) {
    events = said;
    for (const stream of [false, true]) {
      const answer = await post(yard, body({ model: 'mad-1b', stream }));
      const told = answer.status === 200 ? answer.text : errorOf(answer).message;
      assert.match(told, /output that is no answer/, `${name}: ${answer.text}`);
      assert.doesNotMatch(answer.text, /message_stop/);
      assert.ok(answer.status === 500 || stream, name);
    }
  }
  assert.equal((await post(yard, body())).status, 200);
  assert.equal((await yard.figures()).activeRequests, 0);
});
