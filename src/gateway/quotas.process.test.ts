/** Limits of keys as clients meet them: headers, refusals, and what the SDK makes of both. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { type FakeAgent, fakeModel, startTestYard, type TestYard } from '../../test/support/test-yard.ts';
import { changeStore } from '../cli/administer-store.ts';
import type { KeyRules } from '../contract/quota.ts';

const ask = { model: 'fake-1b-q8', max_tokens: 50, messages: [{ role: 'user', content: 'Hello' }] } as const;
const quick = { ...fakeModel, slots: 256 };

const keyIdOf = (yard: TestYard): string => yard.key.replace(/^my_([0-9A-Za-z]{12})_.*$/, 'key_$1');
const limit = (yard: TestYard, rules: Partial<KeyRules>) => yard.store.keys.set(keyIdOf(yard), { rules });

/** Answers every offer. */
function answerAll(
  agent: FakeAgent,
  usage = { promptTokens: 10, cachedTokens: 4, outputTokens: 2, thinkingTokens: 0 },
) {
  void (async () => {
    for (;;) {
      const offer = await agent.next('offer');
      agent.accept(offer);
      agent.output(
        offer,
        { type: 'generation-start', promptTokens: usage.promptTokens, cachedTokens: usage.cachedTokens },
        { type: 'block-start', block: { kind: 'text' } },
        { type: 'block-delta', text: 'Hi' },
        { type: 'block-end' },
        { type: 'generation-end', stopReason: 'end-turn', stopSequence: null, usage },
      );
    }
    // Its link is closed when the test is over.
  })().catch(() => {});
}

const kinds = ['requests', 'tokens', 'input-tokens', 'output-tokens'] as const;

/** The twelve headers, all of them there and well formed. */
function standingOf({
  headers,
  status,
}: Response): Record<(typeof kinds)[number], { limit: number; remaining: number }> {
  const told = kinds.map((kind) => {
    const [most, remaining, reset] = ['limit', 'remaining', 'reset'].map(
      (what) => headers.get(`anthropic-ratelimit-${kind}-${what}`) ?? '',
    );
    assert.match(`${most} ${remaining}`, /^\d+ \d+$/, `${kind} of a ${status}`);
    assert.match(reset ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, `${kind} of a ${status}`);
    assert.ok(Number(remaining) <= Number(most));
    return [kind, { limit: Number(most), remaining: Number(remaining) }];
  });
  return Object.fromEntries(told);
}

test('the twelve headers are on every response for a message, and tell the truth', async () => {
  await using yard = await startTestYard();
  // So few that none comes back while the test runs.
  await limit(yard, { requestsPerMinute: 6, inputTokensPerMinute: 60_000, outputTokensPerMinute: 6_000 });
  const refusedEarly = await yard.post('/v1/messages', 'no JSON');
  assert.equal(refusedEarly.status, 400);
  assert.deepEqual(standingOf(refusedEarly).requests, { limit: 6, remaining: 6 });
  const compressed = await yard.post('/v1/messages', ask, { headers: { 'content-encoding': 'gzip' } });
  assert.equal(compressed.status, 400);
  standingOf(compressed);

  answerAll(await yard.connect('box', [quick]));
  const unknown = await yard.post('/v1/messages', { ...ask, model: 'nobody' });
  assert.equal(unknown.status, 404);
  standingOf(unknown);
  const whole = await yard.post('/v1/messages', ask);
  assert.equal(whole.status, 200);
  const during = standingOf(whole);
  assert.deepEqual(during.requests, { limit: 6, remaining: 5 });
  assert.ok(during['output-tokens'].remaining <= 6_000 - 50, 'what the answer may take is set aside');
  assert.equal(during.tokens.limit, 66_000);
  const streamed = await yard.post('/v1/messages', { ...ask, stream: true });
  await streamed.text();
  const after = standingOf(streamed);
  assert.deepEqual(after.requests, { limit: 6, remaining: 4 });

  const others = await fetch(`${yard.gateway.url}/v1/messages`, { method: 'POST', body: JSON.stringify(ask) });
  assert.equal(others.status, 401);
  assert.equal(others.headers.get('anthropic-ratelimit-requests-limit'), null, 'nothing is known of no key');
});

test('300 requests at once of 100 a minute: 100 are answered, 200 told when to come back', async () => {
  await using yard = await startTestYard();
  await limit(yard, { requestsPerMinute: 100 });
  // One at a time is refused by the queue at most: the limit must be the only one that counts.
  answerAll(await yard.connect('box', [quick]));
  const startedAtMs = Date.now();
  const responses = await Promise.all(Array.from({ length: 300 }, () => yard.post('/v1/messages', ask)));
  const cameBack = Math.ceil((Date.now() - startedAtMs) / 600);
  const counts = { 200: 0, 429: 0 } as Record<number, number>;
  for (const response of responses) {
    counts[response.status] = (counts[response.status] ?? 0) + 1;
    standingOf(response);
    if (response.status !== 429) continue;
    const ms = Number(response.headers.get('retry-after-ms'));
    assert.ok(ms > 0 && ms <= 660, `${ms} ms for one that comes back every 600`);
    assert.equal(response.headers.get('retry-after'), '1');
    assert.equal(response.headers.get('x-should-retry'), 'true');
  }
  const answered = counts[200] ?? 0;
  assert.ok(answered >= 100 && answered <= 100 + cameBack, `${answered} answered, ${cameBack} may have come back`);
  assert.equal(answered + (counts[429] ?? 0), 300, JSON.stringify(counts));
});

test('the SDK waits as long as a 429 says and then succeeds; a 402 it does not repeat', async () => {
  await using yard = await startTestYard();
  await limit(yard, { requestsPerMinute: 40 });
  answerAll(await yard.connect('box', [quick]));
  let attempts: {
    readonly status: number;
    readonly retryAfterMs: number;
    readonly askedMs: number;
    readonly toldMs: number;
  }[] = [];
  const client = new Anthropic({
    apiKey: yard.key,
    baseURL: yard.gateway.url,
    maxRetries: 3,
    async fetch(url, init) {
      const askedMs = performance.now();
      const response = await fetch(url, init);
      const retryAfterMs = Number(response.headers.get('retry-after-ms'));
      attempts.push({ status: response.status, retryAfterMs, askedMs, toldMs: performance.now() });
      return response;
    },
  });
  const create = () => client.messages.create({ ...ask, messages: [...ask.messages] });
  await Promise.all(Array.from({ length: 40 }, () => yard.post('/v1/messages', ask)));
  let message = await create();
  // Until a first try is refused: one comes back every 1.5 s.
  while (attempts.length === 1) {
    attempts = [];
    message = await create();
  }
  assert.deepEqual(message.content, [{ type: 'text', text: 'Hi' }]);
  const [first, second] = attempts;
  assert.deepEqual([first?.status, attempts.at(-1)?.status], [429, 200]);
  const waitedMs = (second?.askedMs ?? 0) - (first?.toldMs ?? 0);
  // A timer counts from when the present turn of a busy event loop began.
  assert.ok(waitedMs >= (first?.retryAfterMs ?? 0) - 100, `${waitedMs} ms of ${first?.retryAfterMs}`);

  await limit(yard, { requestsPerMinute: null, dailyTokens: 30 });
  attempts = [];
  const spent = await create().catch((error: unknown) => error);
  // What the first answers took counts for the day.
  assert.ok(spent instanceof Anthropic.APIError, String(spent));
  assert.deepEqual([spent.status, spent.type, attempts.length], [402, 'billing_error', 1]);
  assert.equal(spent.headers?.get('x-should-retry'), 'false');
  assert.equal(spent.headers?.get('retry-after'), null);
  assert.match(spent.message, /30 tokens per day.*metalyard keys set key_\w+ --daily-tokens N/);
});

test('requests at once are limited by those that have not ended, and a client that leaves makes room', async () => {
  await using yard = await startTestYard();
  await limit(yard, { concurrency: 1 });
  const agent = await yard.connect('box', [quick]);
  const leaving = new AbortController();
  const first = yard.post('/v1/messages', ask, { signal: leaving.signal });
  const offer = await agent.next('offer');
  agent.accept(offer);
  const second = await yard.post('/v1/messages', ask);
  assert.equal(second.status, 429);
  assert.match(await second.text(), /1 request at once/);
  standingOf(second);
  leaving.abort();
  await assert.rejects(first);
  await agent.next('cancel');
  answerAll(agent);
  assert.equal((await yard.post('/v1/messages', ask)).status, 200);
});

test('counting tokens takes nothing of the quota', async () => {
  await using yard = await startTestYard();
  await limit(yard, { requestsPerMinute: 1, inputTokensPerMinute: 1 });
  const agent = await yard.connect('box', [quick]);
  answerAll(agent);
  for (let turn = 0; turn < 3; turn += 1) {
    const { max_tokens: _none, ...body } = ask;
    const counting = yard.post('/v1/messages/count_tokens', body);
    const { countId } = await agent.next('count');
    agent.send({ type: 'counted', countId, result: { tokens: 12 } });
    assert.equal((await counting).status, 200);
  }
  assert.equal((await yard.post('/v1/messages', ask)).status, 200);
  assert.equal((await yard.post('/v1/messages', ask)).status, 429);
});

test('what another process sets holds when it has set it; an expired key says so', async () => {
  await using yard = await startTestYard();
  answerAll(await yard.connect('box', [quick]));
  assert.equal((await yard.post('/v1/messages', ask)).status, 200);
  const set = (rules: Partial<KeyRules>) =>
    changeStore({ dataDir: yard.directory }, ({ keys }) => keys.set(keyIdOf(yard), { rules }));
  await set({ requestsPerMinute: 5 });
  assert.equal(standingOf(await yard.post('/v1/messages', ask)).requests.limit, 5);
  await set({ dailyTokens: 1_000 });
  const told = standingOf(await yard.post('/v1/messages', 'no JSON')).tokens;
  assert.deepEqual(told, { limit: 1_000, remaining: 1_000 - 2 * 8 }, 'what was used before counts');
  await set({ dailyTokens: null });
  await set({ expiresAtMs: Date.now() - 1 });
  const expired = await yard.post('/v1/messages', ask);
  assert.equal(expired.status, 401);
  assert.equal(expired.headers.get('x-should-retry'), 'false');
  assert.match(await expired.text(), /invalid x-api-key: this key expired at 20\d\d-/);
  await set({ expiresAtMs: null });
  assert.equal((await yard.post('/v1/messages', ask)).status, 200);
});

test('an attempt that came to nothing costs the client nothing, a client that leaves pays for what was made', async () => {
  await using yard = await startTestYard();
  await limit(yard, { dailyTokens: 100_000 });
  const agent = await yard.connect('box', [quick]);
  const answering = yard.post('/v1/messages', ask);
  const lost = await agent.next('offer');
  agent.accept(lost);
  agent.output(
    lost,
    { type: 'generation-start', promptTokens: 500, cachedTokens: 0 },
    { type: 'generation-error', error: { code: 'engine_failed', message: 'The engine failed.' } },
  );
  const again = await agent.next('offer');
  agent.accept(again);
  const usage = { promptTokens: 500, cachedTokens: 0, outputTokens: 20, thinkingTokens: 0 };
  agent.output(
    again,
    { type: 'generation-start', promptTokens: 500, cachedTokens: 0 },
    { type: 'generation-end', stopReason: 'end-turn', stopSequence: null, usage },
  );
  assert.equal((await answering).status, 200);

  const leaving = new AbortController();
  const left = await (async () => {
    const streaming = yard.post('/v1/messages', { ...ask, stream: true }, { signal: leaving.signal });
    const offer = await agent.next('offer');
    agent.accept(offer);
    agent.output(
      offer,
      { type: 'generation-start', promptTokens: 300, cachedTokens: 200 },
      { type: 'block-start', block: { kind: 'text' } },
      { type: 'block-delta', text: 'x'.repeat(400) },
    );
    return streaming;
  })();
  assert.equal(left.status, 200);
  leaving.abort();
  await agent.next('cancel');
  const refused = await yard.post('/v1/messages', 'no JSON');
  assert.equal(standingOf(refused).tokens.remaining, 100_000 - 520 - 200);
});

test('an accept of an attempt that is not the one that counts changes nothing of what a leaving client pays', async () => {
  await using yard = await startTestYard();
  await limit(yard, { dailyTokens: 100_000 });
  const agent = await yard.connect('box', [quick]);
  const leaving = new AbortController();
  const streaming = yard.post('/v1/messages', { ...ask, stream: true }, { signal: leaving.signal });
  const offer = await agent.next('offer');
  agent.accept(offer);
  agent.output(
    offer,
    { type: 'generation-start', promptTokens: 300, cachedTokens: 200 },
    { type: 'block-start', block: { kind: 'text' } },
    { type: 'block-delta', text: 'first', tokens: [1, 2] },
  );
  const { requestId, attempt } = offer;
  agent.send({ type: 'accept', requestId, attempt: attempt + 1, promptTokens: 50_000, window: 60_000, maxTokens: 50 });
  agent.output(offer, { type: 'block-delta', text: 'later', tokens: [3, 4, 5] });
  const reader = (await streaming).body?.getReader();
  const decoder = new TextDecoder();
  // What came behind it was shown, so it was heard.
  for (let seen = ''; !seen.includes('later'); ) seen += decoder.decode((await reader?.read())?.value);
  leaving.abort();
  await agent.next('cancel');
  const refused = await yard.post('/v1/messages', 'no JSON');
  // By the ids the machine told, where it tells any.
  assert.equal(standingOf(refused).tokens.remaining, 100_000 - 100 - 5);
});
