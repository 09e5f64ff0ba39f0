/** Pictures in the two forms chat servers take them in. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChatDialect } from '../../contract/engine/chat.ts';
import type { Picture, PromptMessage } from '../../contract/generation/request.ts';
import { onePixel } from '../pictures/fixtures/one-pixel.ts';
import { generation } from '../prompt/fixtures/model.ts';
import { chatBody } from './chat-body.ts';
import { openAi } from './fixtures/dialect.ts';

const messagesOf = (messages: readonly PromptMessage[], wire: ChatDialect['wire']): unknown =>
  chatBody(generation({ messages }), {
    dialect: { ...openAi, wire },
    model: 'seer',
    maxTokens: 10,
    window: 4_096,
    thinks: false,
    scope: '',
  }).messages;
const pixel = (at: number): Picture => ({ mediaType: 'image/png', width: 1, height: 1, data: onePixel, at });
const part = { type: 'image_url', image_url: { url: `data:image/png;base64,${onePixel}` } };
const text = (words: string) => ({ type: 'text', text: words });

test('a picture stands where it stood between the words', () => {
  const said: PromptMessage = { role: 'user', text: 'First:\n\nSecond:', pictures: [pixel(6), pixel(15)] };
  assert.deepEqual(messagesOf([said], 'openai'), [
    { role: 'user', content: [text('First:'), part, text('Second:'), part] },
  ]);
  assert.deepEqual(messagesOf([said], 'ollama'), [
    { role: 'user', content: 'First:\n\nSecond:', images: [onePixel, onePixel] },
  ]);
});

test('pictures of results come first in what the user says next, or in a message of their own', () => {
  const call: PromptMessage = { role: 'assistant', text: '', toolCalls: [{ id: 'a', name: 'look', input: {} }] };
  const result: PromptMessage = {
    role: 'tool',
    toolCallId: 'a',
    toolName: 'look',
    text: '[An image]',
    isError: false,
    pictures: [pixel(0)],
  };
  const seen = messagesOf([call, result, { role: 'user', text: 'Well?' }], 'openai') as unknown[];
  assert.deepEqual(seen.at(-1), { role: 'user', content: [part, text('Well?')] });
  const alone = messagesOf([call, result], 'openai') as unknown[];
  assert.deepEqual(alone.at(-1), { role: 'user', content: [part, text('The images of the results above.')] });
  const later = messagesOf([call, result, { role: 'assistant', text: 'I see.' }], 'openai') as { role: string }[];
  assert.deepEqual(
    later.map(({ role }) => role),
    ['assistant', 'tool', 'user', 'assistant'],
  );
});
