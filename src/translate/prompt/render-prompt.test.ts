import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GenerationRequest, ToolDefinition } from '../../contract/generation/request.ts';
import { awkwardSource, generation, render, secret, shippedTemplate, templateOf, textOf } from './fixtures/model.ts';
import { renderPrompt } from './render-prompt.ts';
import type { ChatTemplate } from './template.ts';

const find: ToolDefinition = {
  name: 'find',
  description: 'Finds.',
  inputSchema: { type: 'object', properties: { of: { type: 'string' } } },
  strict: false,
};
const findLine =
  '{"name": "find", "description": "Finds.", "parameters": {"type": "object", "properties": {"of": {"type": "string"}}}}';
const called = [
  { role: 'user', text: 'Find a and b.' },
  {
    role: 'assistant',
    text: '',
    toolCalls: [
      { id: '1', name: 'find', input: { of: 'a' } },
      { id: '2', name: 'find', input: { of: 'b' } },
    ],
  },
  { role: 'tool', toolCallId: '1', toolName: 'find', text: 'here', isError: false },
  { role: 'tool', toolCallId: '2', toolName: 'find', text: 'gone', isError: true },
] as const;

/** The forms in the shipped model's README. */
describe('the shipped model is prompted in the form it was trained on:', () => {
  const cases: [sentence: string, request: Partial<GenerationRequest>, prompt: string][] = [
    ['one question', {}, '<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n'],
    [
      'a system prompt and tools share the system message',
      {
        messages: [
          { role: 'system', text: 'Be brief.' },
          { role: 'user', text: 'Hello' },
        ],
        tools: [find, { ...find, name: 'seek', description: '' }],
      },
      `<|im_start|>system\nBe brief.\n\n<tools>\n${findLine}\n${findLine.replace('find', 'seek').replace('Finds.', '')}\n</tools><|im_end|>\n<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n`,
    ],
    [
      'two calls in one answer, two results in one user message, a failure said in words',
      { messages: called, tools: [find] },
      `<|im_start|>system\n<tools>\n${findLine}\n</tools><|im_end|>\n<|im_start|>user\nFind a and b.<|im_end|>\n<|im_start|>assistant\n<tool_call>\n{"name": "find", "arguments": {"of": "a"}}\n</tool_call>\n<tool_call>\n{"name": "find", "arguments": {"of": "b"}}\n</tool_call><|im_end|>\n<|im_start|>user\n<tool_response>\nhere\n</tool_response>\n<tool_response>\nError: gone\n</tool_response><|im_end|>\n<|im_start|>assistant\n`,
    ],
    [
      'thinking opens the answer',
      { thinking: { mode: 'on', show: true } },
      '<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n<think>\n',
    ],
    [
      'thinking left to the model opens nothing here',
      { thinking: { mode: 'auto', show: true } },
      '<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n',
    ],
    [
      'reasoning since the last question is kept, earlier reasoning is not',
      {
        messages: [
          { role: 'user', text: 'Hi' },
          { role: 'assistant', text: 'Hello.', reasoning: 'Old.' },
          { role: 'user', text: 'Find a.' },
          { role: 'assistant', text: '', reasoning: 'New.', toolCalls: [{ id: '1', name: 'find', input: {} }] },
          { role: 'tool', toolCallId: '1', toolName: 'find', text: 'x', isError: false },
        ],
      },
      '<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHello.<|im_end|>\n<|im_start|>user\nFind a.<|im_end|>\n<|im_start|>assistant\n<think>\nNew.\n</think>\n\n<tool_call>\n{"name": "find", "arguments": {}}\n</tool_call><|im_end|>\n<|im_start|>user\n<tool_response>\nx\n</tool_response><|im_end|>\n<|im_start|>assistant\n',
    ],
    [
      'a prefill continues the answer',
      {
        messages: [
          { role: 'user', text: 'Hi' },
          { role: 'assistant', text: 'The answer' },
        ],
      },
      '<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nThe answer',
    ],
    [
      'a tool loaded in mid-conversation is printed where it was loaded',
      {
        messages: [
          { role: 'user', text: 'Hi' },
          { role: 'assistant', text: '', toolCalls: [{ id: '1', name: 'load', input: {} }] },
          {
            role: 'tool',
            toolCallId: '1',
            toolName: 'load',
            text: 'Loaded tool: find',
            isError: false,
            loadedTools: [find],
          },
        ],
      },
      `<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n<tool_call>\n{"name": "load", "arguments": {}}\n</tool_call><|im_end|>\n<|im_start|>user\n<tool_response>\nLoaded tool: find\n<tools>\n${findLine}\n</tools>\n</tool_response><|im_end|>\n<|im_start|>assistant\n`,
    ],
  ];
  for (const [sentence, request, prompt] of cases) {
    it(sentence, () => assert.deepEqual(render(request).segments, [{ text: prompt, special: true }]));
  }

  it('and says whether reasoning is open, and whether it continues', () => {
    const prefilled: Partial<GenerationRequest> = {
      messages: [
        { role: 'user', text: 'Hi' },
        { role: 'assistant', text: '<think>' },
      ],
    };
    const told = (changes: Partial<GenerationRequest>, template = shippedTemplate) => {
      const { thinkingOpen, continues } = render(changes, template);
      return { thinkingOpen, continues };
    };
    assert.deepEqual(told({}), { thinkingOpen: false, continues: false });
    assert.deepEqual(told({ thinking: { mode: 'on', show: true } }), { thinkingOpen: true, continues: false });
    assert.deepEqual(told(prefilled), { thinkingOpen: false, continues: true });
    const alwaysThinks = templateOf('{{ messages[0].content }}{% if tools %}{% endif %}<think>\n');
    assert.deepEqual(told({}, alwaysThinks), { thinkingOpen: true, continues: false });
    assert.match(
      textOf(
        render(
          {
            messages: [
              { role: 'user', text: 'Hi' },
              { role: 'assistant', text: 'So' },
            ],
          },
          alwaysThinks,
        ),
      ),
      /<think>\s*<\/think>\n\nSo$/,
    );
  });
});

describe('a request a template cannot take is refused with a sentence:', () => {
  const refusal = (template: ChatTemplate, changes: Partial<GenerationRequest> = {}): string => {
    const rendered = renderPrompt(template, generation(changes), secret);
    assert.ok(!rendered.ok);
    assert.equal(rendered.error.code, 'unsupported_feature');
    return rendered.error.message;
  };

  it('its own words are passed on', () => {
    assert.match(
      refusal(templateOf("{{ raise_exception('Roles must alternate') }}")),
      /refuses this conversation: Roles must alternate\.$/,
    );
  });
  it("but not when they hold the client's", () => {
    assert.match(
      refusal(templateOf("{{ raise_exception('Bad: ' + messages[0].content) }}")),
      /refuses this conversation\.$/,
    );
  });
  it('a template that fails', () => {
    assert.match(refusal(templateOf('{{ messages[0].content.nonsense() }}')), /fails on this conversation/);
  });
  it('a template that grows without bound', () => {
    assert.match(
      refusal(templateOf('{% for i in range(15000) %}{{ messages[0].content }}{% endfor %}')),
      /made 75000 characters/,
    );
  });
  it('tools where there is no place for them, unless none may be called', () => {
    assert.match(refusal(templateOf(null), { tools: [find] }), /^tools: .*no place for tools/);
    assert.match(refusal(templateOf(awkwardSource), { tools: [find] }), /^tools: .*not certified/);
    assert.equal(
      renderPrompt(templateOf(null), generation({ tools: [find], toolChoice: { type: 'none' } }), secret).ok,
      true,
    );
  });
});
