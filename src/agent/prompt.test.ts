import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RawEngine } from '../contract/engine/raw.ts';
import { generation, shippedModel, shippedTemplate } from '../translate/prompt/fixtures/model.ts';
import { preparePrompt } from './prompt.ts';

/** An engine of 4,096 tokens, none of which stands for more than 16 bytes; every token it counts is 4 characters. */
function countingEngine() {
  let tokenized = 0;
  const engine: RawEngine = {
    model: {
      ...shippedModel,
      window: 4_096,
      slots: 1,
      trainedWindow: 4_096,
      longestTokenBytes: 16,
      build: 'none',
      loadMs: 0,
    },
    closed: new Promise(() => {}),
    async tokenize(segments) {
      tokenized += 1;
      return new Uint32Array(Math.ceil(segments.reduce((sum, { text }) => sum + text.length, 0) / 4));
    },
    generate: () => assert.fail('only counted here'),
    close: async () => {},
  };
  return { model: { engine, template: shippedTemplate, sampling: {} }, tokenized: () => tokenized };
}

const asking = (chars: number) => ({
  ...generation(),
  messages: [{ role: 'user' as const, text: 'x'.repeat(chars) }],
  maxTokens: 100,
});
const patience = new AbortController().signal;

test('a prompt that cannot fit however it is cut is declined before the engine is asked', async () => {
  const { model, tokenized } = countingEngine();
  const result = await preparePrompt(model, asking(1_000_000), patience);
  assert.equal(tokenized(), 0);
  assert.ok(!result.ok && result.reason.code === 'context-overflow');
  assert.ok(result.reason.tokens >= 62_500, 'as many tokens as there must be at least');
  assert.equal(result.reason.maximum, 3_996);
});

test('a prompt that might fit is counted', async () => {
  const { model, tokenized } = countingEngine();
  const result = await preparePrompt(model, asking(30_000), patience);
  assert.equal(tokenized(), 1);
  assert.ok(!result.ok && result.reason.code === 'context-overflow');
  assert.ok(result.reason.tokens > 7_500 && result.reason.tokens < 7_600, 'the exact count');
});

test('who asks for a count gets the exact one, however long the prompt', async () => {
  const { model, tokenized } = countingEngine();
  const result = await preparePrompt(model, asking(1_000_000), patience, 'count');
  assert.equal(tokenized(), 1);
  assert.ok(!result.ok && result.reason.code === 'context-overflow' && result.reason.tokens > 250_000);
});
