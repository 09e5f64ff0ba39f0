import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assistant, call, defined, form, hello, result, says, tool, user } from './fixtures/requests.ts';

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
    assert.match(notes.join(), /all shown/);
    assert.deepEqual(request.messages[0], says('Hello'), 'nothing is said to the model: it has them all');
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
    // Or it would make search results up.
    assert.match(request.messages[0]!.text, /^Not available in this conversation: web_search\./);
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
