/** HTTP as no library sends it: every answer is a well-formed refusal or the right answer, in order. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { assembleMessage, streamEvents } from '../support/read-stream.ts';
import { type FakeAgent, fakeModel } from '../support/test-yard.ts';
import { type Answer, errorOf, openWire, post, responsesIn, sendRaw } from './exchange.ts';
import { answerAll, type HostileYard, startHostileYard, textAnswer } from './start-gateway.ts';

let yard: HostileYard;
let agent: FakeAgent;
before(async () => {
  yard = await startHostileYard();
  agent = await yard.connect();
  void answerAll(agent);
});
after(() => yard[Symbol.asyncDispose]());

const body = (more: object = {}): string =>
  JSON.stringify({ model: 'fake-1b-q8', max_tokens: 50, messages: [{ role: 'user', content: 'Hello' }], ...more });

/** A request as text. `headers` come after the usual ones. */
function raw(line: string, headers: readonly string[] = [], content = ''): string {
  return [line, 'host: localhost', `x-api-key: ${yard.key}`, ...headers, '', content].join('\r\n');
}
const postRaw = (content: string, headers: readonly string[] = []): string =>
  raw('POST /v1/messages HTTP/1.1', [`content-length: ${Buffer.byteLength(content)}`, ...headers], content);
const last = 'connection: close';

/** The only answer to some text. */
async function answerTo(text: string): Promise<Answer> {
  const answers = responsesIn(await sendRaw(yard, text));
  assert.equal(answers.length, 1, `${answers.length} answers`);
  // Just counted.
  return answers[0]!;
}

const refused: readonly (readonly [name: string, text: () => string, status: number, message: RegExp])[] = [
  [
    'bytes that are no HTTP',
    () => '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\r\n\r\n',
    400,
    /not a well-formed HTTP request/,
  ],
  ['20 KB of headers', () => raw('GET /v1/models HTTP/1.1', [`x: ${'y'.repeat(20_000)}`]), 400, /larger than 16 KB/],
  [
    '10,000 headers',
    () =>
      raw(
        'GET /v1/models HTTP/1.1',
        Array.from({ length: 10_000 }, (_, at) => `x${at}: y`),
      ),
    400,
    /larger than 16 KB/,
  ],
  ['a URL of 20 KB', () => raw(`GET /${'a'.repeat(20_000)} HTTP/1.1`), 400, /larger than 16 KB/],
  ['a URL of 15 KB', () => raw(`GET /v1/models/${'a'.repeat(15_000)} HTTP/1.1`, [last]), 400, /URL/],
  ['a URL with a broken escape', () => raw('GET /v1/models/%E0%A4%A HTTP/1.1', [last]), 400, /URL is malformed/],
  ['a path that looks like a pattern', () => raw('GET /v1/(a|b)*/:x?y HTTP/1.1', [last]), 404, /Nothing is served/],
  ['a path with a NUL', () => raw('GET /v1/models/%00 HTTP/1.1', [last]), 404, /^model: /],
  ['a path of dots', () => raw('GET /v1/../../etc/passwd HTTP/1.1', [last]), 404, /Nothing is served/],
  ['no host', () => `GET /v1/models HTTP/1.1\r\nx-api-key: ${yard.key}\r\n${last}\r\n\r\n`, 421, /host name/],
  [
    'another host before ours',
    () => raw('GET /v1/models HTTP/1.1', [last]).replace('host:', 'host: evil.example\r\nhost:'),
    421,
    /host name/,
  ],
  [
    'another host in the URL',
    () => raw('GET http://evil.example/v1/models HTTP/1.1', [last]),
    404,
    /Nothing is served/,
  ],
  ['a method of its own', () => raw('BREW /v1/messages HTTP/1.1'), 400, /not a well-formed/],
  ['TRACE', () => raw('TRACE /v1/messages HTTP/1.1', [last]), 405, /use POST/],
  ['OPTIONS for everything', () => raw('OPTIONS * HTTP/1.1', [last]), 404, /Nothing is served/],
  ['an expectation nobody can meet', () => postRaw(body(), ['expect: a-miracle', last]), 400, /^expect: /],
  ['two lengths', () => postRaw(body(), ['content-length: 5']), 400, /not a well-formed/],
  ['a length and chunks', () => postRaw(body(), ['transfer-encoding: chunked']), 400, /not a well-formed/],
  [
    'a negative length',
    () => raw('POST /v1/messages HTTP/1.1', ['content-length: -5'], body()),
    400,
    /not a well-formed/,
  ],
  [
    'a length that is no number',
    () => raw('POST /v1/messages HTTP/1.1', ['content-length: 1e3'], body()),
    400,
    /not a well-formed/,
  ],
  [
    'chunks of no size',
    () => raw('POST /v1/messages HTTP/1.1', ['transfer-encoding: chunked'], 'xyz\r\n'),
    400,
    /not a well-formed/,
  ],
  [
    'a chunk of 2^64 bytes',
    () => raw('POST /v1/messages HTTP/1.1', ['transfer-encoding: chunked'], 'fffffffffffffffff\r\n'),
    400,
    /not a well-formed/,
  ],
  [
    '20 KB of chunk extension',
    () =>
      raw('POST /v1/messages HTTP/1.1', ['transfer-encoding: chunked'], `1;${'x'.repeat(20_000)}\r\n{\r\n0\r\n\r\n`),
    400,
    /chunk extensions/,
  ],
  ['a header folded over two lines', () => raw('GET /v1/models HTTP/1.1', ['x: a', ' b']), 400, /not a well-formed/],
  ['a space before a colon', () => raw('GET /v1/models HTTP/1.1', ['content-length : 5']), 400, /not a well-formed/],
  ['a lone line feed', () => `GET /v1/models HTTP/1.1\nhost: localhost\n\n`, 400, /not a well-formed/],
  [
    'a key with a NUL',
    () => `GET /v1/models HTTP/1.1\r\nhost: localhost\r\nx-api-key: my_\u0000\r\n\r\n`,
    400,
    /not a well-formed/,
  ],
  ['two keys', () => raw('GET /v1/models HTTP/1.1', [`x-api-key: ${yard.key}`, last]), 401, /invalid x-api-key/],
  ['a content type that is none', () => postRaw(body(), ['content-type: ;;;', last]), 400, /^content-type: /],
  ['a content type of 8 KB', () => postRaw('', [`content-type: ${'a'.repeat(8_000)}`, last]), 400, /./],
];
for (const [name, text, status, message] of refused) {
  test(`${name} gets a well-formed ${status}`, async () => {
    const answer = await answerTo(text());
    assert.equal(answer.status, status, answer.text);
    assert.match(errorOf(answer).message, message);
  });
}

test('CONNECT and an upgrade of a link without the rest of it get nothing that could be taken for a tunnel', async () => {
  assert.doesNotMatch(await sendRaw(yard, raw('CONNECT example.org:443 HTTP/1.1')), /^HTTP\/1.1 2/);
  const upgrade = ['connection: Upgrade', 'upgrade: websocket'];
  assert.match(await sendRaw(yard, raw('GET /metalyard/link HTTP/1.1', upgrade)), /^HTTP\/1.1 400/);
});

test('a client that offers h2c with every request is served as it is', async () => {
  const headers = ['connection: Upgrade, HTTP2-Settings', 'upgrade: h2c', 'http2-settings: AAEAAEAAAAIAAAAA'];
  const wire = await openWire(yard);
  wire.socket.write(postRaw(body(), headers));
  await wire.until('"stop_reason":"end_turn"');
  assert.match(wire.received, /^HTTP\/1.1 200 /);
  wire.socket.destroy();
});

test('a proxy that sends whole URLs is served', async () => {
  assert.equal((await answerTo(raw('GET http://localhost/v1/models?limit=1 HTTP/1.1', [last]))).status, 200);
  assert.equal((await answerTo(raw('GET HTTP://127.0.0.1 HTTP/1.1', [last]))).status, 200);
});

test('HTTP/1.0 is answered whole, and a stream ends with the connection', async () => {
  const whole = await answerTo(postRaw(body()).replace('HTTP/1.1', 'HTTP/1.0'));
  assert.equal(JSON.parse(whole.text).content[0].text, 'fine');
  const streamed = await answerTo(postRaw(body({ stream: true })).replace('HTTP/1.1', 'HTTP/1.0'));
  assert.equal(streamed.headers['transfer-encoding'], undefined);
  await checkStream(streamed.text);
});

test('expect: 100-continue is told to go on, and served', async () => {
  const wire = await openWire(yard);
  const content = body();
  wire.socket.write(
    raw('POST /v1/messages HTTP/1.1', [`content-length: ${content.length}`, 'expect: 100-continue', last]),
  );
  await wire.until('HTTP/1.1 100 Continue\r\n\r\n');
  wire.socket.write(content);
  await wire.closed;
  const [answer] = responsesIn(wire.received);
  assert.equal(answer?.status, 200);
});

test('chunks of one byte make the same request', async () => {
  const chunks = [...Buffer.from(body())].map((byte) => `1\r\n${String.fromCharCode(byte)}\r\n`).join('');
  const answer = await answerTo(
    raw('POST /v1/messages HTTP/1.1', ['transfer-encoding: chunked', last], `${chunks}0\r\n\r\n`),
  );
  assert.equal(answer.status, 200, answer.text);
});

test('a body of one-byte chunks takes its bytes in memory, not 64 KB each', async () => {
  const wire = await openWire(yard);
  await yard.reset();
  const before = (await yard.figures()).rssBytes;
  wire.socket.write(raw('POST /v1/messages HTTP/1.1', ['transfer-encoding: chunked', last]));
  const chunks = '1\r\n \r\n'.repeat(20_000);
  for (let sent = 0; sent < 10; sent++) if (!wire.socket.write(chunks)) await once(wire.socket, 'drain');
  wire.socket.write('0\r\n\r\n');
  await wire.closed;
  assert.equal(responsesIn(wire.received)[0]?.status, 400);
  const { rssBytes } = await yard.figures();
  assert.ok(rssBytes - before < 48 * 1024 * 1024, `grew by ${(rssBytes - before) / 1024 / 1024} MB`);
});

test('pipelined requests are answered in order', async () => {
  const texts = [
    postRaw(body({ stream: true })),
    raw('GET /v1/models HTTP/1.1'),
    postRaw('{'),
    postRaw(body()),
    raw('GET /nowhere HTTP/1.1', [last]),
  ];
  const answers = responsesIn(await sendRaw(yard, texts.join('')));
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 400, 200, 404],
  );
  await checkStream(answers[0]?.text ?? '');
  assert.equal(JSON.parse(answers[3]?.text ?? '').content[0].text, 'fine');
});

test('500 pipelined requests on one connection are all answered', async () => {
  const text = raw('GET /v1/models HTTP/1.1').repeat(499) + raw('GET /v1/models HTTP/1.1', [last]);
  const answers = responsesIn(await sendRaw(yard, text));
  assert.deepEqual([answers.length, answers.every(({ status }) => status === 200)], [500, true]);
});

test('rubbish behind a request cuts the connection, and never lands in the middle of its answer', async () => {
  const quiet = await yard.connect([{ ...fakeModel, id: 'quiet-1b', digest: 'quiet-1b' }]);
  const wire = await openWire(yard);
  wire.socket.write(postRaw(body({ stream: true, model: 'quiet-1b' })));
  const offer = await quiet.next('offer');
  const events = textAnswer('half', 'rest');
  quiet.accept(offer);
  quiet.output(offer, ...events.slice(0, 3));
  await wire.until('half');
  wire.socket.write('\u0000\u0001rubbish\r\n\r\n');
  await wire.closed;
  assert.doesNotMatch(wire.received.slice(12), /HTTP\/1.1/);
  assert.equal(responsesIn(wire.received, { cut: true }).length, 1);
  const cancel = await quiet.next('cancel');
  assert.equal(cancel.reason, 'client-left');
  quiet.send({ type: 'cancelled', requestId: offer.requestId, attempt: offer.attempt });
});

test('the gateway goes on after all of it', async () => {
  assert.equal((await post(yard, body())).status, 200);
  assert.equal((await yard.figures()).activeRequests, 0);
});

async function checkStream(text: string): Promise<void> {
  const events = [];
  for await (const event of streamEvents(new Response(text))) events.push(event);
  assert.deepEqual(assembleMessage(events, 'req_x').content, [{ type: 'text', text: 'fine' }]);
}
