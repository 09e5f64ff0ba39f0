import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { allTraits } from '../../contract/anthropic/features/features.ts';
import type { MessagesRequest } from '../../contract/anthropic/request.ts';
import type { ApiError, ErrorCode } from '../../contract/errors.ts';
import { limits } from '../../contract/limits.ts';
import { judgeFeatures } from './judge-features.ts';
import { readMessagesRequest } from './read-request.ts';

const hello = { role: 'user', content: 'Hello' };
const base = { model: 'yard', max_tokens: 100, messages: [hello] };
const withMessages = (...messages: unknown[]) => ({ ...base, messages });
const user = (...content: unknown[]) => ({ role: 'user', content });
const assistant = (...content: unknown[]) => ({ role: 'assistant', content });
const call = (id: string, input: unknown = {}) => ({ type: 'tool_use', id, name: 'find', input });
const result = (id: string, content: unknown = 'found') => ({ type: 'tool_result', tool_use_id: id, content });
const text = (words: string) => ({ type: 'text', text: words });
const tool = (name: string, extra: object = {}) => ({ name, input_schema: { type: 'object' }, ...extra });
const without = (key: string) => Object.fromEntries(Object.entries(base).filter(([name]) => name !== key));

type Refusal = [sentence: string, body: unknown, message: string, code?: ErrorCode];

const shapes: Refusal[] = [
  [
    'an output format of another kind',
    { ...base, output_config: { format: { type: 'xml' } } },
    "output_config.format.type: Input should be 'json_schema'",
  ],
  ['max_tokens is required', without('max_tokens'), 'max_tokens: Field required'],
  ['model is required', without('model'), 'model: Field required'],
  ['messages are required', without('messages'), 'messages: Field required'],
  [
    'at least one message is required',
    withMessages(),
    'messages: List should have at least 1 item after validation, not 0',
  ],
  ['max_tokens is a whole number', { ...base, max_tokens: 1.5 }, 'max_tokens: Input should be a valid integer'],
  ['max_tokens is not negative', { ...base, max_tokens: -1 }, 'max_tokens: Input should be greater than or equal to 0'],
  ['stream is a boolean', { ...base, stream: 'yes' }, 'stream: Input should be a valid boolean'],
  [
    'a role is one of three',
    withMessages({ ...hello, role: 'tool' }),
    "messages.0.role: Input should be 'user', 'assistant' or 'system'",
  ],
  [
    'content is text or blocks',
    withMessages({ role: 'user', content: 5 }),
    'messages.0.content: Input should be a valid string',
  ],
  [
    'the text of a text block is text',
    withMessages(user(text('a'), { type: 'text', text: 5 })),
    'messages.0.content.1.text.text: Input should be a valid string',
  ],
  ['a block has a type', withMessages(user({ text: 'a' })), 'messages.0.content.0.type: Field required'],
  [
    'the input of a call is an object',
    withMessages(hello, assistant(call('a', '{}'))),
    'messages.1.content.0.tool_use.input: Input should be a valid dictionary',
  ],
  ['a tool has a name', { ...base, tools: [{ input_schema: {} }] }, 'tools.0.custom.name: Field required'],
  [
    'a tool name is plain',
    { ...base, tools: [tool('a b')] },
    "tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'",
  ],
  ['a custom tool has a schema', { ...base, tools: [{ name: 'a' }] }, 'tools.0.custom.input_schema: Field required'],
  [
    'a tool schema describes an object',
    { ...base, tools: [{ name: 'a', input_schema: { type: 'string' } }] },
    "tools.0.custom.input_schema.type: Input should be 'object'",
  ],
  [
    'a forced tool is named',
    { ...base, tools: [tool('a')], tool_choice: { type: 'tool' } },
    'tool_choice.tool.name: Field required',
  ],
  [
    'a tool choice has one of four forms',
    { ...base, tool_choice: { type: 'some' } },
    "tool_choice.type: Input should be 'auto', 'any', 'tool' or 'none'",
  ],
  ['the system prompt is text', { ...base, system: [{ type: 'image' }] }, "system.0.type: Input should be 'text'"],
  ['the body is an object', [], 'Input should be a valid dictionary'],
];

const meanings: Refusal[] = [
  [
    'a result without its call',
    withMessages(hello, assistant(text('ok')), user(text('a'), result('toolu_X'))),
    'messages.2.content.1: unexpected `tool_use_id` found in `tool_result` blocks: toolu_X. Each `tool_result` block must have a corresponding `tool_use` block in the previous message.',
  ],
  [
    'a result of a call two turns ago',
    withMessages(hello, assistant(call('a')), user(result('a')), assistant(text('ok')), user(result('a'))),
    'messages.4.content.0: unexpected `tool_use_id` found in `tool_result` blocks: a. Each `tool_result` block must have a corresponding `tool_use` block in the previous message.',
  ],
  [
    'calls without results',
    withMessages(hello, assistant(call('toolu_A'), call('toolu_B'), call('toolu_C')), user(result('toolu_B'))),
    'messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_A, toolu_C. Each `tool_use` block must have a corresponding `tool_result` block in the next message.',
  ],
  [
    'a call as the last word',
    withMessages(hello, assistant(call('toolu_A'))),
    'messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_A. Each `tool_use` block must have a corresponding `tool_result` block in the next message.',
  ],
  [
    'two calls of one id',
    withMessages(hello, assistant(call('a'), call('a')), user(result('a'))),
    'messages.1.content.1: `tool_use` ids must be unique',
  ],
  [
    'two calls of one id in different turns',
    withMessages(hello, assistant(call('a')), user(result('a')), assistant(call('a')), user(result('a'))),
    'messages.3.content.0: `tool_use` ids must be unique',
  ],
  [
    'two results of one call',
    withMessages(hello, assistant(call('a')), user(result('a'), result('a'))),
    'messages.2.content.1: each tool_use must have a single result. Found multiple `tool_result` blocks with id: a',
  ],
  [
    'a call by the user',
    withMessages(user(call('a'))),
    'messages.0.content.0: `tool_use` blocks can only be in `assistant` messages',
  ],
  [
    'a result by the assistant',
    withMessages(hello, assistant(result('a'))),
    'messages.1.content.0: `tool_result` blocks can only be in `user` messages',
  ],
  ['tools of one name', { ...base, tools: [tool('a'), tool('a')] }, 'tools: Tool names must be unique.'],
  ['an empty text block', withMessages(user(text(''))), 'messages: text content blocks must be non-empty'],
  [
    'an empty text block with a cache breakpoint',
    withMessages(hello, assistant(text('a')), user({ ...text(''), cache_control: { type: 'ephemeral' } })),
    'messages.2.content.0.text: cache_control cannot be set for empty text blocks',
  ],
  [
    'an empty user message',
    withMessages(user()),
    'messages.0: all messages must have non-empty content except for the optional final assistant message',
  ],
  [
    'a prefill that ends in whitespace',
    withMessages(hello, assistant(text('The answer is '))),
    'messages: final assistant content cannot end with trailing whitespace',
  ],
  [
    'a prefill that ends in thinking',
    withMessages(hello, assistant({ type: 'thinking', thinking: 'hm', signature: '' })),
    'messages.1: The final block in an assistant message cannot be `thinking`.',
  ],
  [
    'a budget that is too small',
    { ...base, thinking: { type: 'enabled', budget_tokens: 1000 } },
    'thinking.enabled.budget_tokens: Input should be greater than or equal to 1024',
  ],
  [
    'a budget beyond max_tokens',
    { ...base, max_tokens: 2000, thinking: { type: 'enabled', budget_tokens: 2000 } },
    '`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking#max-tokens-and-thinking-budget',
  ],
  ['a temperature above 1', { ...base, temperature: 1.5 }, 'temperature: range: 0..1'],
  ['a negative top_p', { ...base, top_p: -0.1 }, 'top_p: range: 0..1'],
  ['a negative top_k', { ...base, top_k: -1 }, 'top_k: Input should be greater than or equal to 0'],
  [
    'an empty stop sequence',
    { ...base, stop_sequences: ['x', ''] },
    'stop_sequences: each stop sequence must contain non-whitespace',
  ],
  [
    'forcing a tool that was not sent',
    { ...base, tools: [tool('a')], tool_choice: { type: 'tool', name: 'b' } },
    'tool_choice.tool.name: no tool of this name was provided in `tools`',
  ],
  [
    'forcing any tool with none sent',
    { ...base, tools: [], tool_choice: { type: 'any' } },
    'tool_choice: tools must be provided when tool_choice asks for one',
  ],
  [
    'an unknown block of the user',
    withMessages(user({ type: 'hologram' })),
    "messages.0.content.0: Input tag found using 'type' does not match any of the expected tags: 'text', 'image', 'document', 'search_result', 'tool_result'",
  ],
];

const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } };
const unsupported: [sentence: string, body: unknown, message: RegExp][] = [
  ['an image', withMessages(user(text('a'), image)), /^messages\.0\.content\.1\.image: image .*Remove the image/],
  [
    'a document at an address',
    withMessages(user({ type: 'document', source: { type: 'url', url: 'https://x' } })),
    /^messages\.0\.content\.0\.document\.source: .*Send the document itself/,
  ],
  [
    'a file for code execution',
    withMessages(user({ type: 'container_upload', file_id: 'f' })),
    /^messages\.0\.content\.0: container_upload/,
  ],
  ['MCP servers', { ...base, mcp_servers: [{ url: 'https://x' }] }, /^mcp_servers: .*at the client/],
  ['compaction', { ...base, compaction: { type: 'summarize' } }, /^compaction: /],
  ['threads', { ...base, thread: { type: 'create' } }, /^thread: .*whole conversation/],
  [
    'computer use',
    { ...base, tools: [{ type: 'computer_20250124', name: 'computer' }] },
    /^tools\.0\.type: .*screenshots/,
  ],
  [
    'an unknown typed tool',
    { ...base, tools: [{ type: 'teleport_20270101', name: 't' }] },
    /^tools\.0\.type: .*custom tool/,
  ],
];

const accepted: [sentence: string, body: object][] = [
  ['the smallest request', base],
  ['max_tokens 0, to warm a cache', { ...base, max_tokens: 0 }],
  [
    'fields no public type knows',
    { ...base, safeguards: [{ type: 'dangerous_tool_use' }], speed: 'fast', inference_geo: 'eu' },
  ],
  ['every form of thinking', { ...base, thinking: { type: 'telepathic', display: 'updates', block_binding: {} } }],
  ['thinking that is null', { ...base, thinking: null, system: null, tools: null, tool_choice: null, metadata: null }],
  ['an empty list of tools', { ...base, tools: [] }],
  ['consecutive messages of one role', withMessages(hello, hello, assistant(text('a')), assistant(text('b')))],
  ['an assistant who speaks first', withMessages(assistant(text('a')), hello)],
  [
    'system messages anywhere',
    withMessages({ role: 'system', content: 'a' }, hello, { role: 'system', content: [text('b')] }),
  ],
  [
    'a system message between a call and its result',
    withMessages(hello, assistant(call('a')), { role: 'system', content: 'x' }, user(result('a'))),
  ],
  [
    'results in any order, beside text',
    withMessages(hello, assistant(call('a'), call('b')), user(result('b'), text('x'), result('a'))),
  ],
  ['an image inside a tool result', withMessages(hello, assistant(call('a')), user(result('a', [image])))],
  ['an empty tool result', withMessages(hello, assistant(call('a')), user({ type: 'tool_result', tool_use_id: 'a' }))],
  ['an assistant turn without content', withMessages(hello, assistant(), hello)],
  ['unknown blocks in the history', withMessages(hello, assistant({ type: 'hologram' }, text('a')), hello)],
  [
    'thinking with an empty signature',
    withMessages(hello, assistant({ type: 'thinking', thinking: 'hm', signature: '' }, text('a')), hello),
  ],
  [
    'documents that carry their text',
    withMessages(
      user({ type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'x' }, title: null }),
    ),
  ],
  ['tools Anthropic defines for clients', { ...base, tools: [{ type: 'bash_20250124', name: 'bash' }] }],
  ['tools Anthropic runs', { ...base, tools: [{ type: 'web_search_20250305', name: 'web_search', max_uses: 8 }] }],
  ['a manual budget without a figure', { ...base, thinking: { type: 'enabled' } }],
];

describe('a body with a wrong shape is refused in the words of the real API:', () => {
  for (const refusal of shapes) it(refusal[0], () => assertRefused(refusal));
});
describe('a body without meaning is refused in the words of the real API:', () => {
  for (const refusal of meanings) it(refusal[0], () => assertRefused(refusal));
});
describe('what cannot be served is named, with the way out:', () => {
  for (const [sentence, body, message] of unsupported) {
    it(sentence, () => {
      const error = refusal(body);
      assert.equal(error?.code, 'unsupported_feature');
      assert.match(error?.message ?? '', message);
    });
  }
});
describe('accepted:', () => {
  for (const [sentence, body] of accepted) {
    it(sentence, () => assert.deepEqual(readMessagesRequest(body, { purpose: 'create' }), { ok: true, request: body }));
  }
});

/** What a request is refused with, by its shape, its meaning or the feature table. */
function refusal(body: unknown): ApiError | undefined {
  const read = readMessagesRequest(body, { purpose: 'create' });
  if (!read.ok) return read.error;
  const judged = judgeFeatures(read.request, { ...allTraits, vision: false });
  return judged.ok ? undefined : judged.error;
}

function assertRefused([, body, message, code = 'invalid_request']: Refusal): void {
  assert.deepEqual(readMessagesRequest(body, { purpose: 'create' }), { ok: false, error: { code, message } });
}

describe('limits', () => {
  it('count the tools a model is shown, not the deferred ones', () => {
    const tools = (count: number, extra: object, prefix = 'shown') =>
      Array.from({ length: count }, (_, i) => tool(`${prefix}${i}`, extra));
    const many = [...tools(limits.tools, {}), ...tools(300, { defer_loading: true }, 'hidden')];
    assert.equal(readMessagesRequest({ ...base, tools: many }, { purpose: 'create' }).ok, true);
    const read = readMessagesRequest({ ...base, tools: tools(limits.tools + 1, {}) }, { purpose: 'create' });
    assert.match(read.ok ? '' : read.error.message, /^tools: 129 tools/);
  });

  it('hold for the schema of one tool', () => {
    const schema = { type: 'object', description: 'x'.repeat(limits.toolSchemaBytes) };
    const read = readMessagesRequest({ ...base, tools: [{ name: 'a', input_schema: schema }] }, { purpose: 'create' });
    assert.match(read.ok ? '' : read.error.message, /^tools\.0\.custom\.input_schema: .*64 KiB/);
  });

  it('hold for stop sequences', () => {
    const read = readMessagesRequest({ ...base, stop_sequences: Array(17).fill('x') }, { purpose: 'create' });
    assert.equal(
      read.ok ? '' : read.error.message,
      'stop_sequences: List should have at most 16 items after validation, not 17',
    );
  });
});

describe('a body to count', () => {
  it('needs no max_tokens, and is read as max_tokens 0', () => {
    const read = readMessagesRequest({ model: 'yard', messages: [hello], tools: [] }, { purpose: 'count' });
    assert.ok(read.ok);
    assert.equal(read.request.max_tokens, 0);
  });

  it('may be the body of the request itself', () => {
    const read = readMessagesRequest({ ...base, stream: true, temperature: 7 }, { purpose: 'count' });
    assert.ok(read.ok);
    assert.deepEqual(read.request satisfies MessagesRequest, {
      ...read.request,
      model: 'yard',
      messages: [hello],
      max_tokens: 0,
    });
    assert.equal('temperature' in read.request, false);
  });

  it('is checked like any other', () => {
    const read = readMessagesRequest({ model: 'yard', messages: [user(text(''))] }, { purpose: 'count' });
    assert.deepEqual(read, {
      ok: false,
      error: { code: 'invalid_request', message: 'messages: text content blocks must be non-empty' },
    });
  });
});

describe('errors', () => {
  it('repeat no text of the client', () => {
    const secret = 'hunter2 is my password';
    const bodies = [
      withMessages({ role: secret, content: secret }),
      withMessages(user({ type: secret, text: secret })),
      withMessages(hello, assistant(call(secret)), user(result(`${secret}!`))),
      { ...base, tools: [tool(secret)] },
      { ...base, tool_choice: { type: secret } },
      { ...base, tools: [{ type: secret, name: 'a' }] },
    ];
    for (const body of bodies) {
      const error = refusal(body);
      assert.ok(error);
      assert.doesNotMatch(error.message, /hunter/);
    }
  });
});
