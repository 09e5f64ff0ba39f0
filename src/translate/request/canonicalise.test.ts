import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { MessagesRequest } from '../../contract/anthropic/request.ts';
import type { GenerationRequest, PromptMessage } from '../../contract/generation/request.ts';
import { type CanonicalForm, canonicalise } from './canonicalise.ts';
import { conversation } from './fixtures/arbitrary-conversation.ts';
import { readMessagesRequest } from './read-request.ts';

const hello = { role: 'user', content: 'Hello' };
const text = (words: string) => ({ type: 'text', text: words });
const user = (...content: unknown[]) => ({ role: 'user', content });
const assistant = (...content: unknown[]) => ({ role: 'assistant', content });
const call = (id: string, name = 'find') => ({ type: 'tool_use', id, name, input: { of: id } });
const result = (id: string, content: unknown = `found ${id}`, extra: object = {}) => ({
  type: 'tool_result',
  tool_use_id: id,
  content,
  ...extra,
});
const schema = { type: 'object', properties: {} };
const tool = (name: string, extra: object = {}) => ({
  name,
  description: `Does ${name}.`,
  input_schema: schema,
  ...extra,
});
const defined = (name: string) => ({ name, description: `Does ${name}.`, inputSchema: schema, strict: false });

function form(body: object): CanonicalForm {
  const read = readMessagesRequest(
    { model: 'yard', max_tokens: 100, messages: [hello], ...body },
    { purpose: 'create' },
  );
  assert.ok(read.ok, read.ok ? '' : read.error.message);
  return canonicalise(read.request);
}
const messagesOf = (body: object): readonly PromptMessage[] => form(body).request.messages;
const says = (words: string): PromptMessage => ({ role: 'user', text: words });

describe('messages in canonical form', () => {
  const cases: [sentence: string, body: object, messages: readonly PromptMessage[]][] = [
    ['a string and one text block are the same', { messages: [user(text('Hello'))] }, [says('Hello')]],
    ['text blocks of one message become one text', { messages: [user(text('a'), text('b'))] }, [says('a\n\nb')]],
    ['consecutive messages of one role become one', { messages: [hello, user(text('b'))] }, [says('Hello\n\nb')]],
    [
      'the system prompt comes first',
      { system: [text('a'), text('b')] },
      [{ role: 'system', text: 'a\n\nb' }, says('Hello')],
    ],
    [
      'the billing line is removed',
      { system: [text('x-anthropic-billing-header: cc_version=1; cch=2;'), text('a')] },
      [{ role: 'system', text: 'a' }, says('Hello')],
    ],
    [
      'the billing line is removed from a string',
      { system: 'x-anthropic-billing-header: a;\nBe brief.' },
      [{ role: 'system', text: 'Be brief.' }, says('Hello')],
    ],
    ['an empty system prompt is none', { system: '' }, [says('Hello')]],
    [
      'a system message in mid-conversation becomes tagged text where it stands',
      { messages: [hello, { role: 'system', content: 'Be brief.' }] },
      [says('Hello\n\n<system-reminder>\nBe brief.\n</system-reminder>')],
    ],
    [
      'a system message before everything else joins the system prompt',
      { system: 'a', messages: [{ role: 'system', content: [text('b')] }, hello] },
      [{ role: 'system', text: 'a\n\nb' }, says('Hello')],
    ],
    [
      'a system message alone is what there is to answer',
      { messages: [{ role: 'system', content: 'a' }] },
      [says('<system-reminder>\na\n</system-reminder>')],
    ],
    [
      'results follow in the order of their calls, then what the user said',
      {
        messages: [
          hello,
          assistant(text('Let me look.'), call('a'), call('b')),
          user(text('Go on.'), result('b'), result('a')),
        ],
      },
      [
        says('Hello'),
        {
          role: 'assistant',
          text: 'Let me look.',
          toolCalls: [
            { id: 'a', name: 'find', input: { of: 'a' } },
            { id: 'b', name: 'find', input: { of: 'b' } },
          ],
        },
        { role: 'tool', toolCallId: 'a', toolName: 'find', text: 'found a', isError: false },
        { role: 'tool', toolCallId: 'b', toolName: 'find', text: 'found b', isError: false },
        says('Go on.'),
      ],
    ],
    [
      'text blocks of a result are joined, errors are marked',
      { messages: [hello, assistant(call('a')), user(result('a', [text('x'), text('y')], { is_error: true }))] },
      [
        says('Hello'),
        { role: 'assistant', text: '', toolCalls: [{ id: 'a', name: 'find', input: { of: 'a' } }] },
        { role: 'tool', toolCallId: 'a', toolName: 'find', text: 'x\ny', isError: true },
      ],
    ],
    [
      'thinking becomes reasoning, redacted thinking is dropped',
      {
        messages: [
          hello,
          assistant(
            { type: 'thinking', thinking: 'Hm.', signature: '' },
            { type: 'redacted_thinking', data: 'x' },
            text('Hi.'),
          ),
          hello,
        ],
      },
      [says('Hello'), { role: 'assistant', text: 'Hi.', reasoning: 'Hm.' }, says('Hello')],
    ],
    [
      'a prefill stays the last message',
      { messages: [hello, assistant(text('Hi,'))] },
      [says('Hello'), { role: 'assistant', text: 'Hi,' }],
    ],
    ['an empty prefill is none', { messages: [hello, assistant()] }, [says('Hello')]],
    [
      'documents and search results become text',
      {
        messages: [
          user(
            { type: 'document', title: 'Notes', source: { type: 'text', media_type: 'text/plain', data: 'One.' } },
            { type: 'search_result', source: 'https://a', title: 'A', content: [text('Two.')] },
            text('Which?'),
          ),
        ],
      },
      [
        says(
          '<document>\ntitle: Notes\nOne.\n</document>\n\n<search_result>\nsource: https://a\ntitle: A\nTwo.\n</search_result>\n\nWhich?',
        ),
      ],
    ],
    [
      'what server tools did becomes text',
      {
        messages: [
          hello,
          assistant(
            { type: 'server_tool_use', id: 's', name: 'web_search', input: { query: 'q' } },
            {
              type: 'web_search_tool_result',
              tool_use_id: 's',
              content: [{ type: 'web_search_result', title: 'T', url: 'https://t', encrypted_content: 'zzz' }],
            },
            text('Found it.'),
          ),
          hello,
        ],
      },
      [
        says('Hello'),
        {
          role: 'assistant',
          text: '[server_tool_use]\nname: web_search\ninput: {"query":"q"}\n\n[web_search_tool_result]\ntitle: T\nurl: https://t\n\nFound it.',
        },
        says('Hello'),
      ],
    ],
  ];
  for (const [sentence, body, messages] of cases) it(sentence, () => assert.deepEqual(messagesOf(body), messages));

  it('a system message that clears vanishes once a later user message exists', () => {
    const note = { role: 'system', content: 'Only now.', clear_at: 'next_user_message' };
    assert.match(messagesOf({ messages: [hello, note] })[0]!.text, /Only now/);
    assert.doesNotMatch(
      JSON.stringify(messagesOf({ messages: [hello, note, assistant(text('a')), hello] })),
      /Only now/,
    );
  });

  it('an image in a tool result becomes a sentence for the model, and a note', () => {
    const { request, notes } = form({
      messages: [
        hello,
        assistant(call('a')),
        user(result('a', [{ type: 'image', source: { type: 'url', url: 'x' } }])),
      ],
    });
    assert.match(request.messages[2]!.text, /^\[An image was here\. You cannot see it/);
    assert.equal(notes.length, 1);
  });

  it('foreign thinking is kept and noted, unsigned thinking only kept', () => {
    const verified = (signature: string) => {
      const body = {
        model: 'yard',
        max_tokens: 9,
        messages: [hello, assistant({ type: 'thinking', thinking: 'Hm.', signature }, text('Hi.')), hello],
      };
      return canonicalise(body as MessagesRequest, {
        verifySignature: (thinking, given) => given === `ours:${thinking}`,
      });
    };
    for (const signature of ['ours:Hm.', 'theirs', '']) {
      assert.deepEqual(verified(signature).request.messages[1], { role: 'assistant', text: 'Hi.', reasoning: 'Hm.' });
      assert.equal(verified(signature).notes.length, signature === 'theirs' ? 1 : 0);
    }
  });
});

describe('tools in canonical form', () => {
  it('keep their order', () => {
    assert.deepEqual(form({ tools: [tool('b'), tool('a')] }).request.tools, [defined('b'), defined('a')]);
  });

  it('stay hidden while deferred, and appear at the result that names them, once', () => {
    const reference = { type: 'tool_reference', tool_name: 'fetch' };
    const { request } = form({
      tools: [
        tool('find'),
        tool('fetch', { defer_loading: true }),
        tool('other', { defer_loading: true }),
        tool('DeferredToolPlaceholder', { defer_loading: true }),
      ],
      messages: [
        hello,
        assistant(call('a'), call('b')),
        user(
          result('a', [reference]),
          result('b', [reference, { type: 'tool_reference', tool_name: 'DeferredToolPlaceholder' }]),
        ),
      ],
    });
    assert.deepEqual(request.tools, [defined('find')]);
    const [, , first, second] = request.messages;
    assert.deepEqual(first, {
      role: 'tool',
      toolCallId: 'a',
      toolName: 'find',
      text: 'Loaded tool: fetch',
      isError: false,
      loadedTools: [defined('fetch')],
    });
    assert.equal(second && 'loadedTools' in second, false);
  });

  it('added by a system message appear there', () => {
    const { request } = form({
      tools: [tool('fetch', { defer_loading: true })],
      messages: [
        hello,
        {
          role: 'system',
          content: [
            { type: 'tool_addition', tool: { type: 'tool_reference', name: 'fetch' } },
            { type: 'tool_addition', tool: { type: 'tool_definition', definition: tool('made') } },
            { type: 'tool_removal', tool: { type: 'tool_reference', name: 'gone' } },
          ],
        },
      ],
    });
    assert.deepEqual(request.messages, [
      {
        role: 'user',
        text: 'Hello\n\n<system-reminder>\nLoaded tool: fetch\n\nLoaded tool: made\n\nThe tool gone is no longer available. Do not call it.\n</system-reminder>',
        loadedTools: [defined('fetch'), defined('made')],
      },
    ]);
  });

  it('are all shown when Anthropic would have searched them', () => {
    const { request, notes } = form({
      tools: [tool('a', { defer_loading: true }), { type: 'tool_search_tool_bm25', name: 'tool_search_tool_bm25' }],
    });
    assert.deepEqual(request.tools, [defined('a')]);
    assert.equal(notes.length, 2);
  });

  it('that Anthropic defines for clients get a schema', () => {
    const { request } = form({
      tools: [
        { type: 'bash_20250124', name: 'bash' },
        { type: 'text_editor_20250728', name: 'str_replace_based_edit_tool' },
        { type: 'memory_20250818', name: 'memory' },
      ],
    });
    assert.deepEqual(
      request.tools.map(({ name }) => name),
      ['bash', 'str_replace_based_edit_tool', 'memory'],
    );
    for (const { inputSchema } of request.tools) assert.equal(inputSchema.type, 'object');
  });

  it('that Anthropic runs are left out, and forcing one falls back to a plain answer', () => {
    const { request, notes } = form({
      tools: [{ type: 'web_search_20250305', name: 'web_search' }],
      tool_choice: { type: 'tool', name: 'web_search' },
    });
    assert.deepEqual([request.tools, request.toolChoice], [[], { type: 'auto' }]);
    assert.equal(notes.length, 2);
  });

  it('that are deferred but forced are shown', () => {
    const { request } = form({ tools: [tool('a', { defer_loading: true })], tool_choice: { type: 'tool', name: 'a' } });
    assert.deepEqual([request.tools, request.toolChoice], [[defined('a')], { type: 'tool', name: 'a' }]);
  });

  const choices: [choice: object | undefined, toolChoice: object, parallelToolCalls: boolean][] = [
    [undefined, { type: 'auto' }, true],
    [{ type: 'auto' }, { type: 'auto' }, true],
    [{ type: 'auto', disable_parallel_tool_use: true }, { type: 'auto' }, false],
    [{ type: 'any', disable_parallel_tool_use: false }, { type: 'any' }, true],
    [{ type: 'tool', name: 'a', disable_parallel_tool_use: true }, { type: 'tool', name: 'a' }, false],
    [{ type: 'none' }, { type: 'none' }, true],
  ];
  for (const [choice, toolChoice, parallelToolCalls] of choices) {
    it(`are chosen as asked: ${JSON.stringify(choice)}`, () => {
      const { request } = form({ tools: [tool('a')], tool_choice: choice });
      assert.deepEqual([request.toolChoice, request.parallelToolCalls], [toolChoice, parallelToolCalls]);
    });
  }
});

describe('the rest of the canonical form', () => {
  const schemaFormat = { type: 'json_schema', schema: { type: 'object' } };
  const forced = { tools: [tool('a')], tool_choice: { type: 'any' } };
  const adaptive = { thinking: { type: 'adaptive' } };
  const on = { thinking: { type: 'enabled', budget_tokens: 2048 }, max_tokens: 4000 };
  const cases: [sentence: string, body: object, expected: Partial<GenerationRequest>, notes?: number][] = [
    ['no thinking asked for: off', {}, { thinking: { mode: 'off', show: false } }],
    ['enabled thinking is on', on, { thinking: { mode: 'on', show: true } }],
    ['adaptive thinking leaves it to the model', adaptive, { thinking: { mode: 'auto', show: true } }],
    [
      'omitted display hides it',
      { thinking: { type: 'adaptive', display: 'omitted' } },
      { thinking: { mode: 'auto', show: false } },
    ],
    [
      'any other display shows it',
      { thinking: { type: 'adaptive', display: 'updates' } },
      { thinking: { mode: 'auto', show: true } },
    ],
    ['disabled thinking is off', { thinking: { type: 'disabled' } }, { thinking: { mode: 'off', show: false } }],
    ['between_tools is off', { thinking: { type: 'between_tools' } }, { thinking: { mode: 'off', show: false } }],
    [
      'an unknown form leaves it to the model, noted',
      { thinking: { type: 'telepathic' } },
      { thinking: { mode: 'auto', show: true } },
      1,
    ],
    ['a forced tool turns thinking off, noted', { ...on, ...forced }, { thinking: { mode: 'off', show: false } }, 1],
    [
      'JSON output turns thinking off, noted',
      { ...on, output_config: { format: schemaFormat } },
      { thinking: { mode: 'off', show: false }, output: { type: 'json', schema: { type: 'object' } } },
      1,
    ],
    [
      'a prefill turns thinking off, noted',
      { ...on, messages: [hello, assistant(text('a'))] },
      { thinking: { mode: 'off', show: false } },
      1,
    ],
    [
      'output_format is its older name',
      { output_format: schemaFormat },
      { output: { type: 'json', schema: { type: 'object' } } },
    ],
    ['no format is text', { output_config: { effort: 'high', format: null } }, { output: { type: 'text' } }],
    ['max_tokens 0 is kept', { max_tokens: 0 }, { maxTokens: 0 }],
    [
      'sampling is passed on',
      { temperature: 0, top_p: 0.5, top_k: 3 },
      { sampling: { temperature: 0, topP: 0.5, topK: 3 } },
    ],
    ['stop sequences are passed on', { stop_sequences: ['\n', 'END'] }, { stopSequences: ['\n', 'END'] }],
  ];
  for (const [sentence, body, expected, notes = 0] of cases) {
    it(sentence, () => {
      const canonical = form(body);
      assert.deepEqual({ ...canonical.request, ...expected }, canonical.request);
      assert.equal(canonical.notes.length, notes, canonical.notes.join('\n'));
    });
  }

  const affinities: [userId: unknown, expected: object][] = [
    [undefined, {}],
    ['someone', { userId: 'someone' }],
    ['{"device_id":"d","account_uuid":"","session_id":"s"}', { sessionId: 's', userId: 'd' }],
    ['{"account_uuid":"a","device_id":"d"}', { userId: 'a' }],
    ['{broken', { userId: '{broken' }],
  ];
  for (const [userId, expected] of affinities) {
    it(`user_id ${JSON.stringify(userId)} tells ${JSON.stringify(expected)}`, () => {
      assert.deepEqual(form({ metadata: { user_id: userId } }).affinity, expected);
    });
  }
});

describe('every valid conversation', () => {
  const piece = fc.oneof(fc.string(), fc.constantFrom('\n', '<think>', 'a', '<system-reminder>'));
  const words = piece.filter((part) => part !== '');

  it('has a canonical form, and later turns only append to it', () => {
    fc.assert(
      fc.property(conversation(words), ({ body, turnEnds }) => {
        const turns = turnEnds.map((end) => {
          const messages = (body.messages as unknown[]).slice(0, end);
          const read = readMessagesRequest({ ...body, messages }, { purpose: 'create' });
          assert.ok(read.ok, read.ok ? '' : read.error.message);
          return canonicalise(read.request).request;
        });
        for (const [at, turn] of turns.slice(1).entries()) {
          const before = turns[at]!;
          assert.deepEqual(turn.messages.slice(0, before.messages.length), before.messages);
          assert.deepEqual(turn.tools, before.tools);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('does not depend on cache breakpoints', () => {
    fc.assert(
      fc.property(conversation(words), ({ body }) => {
        const cached = JSON.parse(JSON.stringify(body), (_key, value) =>
          value?.type === 'text' || value?.input_schema ? { ...value, cache_control: { type: 'ephemeral' } } : value,
        );
        assert.deepEqual(canonicalise(cached), canonicalise(body as unknown as MessagesRequest));
      }),
      { numRuns: 30 },
    );
  });
});
