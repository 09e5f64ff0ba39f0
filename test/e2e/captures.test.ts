/** Every recorded request of every real client gets a valid answer; later turns reuse earlier ones. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, readJson } from '../support/ask.ts';
import { bodyBytes, type CapturedRequest, readCaptures } from '../support/captures.ts';
import { readStream, type StreamedMessage, textOf } from '../support/read-stream.ts';
import { startYard, type Yard } from '../support/start-yard.ts';

const captures = readCaptures();
const messages = captures.filter(({ body, path }) => body !== null && !path.includes('count_tokens'));
const answer = 'A scripted answer.';
/** For requests that demand JSON of a schema. */
const title = '{"title": "A scripted title"}';
let yard: Yard;
before(async () => {
  const rules = [{ constrained: true, say: title }];
  yard = await startYard({ engine: { rules, otherwise: answer, window: 100_000 } });
});
after(() => yard?.stop());

/** Sends a recorded request with its own headers; the key, the model and the mode are ours. */
function replay(target: Yard, capture: CapturedRequest, more: Record<string, unknown>): Promise<Response> {
  const { 'x-api-key': _key, authorization: _bearer, 'accept-encoding': _encoding, ...headers } = capture.headers;
  return ask(target, { ...capture.body, model: target.model, ...more }, { path: capture.path, headers });
}
const streamed = async (target: Yard, capture: CapturedRequest) =>
  readStream(await replay(target, capture, { stream: true, temperature: 0 }));

test('there are recordings to replay', () => assert.ok(messages.length >= 25));

for (const capture of messages) {
  test(`${capture.name} (${capture.client}) is answered, streamed and not`, async () => {
    const expected = JSON.stringify(capture.body?.output_config ?? {}).includes('json_schema') ? title : answer;
    const stream = await streamed(yard, capture);
    assert.equal(textOf(stream), expected);
    assert.equal(stream.stop_reason, 'end_turn');
    const response = await replay(yard, capture, { stream: false });
    assert.equal(textOf(await readJson(response)), expected);
  });
}

for (const capture of captures.filter(({ path }) => path.includes('count_tokens'))) {
  test(`${capture.name} is counted`, async () => {
    const { input_tokens: tokens } = await readJson(await replay(yard, capture, {}));
    assert.ok(tokens > 0);
  });
}

for (const capture of captures.filter(({ method }) => method !== 'POST')) {
  test(`${capture.name} (${capture.method} ${capture.path}) is answered`, async () => {
    const headers = { 'x-api-key': yard.key };
    const response = await fetch(yard.url + capture.path, { method: capture.method, headers });
    assert.equal(response.status, 200);
  });
}

test('a later turn reads only what is new: uncached prompt tokens <= new tokens + 5 %', async (t) => {
  // A request without tools is a title or a search on the side.
  const turns = messages.filter(({ body }) => listOf(body?.tools).length > 1);
  const sessions = Object.values(Object.groupBy(turns, ({ file }) => file)).filter(isSession);
  assert.ok(sessions.length >= 5);
  for (const session of sessions) {
    let before = 0;
    const lines: string[] = [];
    for (const capture of session) {
      const { usage } = await streamed(yard, capture);
      const total = promptTokens(usage);
      const fresh = total - before;
      if (before > 0) {
        lines.push(`${usage.input_tokens} read, ${fresh} new of ${total}`);
        assert.ok(usage.input_tokens <= Math.ceil(fresh * 1.05), `${capture.name}: ${lines.at(-1)}`);
      }
      before = total;
    }
    t.diagnostic(`${session[0].file}: ${lines.join('; ')}`);
  }
});

test('the three shortest are answered by the real engine too', async () => {
  await using real = await startYard();
  const shortest = messages.toSorted((a, b) => bodyBytes(a) - bodyBytes(b)).slice(0, 3);
  for (const capture of shortest) {
    const message = await streamed(real, capture);
    assert.ok(message.content.length > 0, capture.name);
    assert.ok(promptTokens(message.usage) > 10);
  }
});

/** Recordings in which each request continues the one before. */
function isSession(requests: CapturedRequest[] | undefined): requests is [CapturedRequest, ...CapturedRequest[]] {
  const lengths = (requests ?? []).map(({ body }) => listOf(body?.messages).length);
  return lengths.length > 1 && lengths.every((length, index) => index === 0 || length > (lengths[index - 1] ?? 0));
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function promptTokens(usage: StreamedMessage['usage']): number {
  return usage.input_tokens + (usage.cache_read_input_tokens ?? 0);
}
