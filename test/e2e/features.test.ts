/** Rarer parts of the Messages API through the whole path; the engine plays a script. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { pdf } from '../../src/gateway/http/fixtures/pdf.ts';
import { ask, type Body, readJson, turn } from '../support/ask.ts';
import { readStream, textOf } from '../support/read-stream.ts';
import { startYard, type Yard } from '../support/start-yard.ts';

let yard: Yard;
before(async () => {
  yard = await startYard({
    engine: {
      rules: [
        { prompt: 'Not available in this conversation: web_search', say: 'Web search is not available here.' },
        { prompt: 'The plum costs 7 crowns.', say: 'Seven crowns.' },
        { lastTurn: 'riddle', say: 'Snow.', thought: 'It melts.' },
      ],
      otherwise: 'fine',
    },
  });
});
after(() => yard?.stop());

const document = (data: string) => ({
  type: 'document',
  title: 'Price list',
  source: { type: 'base64', media_type: 'application/pdf', data },
});
const withDocument = (data: string): Body =>
  turn(yard.model, '', {
    messages: [{ role: 'user', content: [document(data), { type: 'text', text: 'What does the plum cost?' }] }],
  });

test('max_tokens 0 reads the prompt and says what it costs', async () => {
  const body = turn(yard.model, 'A prompt to be read before it is needed.', { max_tokens: 0 });
  const { input_tokens } = await readJson(await ask(yard, body, { path: '/v1/messages/count_tokens' }));
  const first = await readJson(await ask(yard, body));
  assert.deepEqual([first.content, first.stop_reason], [[], 'max_tokens']);
  assert.equal(first.usage.input_tokens + first.usage.cache_read_input_tokens, input_tokens);
  assert.equal(first.usage.output_tokens, 0);
  const streamed = await readStream(await ask(yard, { ...body, stream: true }));
  assert.deepEqual([streamed.content, streamed.stop_reason], [[], 'max_tokens']);
  assert.ok((streamed.usage.cache_read_input_tokens ?? 0) >= input_tokens - 1, 'it has been read before');
});

test('omitted thinking leaves an empty block with a signature, which may come back', async () => {
  const thinking = { type: 'enabled', budget_tokens: 1024, display: 'omitted' };
  const body = turn(yard.model, 'A riddle!', { thinking, max_tokens: 2000 });
  const messages = [
    await readJson(await ask(yard, body)),
    await readStream(await ask(yard, { ...body, stream: true })),
  ];
  for (const { content, usage } of messages) {
    assert.deepEqual(
      content.map(({ type }: { type: string }) => type),
      ['thinking', 'text'],
    );
    assert.equal(content[0].thinking, '');
    assert.match(content[0].signature, /^metalyard1\./);
    assert.ok(usage.output_tokens_details.thinking_tokens > 0, 'it counts all the same');
    const history = [
      ...(body.messages as object[]),
      { role: 'assistant', content },
      { role: 'user', content: 'Hello' },
    ];
    const again = await ask(yard, { ...body, thinking: null, messages: history });
    assert.equal(textOf(await readJson(again)), 'fine');
    assert.equal(again.headers.get('x-metalyard-notes'), null, 'the signature is ours');
  }
});

test('a PDF is read for its text; a scan and a broken file are refused by name', async () => {
  const response = await ask(yard, withDocument(pdf(['Price list', 'The plum costs 7 crowns.'])));
  assert.equal(textOf(await readJson(response)), 'Seven crowns.');
  assert.match(response.headers.get('x-metalyard-notes') ?? '', /pictures and layout were left out/);
  const faults = [
    [pdf(['']), /^messages\.0\.content\.0\.document\.source: this PDF holds no text/],
    [Buffer.from('no PDF at all').toString('base64'), /^messages\.0\.content\.0\.document\.source: this is not a PDF/],
  ] as const;
  for (const [data, message] of faults) {
    const { error } = await readJson(await ask(yard, withDocument(data)), 400);
    assert.match(error.message, message);
    assert.equal(error.type, 'invalid_request_error');
  }
  const counted = await ask(yard, withDocument(pdf(['The plum costs 7 crowns.'])), {
    path: '/v1/messages/count_tokens',
  });
  assert.ok((await readJson(counted)).input_tokens > 10);
});

test('a search of its own, as Claude Code sends it, is answered in plain text', async () => {
  const body = turn(yard.model, 'Perform a web search for the query: plums', {
    stream: true,
    tools: [{ type: 'web_search_20250305', name: 'web_search', max_uses: 8 }],
    tool_choice: { type: 'auto' },
  });
  const response = await ask(yard, body);
  assert.match(response.headers.get('x-metalyard-notes') ?? '', /web_search was left out/);
  const message = await readStream(response);
  assert.equal(textOf(message), 'Web search is not available here.');
  assert.equal(message.stop_reason, 'end_turn');
});

test('an answer that is given less room than was asked for is said to be', async () => {
  for (const stream of [true, false]) {
    const response = await ask(yard, turn(yard.model, 'Hello', { stream, max_tokens: 1_000_000 }));
    assert.match(
      response.headers.get('x-metalyard-notes') ?? '',
      /max_tokens: \d+ instead of 1000000: the window holds \d+, the prompt has \d+/,
    );
    await response.text();
  }
});

test('what is absent is told to an SDK as it expects it', async () => {
  const client = new Anthropic({ baseURL: yard.url, apiKey: yard.key, maxRetries: 2 });
  await assert.rejects(client.messages.batches.retrieve('msgbatch_1'), (error: unknown) => {
    assert.ok(error instanceof Anthropic.NotFoundError);
    assert.match(error.message, /Message batches are not available/);
    return true;
  });
});
