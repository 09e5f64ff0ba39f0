import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GenerationEvent, GenerationUsage } from '../contract/generation/events.ts';
import { believed, believedPrompt } from './believed.ts';

const asked = { estimatedTokens: 1_000, maxTokens: 200 };
const end = (usage: GenerationUsage): GenerationEvent => ({
  type: 'generation-end',
  stopReason: 'end-turn',
  stopSequence: null,
  usage,
});

test('what can be true is told as it came', () => {
  const events: GenerationEvent[] = [
    { type: 'generation-start', promptTokens: 3_000, cachedTokens: 3_000 },
    { type: 'block-delta', text: 'a' },
    end({ promptTokens: 3_000, cachedTokens: 0, outputTokens: 200, thinkingTokens: 200 }),
  ];
  for (const event of events) assert.equal(believed(event, asked), event);
});

test('no more is cached than was read, and no more was thought than written', () => {
  const told = end({ promptTokens: 900, cachedTokens: 5_000, outputTokens: 100, thinkingTokens: 101 });
  const usage = { promptTokens: 900, cachedTokens: 900, outputTokens: 100, thinkingTokens: 100 };
  assert.deepEqual(believed(told, asked), end(usage));
});

test('an answer has no more tokens than it may have', () => {
  const told = end({ promptTokens: 900, cachedTokens: 0, outputTokens: 1e9, thinkingTokens: 1e9 });
  const usage = { promptTokens: 900, cachedTokens: 0, outputTokens: 200, thinkingTokens: 200 };
  assert.deepEqual(believed(told, asked), end(usage));
});

test('a prompt is no longer than it could be', () => {
  const start: GenerationEvent = { type: 'generation-start', promptTokens: 1e12, cachedTokens: 1e12 };
  const most = 4_096 + 8_000;
  assert.equal(believedPrompt(1e12, asked), most);
  assert.deepEqual(believed(start, asked), { ...start, promptTokens: most, cachedTokens: most });
});
