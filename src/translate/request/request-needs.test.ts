import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MessagesRequest } from '../../contract/anthropic/request.ts';
import { noNeeds } from '../../contract/generation/request-needs.ts';
import { readMessagesRequest } from './read-request.ts';
import { requestNeeds } from './request-needs.ts';

const tool = { name: 'look', input_schema: { type: 'object' } };
const picture = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: '' } };
const call = { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'look', input: {} }] };
const result = (content: unknown) => ({ role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content }] });

function needsOf(change: object) {
  const body = { model: 'auto', max_tokens: 0, messages: [{ role: 'user', content: 'Hello' }], ...change };
  const read = readMessagesRequest(body, { purpose: 'create' });
  assert.ok(read.ok, JSON.stringify(read));
  return requestNeeds(read.request satisfies MessagesRequest, 0);
}

describe('a request needs', () => {
  const stories: Readonly<Record<string, readonly [request: object, needs: object]>> = {
    'nothing for a few words': [{}, {}],
    'room for the answer it asks for': [{ max_tokens: 32_000 }, { maxTokens: 32_000 }],
    'tools, when it has some': [{ tools: [tool] }, { tools: true }],
    'no tools, when the list is empty': [{ tools: [] }, {}],
    'no tools, when none is to be called': [{ tools: [tool], tool_choice: { type: 'none' } }, {}],
    'eyes for a picture': [{ messages: [{ role: 'user', content: [picture] }] }, { vision: true }],
    'no eyes for a picture that a tool has found: a sentence takes its place': [
      { messages: [{ role: 'user', content: 'Look' }, call, result([picture])], tools: [tool] },
      { vision: false, tools: true },
    ],
    'nothing for blocks of which only the kind is known, whatever they hold': [
      {
        messages: [
          { role: 'user', content: 'Look' },
          { role: 'assistant', content: [{ type: 'later_kind', content: [null, 7, { source: null }] }] },
        ],
      },
      {},
    ],
    'no eyes for what a tool has said': [{ messages: [{ role: 'user', content: 'Look' }, call, result('a cat')] }, {}],
    'reasoning, when it is asked for': [
      { max_tokens: 9_000, thinking: { type: 'adaptive' } },
      { maxTokens: 9_000, thinking: true },
    ],
    'no reasoning, when it is turned off': [{ thinking: { type: 'disabled' } }, {}],
  };
  for (const [sentence, [request, needs]] of Object.entries(stories)) {
    test(sentence, () => assert.deepEqual(needsOf(request), { ...noNeeds, ...needs }));
  }
});
