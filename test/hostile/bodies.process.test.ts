/**
 * Bodies made to hurt. Each is refused with a sentence that names the problem, or read and served; nobody
 * else waits for it, and it takes a bounded amount of memory.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { limits } from '../../src/contract/limits.ts';
import { errorOf, openWire, post, responsesIn } from './exchange.ts';
import { answerAll, type HostileYard, type Offer, startHostileYard, textAnswer } from './start-gateway.ts';

/**
 * An answer must be there after this long, ms, on a computer that does nothing else; on a busy one the gateway must not
 * have worked for longer, and `lateMs` is the limit of the wait. Nobody else may wait longer than `busyMs` for the event loop.
 */
const answerMs = 200;
const lateMs = 2_000;
const busyMs = 50;
const megabyte = 1024 * 1024;

let yard: HostileYard;
const offers: Offer[] = [];
before(async () => {
  yard = await startHostileYard();
  const agent = await yard.connect();
  void answerAll(agent, (offer) => {
    offers.push(offer);
    return textAnswer('fine');
  });
  // Code that runs for the first time is slow; the parsing thread is started.
  await post(yard, ask());
  await post(yard, ask({ system: 'word '.repeat(megabyte / 4) }));
});
after(() => yard[Symbol.asyncDispose]());

const ask = (more: object = {}): string =>
  JSON.stringify({ model: 'fake-1b-q8', max_tokens: 50, messages: [{ role: 'user', content: 'Hello' }], ...more });
/** A request with a piece of JSON that JSON.stringify would not make. */
const askWith = (json: string): string => `${ask().slice(0, -1)},${json}}`;
const list = (length: number, item: (index: number) => string): string =>
  Array.from({ length }, (_, at) => item(at)).join();
const tool = (index: number, more: object = {}) => ({
  name: `tool_${index}`,
  input_schema: { type: 'object' },
  ...more,
});

const refused: readonly (readonly [name: string, body: () => string | Uint8Array, message: RegExp])[] = [
  ['an empty body', () => '', /body is empty/],
  ['a body cut in half', () => ask().slice(0, 60), /unexpected end: line 1 column 61/],
  ['a raw NUL', () => ask({ system: 'a\u0000b' }).replace('\\u0000', '\u0000'), /invalid string: line 1/],
  ['a NUL between values', () => `\u0000${ask()}`, /unexpected character: line 1 column 1/],
  [
    'surrogates as bytes',
    () => Buffer.concat([Buffer.from('{"a":"'), Buffer.of(0xed, 0xa0, 0x80), Buffer.from('"}')]),
    /not valid UTF-8/,
  ],
  ['half an emoji', () => askWith('"system":"\\ud83d"'), /no low surrogate in string/],
  ['the other half', () => askWith('"system":"\\ude00"'), /no high surrogate in string/],
  ['UTF-16', () => Buffer.from(ask(), 'utf16le'), /not valid JSON|not valid UTF-8/],
  ['5,000,000 open brackets', () => '['.repeat(5_000_000), /more than 64 brackets at once/],
  ['5,000,000 objects in each other', () => '{"a":'.repeat(5_000_000), /more than 64 brackets at once/],
  ['5,000,000 empty lists', () => askWith(`"x":[${'[],'.repeat(5_000_000)}[]]`), /more than 1000000 values/],
  ['300,000 keys', () => askWith(`"x":{${list(300_000, (at) => `"k${at}":1`)}}`), /more than 250000 object keys/],
  [
    '100,001 messages',
    () => ask().replace(/"messages":\[/, `"messages":[${'{"role":"user","content":"x"},'.repeat(100_000)}`),
    /messages: List should have at most 100000 items/,
  ],
  [
    '30,000 blocks of a tool result, the last one wrong',
    () => {
      const content = [...Array(30_000).fill({ type: 'text', text: 'x' }), { type: 'text', text: 1 }];
      return ask({ messages: [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content }] }] });
    },
    /messages\.0\.content\.0\.tool_result\.content\.30000\.text\.text: Input should be a valid string/,
  ],
  [
    '10,000 tools',
    () => ask({ tools: Array.from({ length: 10_000 }, (_, at) => tool(at)) }),
    /tools: List should have at most 2000 items/,
  ],
  [
    '10,000 deferred tools',
    () => ask({ tools: Array.from({ length: 10_000 }, (_, at) => tool(at, { defer_loading: true })) }),
    /tools: List should have at most 2000 items/,
  ],
  ['200 tools', () => ask({ tools: Array.from({ length: 200 }, (_, at) => tool(at)) }), /tools: 200 tools are shown/],
  [
    'a schema of 70 KB',
    () => ask({ tools: [tool(0, { input_schema: { type: 'object', description: 'x'.repeat(70_000) } })] }),
    /input_schema: schemas may hold 64 KiB/,
  ],
  [
    'a schema of 40,000 characters of three bytes',
    () => ask({ tools: [tool(0, { input_schema: { type: 'object', description: '字'.repeat(40_000) } })] }),
    /input_schema: schemas may hold 64 KiB/,
  ],
  [
    'a schema 70 levels deep',
    () =>
      askWith(
        `"tools":[{"name":"a","input_schema":${'{"type":"object","properties":{"a":'.repeat(35)}{}${'}}'.repeat(35)}}]`,
      ),
    /more than 64 brackets at once/,
  ],
  [
    '17 stop sequences',
    () => ask({ stop_sequences: Array(17).fill('x') }),
    /stop_sequences: List should have at most 16 items/,
  ],
  [
    'a stop sequence of 257 characters',
    () => ask({ stop_sequences: ['x'.repeat(257)] }),
    /stop_sequences\.0: String should have at most 256 characters/,
  ],
  [
    'brackets hidden in metadata.user_id',
    () => ask({ metadata: { user_id: `{"a":${'['.repeat(900_000)}` } }),
    /metadata\.user_id: String should have at most 4096 characters/,
  ],
  [
    'a model name of 1 MB',
    () => ask({ model: 'x'.repeat(1_000_000) }),
    /model: String should have at most 256 characters/,
  ],
];

for (const [name, body, message] of refused) {
  test(`${name}: refused by name, and nobody waits`, async () => {
    const bytes = Buffer.from(body() as string);
    // Other programs on the computer may take one try; a slow path would be slow in all.
    let best = {
      tookMs: Number.POSITIVE_INFINITY,
      workedMs: Number.POSITIVE_INFINITY,
      busyMs: Number.POSITIVE_INFINITY,
    };
    const isSlow = (): boolean => best.tookMs > lateMs || Math.min(best.tookMs, best.workedMs) > answerMs;
    for (let tries = 0; tries < 5 && (isSlow() || best.busyMs > busyMs); tries++) {
      await yard.reset();
      const answer = await post(yard, bytes);
      assert.equal(answer.status, 400, answer.text.slice(0, 300));
      assert.match(errorOf(answer).message, message);
      const figures = await yard.figures();
      best = {
        tookMs: Math.min(best.tookMs, answer.tookMs),
        workedMs: Math.min(best.workedMs, figures.workedMs),
        busyMs: Math.min(best.busyMs, figures.busyMs),
      };
    }
    assert.ok(!isSlow(), `answered after ${best.tookMs} ms, for which the gateway worked ${best.workedMs} ms`);
    assert.ok(best.busyMs <= busyMs, `the event loop was busy for ${best.busyMs} ms`);
  });
}

test('every field with every wrong type is refused with the path of the field', async () => {
  const wrong = [null, true, -1, 1.5, '', 'x', [], [null], {}, { type: 'x' }];
  const fields = [
    'model',
    'max_tokens',
    'messages',
    'system',
    'tools',
    'tool_choice',
    'thinking',
    'stop_sequences',
    'temperature',
    'top_p',
    'top_k',
    'stream',
    'metadata',
    'output_config',
    'output_format',
  ];
  let refusals = 0;
  for (const field of fields) {
    for (const value of wrong) {
      const answer = await post(yard, ask({ [field]: value }));
      assert.ok([200, 400, 404].includes(answer.status), `${field}: ${JSON.stringify(value)} gave ${answer.status}`);
      if (answer.status === 200) continue;
      refusals += 1;
      assert.ok(errorOf(answer).message.includes(field), `${field}: ${JSON.stringify(value)}: ${answer.text}`);
    }
  }
  assert.ok(refusals > 80, `${refusals} refusals`);
});

test('32 MB and one byte: refused before it is read', async () => {
  const wire = await openWire(yard);
  const length = limits.requestBodyBytes + 1;
  wire.socket.write(
    `POST /v1/messages HTTP/1.1\r\nhost: localhost\r\nx-api-key: ${yard.key}\r\ncontent-length: ${length}\r\n\r\n{`,
  );
  await wire.until('}}');
  wire.socket.destroy();
  const [answer] = responsesIn(wire.received);
  assert.ok(answer);
  assert.equal(answer.status, 413);
  assert.equal(errorOf(answer).type, 'request_too_large');
});

test('32 MB and one byte in chunks: refused at the limit, and the client gets to read why', async () => {
  const answer = await post(yard, Buffer.alloc(limits.requestBodyBytes + 1, 'x'), {
    'transfer-encoding': 'chunked',
  });
  assert.equal(answer.status, 413);
  assert.equal(errorOf(answer).type, 'request_too_large');
});

test('32 MB of text is served, and nobody waits for it', async () => {
  const text = 'word '.repeat((limits.requestBodyBytes - 1_000) / 5);
  const body = Buffer.from(ask({ messages: [{ role: 'user', content: text }] }));
  let best = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < 5 && best > busyMs; tries++) {
    offers.length = 0;
    await yard.reset();
    const answer = await post(yard, body);
    assert.equal(answer.status, 200, answer.text.slice(0, 300));
    const last = offers[0]?.request.messages.at(-1);
    assert.ok(last?.role === 'user' && last.text === text);
    best = Math.min(best, (await yard.figures()).busyMs);
  }
  assert.ok(best <= busyMs, `the event loop was busy for ${best} ms`);
});

test('compressed bodies are refused before they are read', async () => {
  const zeros = Buffer.alloc(64 * megabyte);
  for (const [encoding, bomb] of [
    ['gzip', gzipSync(zeros)],
    ['br', brotliCompressSync(zeros)],
    ['deflate, gzip', gzipSync(zeros)],
  ] as const) {
    await yard.reset();
    const before = (await yard.figures()).rssBytes;
    const answer = await post(yard, bomb, { 'content-encoding': encoding });
    assert.equal(answer.status, 400, encoding);
    assert.equal(errorOf(answer).code, 'request_body_encoding_unsupported');
    const { rssBytes } = await yard.figures();
    assert.ok(rssBytes - before < 32 * megabyte, `${encoding}: grew by ${(rssBytes - before) / megabyte} MB`);
  }
});

test('names that mean something to JavaScript are names like any other', async () => {
  offers.length = 0;
  const names = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf'];
  const schema = `{"type":"object","properties":{${names.map((name) => `"${name}":{"type":"string"}`).join()}},"required":["__proto__"]}`;
  const tools = names.map((name) => `{"name":"${name}","input_schema":${schema}}`).join();
  const input = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}';
  const messages = `[{"role":"user","content":"Hi"},{"role":"assistant","content":[{"type":"tool_use","id":"__proto__","name":"__proto__","input":${input}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"__proto__","content":"ok"}]}]`;
  const body = `{"model":"fake-1b-q8","max_tokens":50,"__proto__":{"polluted":true,"max_tokens":"no"},"tools":[${tools}],"messages":${messages}}`;
  const answer = await post(yard, body);
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(
    offers[0]?.request.tools.map(({ name }) => name),
    names,
  );
  assert.deepEqual(JSON.stringify(offers[0]?.request.tools[0]?.inputSchema), schema);
  const call = offers[0]?.request.messages.find((message) => message.role === 'assistant')?.toolCalls?.[0];
  assert.equal(JSON.stringify(call?.input), input);
  assert.deepEqual((await yard.figures()).pollution, []);
});

test('of two fields with one name the last counts, as everywhere', async () => {
  const answer = await post(yard, ask().replace('"max_tokens":50', '"max_tokens":"no","max_tokens":50'));
  assert.equal(answer.status, 200, answer.text);
  const other = await post(yard, ask().replace('"max_tokens":50', '"max_tokens":50,"max_tokens":"no"'));
  assert.match(errorOf(other).message, /^max_tokens: /);
});

test('an escaped NUL, and any other character, arrives as it was sent', async () => {
  offers.length = 0;
  const text = '\u0000\u0001\u001b[2J\u2028\u2029\ufeff\uffff😀\r\n"\\';
  const answer = await post(yard, ask({ messages: [{ role: 'user', content: text }] }));
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(offers[0]?.request.messages, [{ role: 'user', text }]);
});
