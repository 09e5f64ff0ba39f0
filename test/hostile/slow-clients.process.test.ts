/** Clients that are slow, that stop, or that leave: cut on time, and nothing of them stays. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { limits } from '../../src/contract/limits.ts';
import { type FakeAgent, fakeModel } from '../support/test-yard.ts';
import { errorOf, openWire, post, responsesIn } from './exchange.ts';
import { answerAll, type HostileYard, startHostileYard, textAnswer } from './start-gateway.ts';

const headersMs = 400;
const bodyMs = 1_000;
/** Node looks at its connections at intervals of half of `headersMs`; the rest is for a busy computer. */
const slackMs = 4_000;
const megabyte = 1024 * 1024;

let yard: HostileYard;
let agent: FakeAgent;
before(async () => {
  yard = await startHostileYard({ edgeLimits: { headersMs, bodyMs } });
  agent = await yard.connect([{ ...fakeModel, slots: 8 }]);
  void answerAll(await yard.connect([{ ...fakeModel, id: 'quick-1b', digest: 'quick-1b' }]));
});
after(() => yard[Symbol.asyncDispose]());

const head = (length: number): string =>
  `POST /v1/messages HTTP/1.1\r\nhost: localhost\r\nx-api-key: ${yard.key}\r\ncontent-length: ${length}\r\n\r\n`;
const content = JSON.stringify({
  model: 'fake-1b-q8',
  max_tokens: 50,
  stream: true,
  messages: [{ role: 'user', content: 'Hello' }],
});

/** For the machine that answers by itself. */
const quick = content.replace('fake-1b-q8', 'quick-1b');

/** Sends a byte at a time for as long as the connection lives. */
function drip(write: (text: string) => void, text: string): { stop(): void } {
  let at = 0;
  const timer = setInterval(() => write(text.charAt(at++ % text.length)), 20);
  return { stop: () => clearInterval(timer) };
}

const slow: readonly (readonly [name: string, first: () => string, rest: string, mostMs: number])[] = [
  ['a connection that says nothing', () => '', '', headersMs],
  ['headers that come a byte at a time', () => 'GET /v1/models HTTP/1.1\r\nx: ', 'y', headersMs],
  ['a body that comes a byte at a time', () => head(100_000), ' ', bodyMs],
  ['a body that stops', () => `${head(100_000)}{"model":`, '', bodyMs],
  [
    'chunks that never end',
    () => head(1).replace('content-length: 1', 'transfer-encoding: chunked'),
    '1\r\n \r\n',
    bodyMs,
  ],
];
for (const [name, first, rest, mostMs] of slow) {
  test(`${name}: told so, and cut on time`, async () => {
    const startedAtMs = performance.now();
    const wire = await openWire(yard);
    wire.socket.write(first());
    const dripping = rest === '' ? null : drip((text) => wire.socket.write(text), rest);
    await wire.closed;
    dripping?.stop();
    const tookMs = performance.now() - startedAtMs;
    assert.ok(tookMs >= mostMs && tookMs <= mostMs + slackMs, `cut after ${tookMs} ms`);
    const [answer] = responsesIn(wire.received);
    assert.equal(answer?.status, 408);
    assert.match(errorOf(answer).message, /did not arrive in time/);
    assert.equal((await yard.figures()).activeRequests, 0);
  });
}

test('a refused request whose body goes on for ever is cut on time, too', async () => {
  const startedAtMs = performance.now();
  const wire = await openWire(yard);
  wire.socket.write(head(10_000_000).replace(yard.key, 'my_nobody'));
  await wire.until('}}');
  const dripping = drip((text) => wire.socket.write(text), 'x');
  await wire.closed;
  dripping.stop();
  assert.match(wire.received, /^HTTP\/1.1 401/);
  assert.ok(performance.now() - startedAtMs <= bodyMs + slackMs);
});

test('a client that leaves in the middle of its body leaves nothing behind', async () => {
  for (let times = 0; times < 30; times++) {
    const wire = await openWire(yard);
    wire.socket.write(`${head(8 * megabyte)}${content}`);
    wire.socket.destroy();
    await wire.closed;
  }
  // 30 times 8 MB are more than one key may hold: what was left has been given back.
  await until(async () => (await post(yard, '{')).status === 400);
  const answers = await Promise.all(Array.from({ length: 3 }, () => post(yard, Buffer.alloc(8 * megabyte, ' '))));
  for (const answer of answers) assert.equal(answer.status, 400, answer.text);
  assert.equal((await yard.figures()).activeRequests, 0);
});

test('a machine that does not wait for a client that never reads is stopped within a second, memory bounded', async () => {
  const wire = await openWire(yard);
  wire.socket.pause();
  const long = content.replace('"max_tokens":50', '"max_tokens":1000000');
  wire.socket.write(head(long.length) + long);
  const offer = await agent.next('offer');
  agent.accept(offer);
  const [start, open, ...rest] = textAnswer('x'.repeat(64 * 1024));
  await yard.reset();
  const before = (await yard.figures()).rssBytes;
  // No pause: as fast as the link takes it.
  agent.output(offer, ...[start, open].filter((event) => event !== undefined));
  const delta = rest.filter(({ type }) => type === 'block-delta');
  const cancelled = agent.next('cancel');
  const startedAtMs = performance.now();
  let told = false;
  void cancelled.then(() => {
    told = true;
  });
  let sentBytes = 0;
  while (!told && sentBytes < 400 * megabyte) {
    agent.output(offer, ...delta);
    sentBytes += 64 * 1024;
    await new Promise((resolve) => setImmediate(resolve));
  }
  const cancel = await cancelled;
  assert.equal(cancel.reason, 'superseded');
  const tookMs = performance.now() - startedAtMs;
  agent.send({ type: 'cancelled', requestId: offer.requestId, attempt: offer.attempt });
  await until(async () => (await yard.figures()).activeRequests === 0);
  const { rssBytes } = await yard.figures();
  assert.ok(tookMs <= 10_000, `told after ${tookMs} ms and ${sentBytes / megabyte} MB`);
  // What the sockets of both ends hold is the kernel's; the gateway holds the limit and what it is working on.
  assert.ok(rssBytes - before < 64 * megabyte, `grew by ${(rssBytes - before) / megabyte} MB`);
  wire.socket.destroy();
});

test('a key may hold 128 MB of bodies, and is told when to come back', async () => {
  const bodies = Math.floor(limits.bodyBytesPerKey / limits.requestBodyBytes);
  const wires = await Promise.all(Array.from({ length: bodies }, () => openWire(yard)));
  for (const wire of wires) wire.socket.write(head(limits.requestBodyBytes));
  // The declared bytes count from the moment the headers are read.
  let refused = await post(yard, quick);
  await until(async () => {
    if (refused.status === 200) refused = await post(yard, quick);
    return refused.status !== 200;
  });
  assert.equal(refused.status, 429);
  const { type, code } = errorOf(refused);
  assert.deepEqual([type, code], ['rate_limit_error', 'rate_limit']);
  assert.ok(Number(refused.headers['retry-after']) >= 1);
  for (const wire of wires) wire.socket.destroy();
  await Promise.all(wires.map(({ closed }) => closed));
  await until(async () => (await post(yard, quick)).status === 200);
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}
