/** Chunks as real servers send them, and the events a client's stream is made of. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ChatDialect } from '../../contract/engine/chat.ts';
import type { GenerationEvent } from '../../contract/generation/events.ts';
import type { GenerationRequest } from '../../contract/generation/request.ts';
import { generation } from '../prompt/fixtures/model.ts';
import { nextPhase } from '../response/event-grammar.ts';
import { type ChatAnswerOptions, type ChatStep, createChatAnswer } from './chat-answer.ts';
import { statusError } from './chat-failure.ts';
import { openAi } from './fixtures/dialect.ts';
import { readChunk, readComment } from './read-chunk.ts';

const ollama: ChatDialect = { ...openAi, wire: 'ollama' };

const findTool = {
  name: 'find',
  description: 'Finds.',
  inputSchema: { type: 'object', properties: { of: { type: 'string' } }, required: ['of'] },
  strict: false,
};
const asked = (changes: Partial<GenerationRequest> = {}): GenerationRequest => ({
  ...generation(),
  maxTokens: 100,
  thinking: { mode: 'auto', show: true },
  ...changes,
});
const withTools = (changes: Partial<GenerationRequest> = {}) => asked({ tools: [findTool], ...changes });

const delta = (fields: object, finish: string | null = null) => ({
  choices: [{ index: 0, delta: fields, finish_reason: finish }],
});
const text = (content: string) => delta({ content });
const call = (index: number, name: string | undefined, args: string) =>
  delta({ tool_calls: [{ index, function: { ...(name === undefined ? {} : { name }), arguments: args } }] });
const ended = (finish = 'stop', usage: object = { prompt_tokens: 12, completion_tokens: 5 }) => [
  delta({}, finish),
  { choices: [], usage },
];

interface Told {
  readonly events: readonly GenerationEvent[];
  readonly shown: readonly string[];
  readonly end: Extract<GenerationEvent, { type: 'generation-end' }> | undefined;
  readonly error: string | undefined;
  readonly again: ChatStep['again'];
  readonly doubts: readonly string[];
}

/** Runs of chunks, one after the other, each ended in order. */
function tell(
  request: GenerationRequest,
  runs: readonly (readonly unknown[])[],
  more: Partial<ChatAnswerOptions & { dialect: ChatDialect }> = {},
): Told {
  let id = 0;
  const { dialect = openAi, ...options } = more;
  const answer = createChatAnswer({
    request,
    maxTokens: request.maxTokens,
    window: 1_000,
    promptTokens: 10,
    exact: false,
    server: 'a server',
    thinkingOpen: false,
    newToolUseId: () => `toolu_${++id}`,
    ...options,
  });
  const events: GenerationEvent[] = [];
  let again: ChatStep['again'];
  for (const chunks of runs) {
    for (const chunk of chunks) events.push(...answer.push(readChunk(chunk, dialect)).events);
    const step = answer.end();
    events.push(...step.events);
    again ??= step.again;
  }
  let phase: Parameters<typeof nextPhase>[0] = 'waiting';
  for (const event of events) phase = nextPhase(phase, event);
  return { events, shown: shownOf(events), end: endOf(events), error: errorOf(events), again, doubts: answer.doubts };
}

function shownOf(events: readonly GenerationEvent[]): string[] {
  const shown: string[] = [];
  for (const event of events) {
    if (event.type === 'block-start') {
      shown.push(event.block.kind === 'tool-use' ? `${event.block.name} ` : `${event.block.kind}: `);
    } else if (event.type === 'block-delta') shown[shown.length - 1] += event.text;
  }
  return shown;
}
const endOf = (events: readonly GenerationEvent[]) => events.find((event) => event.type === 'generation-end');
const errorOf = (events: readonly GenerationEvent[]) =>
  events.find((event) => event.type === 'generation-error')?.error.code;

describe('text', () => {
  test('arrives in pieces, with the usage of the last chunk', () => {
    const { shown, end } = tell(asked(), [[text('Hel'), text('lo.'), ...ended()]]);
    assert.deepEqual(shown, ['text: Hello.']);
    assert.equal(end?.stopReason, 'end-turn');
    assert.deepEqual(end?.usage, { promptTokens: 12, cachedTokens: 0, outputTokens: 5, thinkingTokens: 0 });
  });

  test('is cut at a stop sequence that two chunks share', () => {
    const { shown, end } = tell(asked({ stopSequences: ['END'] }), [[text('one E'), text('ND two'), ...ended()]]);
    assert.deepEqual(shown, ['text: one ']);
    assert.equal(end?.stopReason, 'stop-sequence');
    assert.equal(end?.stopSequence, 'END');
  });

  test('that ran into the limit says whose it was', () => {
    assert.equal(tell(asked(), [[text('a'), ...ended('length')]]).end?.stopReason, 'max-tokens');
    const clamped = tell(asked({ maxTokens: 5_000 }), [[text('a'), ...ended('length')]], { maxTokens: 5 });
    assert.equal(clamped.end?.stopReason, 'context-full');
  });

  test('of an answer that must be JSON is checked at its end', () => {
    const output = { type: 'json', schema: { type: 'object', required: ['a'] } } as const;
    assert.equal(tell(asked({ output }), [[text('{"a":1}'), ...ended()]]).end?.stopReason, 'end-turn');
    assert.equal(tell(asked({ output }), [[text('{"b":1}'), ...ended()]]).error, 'output_unusable');
  });
});

describe('reasoning', () => {
  for (const field of ['reasoning_content', 'reasoning']) {
    test(`in ${field} becomes a thinking block`, () => {
      const { shown, end } = tell(asked(), [[delta({ [field]: 'Hm.' }), text('Yes.'), ...ended()]]);
      assert.deepEqual(shown, ['thinking: Hm.', 'text: Yes.']);
      assert.ok(end!.usage.thinkingTokens > 0);
    });
  }
  test('in tags at the start of the content too, wherever they are cut', () => {
    const { shown } = tell(asked(), [[text(' <thi'), text('nk>Hm.</th'), text('ink>\n\nYes.'), ...ended()]]);
    assert.deepEqual(shown, ['thinking: Hm.', 'text: Yes.']);
  });
  test('that the prompt has opened ends at its closing tag', () => {
    const { shown } = tell(asked(), [[text('Hm.'), text('</think>Yes.'), ...ended()]], { thinkingOpen: true });
    assert.deepEqual(shown, ['thinking: Hm.', 'text: Yes.']);
  });
  test('a tag in the middle of text is text', () => {
    const { shown } = tell(asked(), [[text('The tag <think> opens.'), ...ended()]]);
    assert.deepEqual(shown, ['text: The tag <think> opens.']);
  });
});

describe('tool calls', () => {
  test('in deltas, in one delta, and without arguments', () => {
    const pieces = [call(0, 'find', '{"of"'), call(0, undefined, ':"a"}'), call(1, 'find', '{"of":"b"}')];
    const { shown, end } = tell(withTools(), [[text('I look.'), ...pieces, ...ended('tool_calls')]]);
    assert.deepEqual(shown, ['text: I look.', 'find {"of":"a"}', 'find {"of":"b"}']);
    assert.equal(end?.stopReason, 'tool-use');
    const none = { ...findTool, inputSchema: { type: 'object' } };
    assert.deepEqual(tell(asked({ tools: [none] }), [[call(0, 'find', ''), ...ended('tool_calls')]]).shown, [
      'find {}',
    ]);
  });

  test('of one index twice, as Ollama sends them, are two calls', () => {
    const chunk = (of: string) => ({ message: { tool_calls: [{ function: { name: 'find', arguments: { of } } }] } });
    const done = { done: true, done_reason: 'stop', prompt_eval_count: 9, eval_count: 4, message: { content: '' } };
    const { shown, end } = tell(withTools(), [[chunk('a'), chunk('b'), done]], { dialect: ollama });
    assert.deepEqual(shown, ['find {"of":"a"}', 'find {"of":"b"}']);
    assert.equal(end?.usage.promptTokens, 9);
  });

  test('a server without a parser: calls in the content are read', () => {
    const cases: [string, string[]][] = [
      [
        'Look.\n<tool_call>\n{"name": "find", "arguments": {"of": "a"}}\n</tool_call>',
        ['text: Look.', 'find {"of":"a"}'],
      ],
      ['<tool_call>\n<function=find>\n<parameter=of>\na\n</parameter>\n</function>\n</tool_call>', ['find {"of":"a"}']],
      ['<function=find><parameter=of>a</parameter></function>', ['find {"of":"a"}']],
      ['<tool_call>find\n<arg_key>of</arg_key>\n<arg_value>a</arg_value>\n</tool_call>', ['find {"of":"a"}']],
      ['[TOOL_CALLS][{"name": "find", "arguments": {"of": "a"}}]', ['find {"of":"a"}']],
      ['{"name": "find", "parameters": {"of": "a"}}', ['find {"of":"a"}']],
      ['<think>Hm.</think>{"name": "find", "parameters": {"of": "a"}}', ['thinking: Hm.', 'find {"of":"a"}']],
    ];
    for (const [content, shown] of cases) {
      for (const size of [1, 7, content.length]) {
        const pieces = content.match(new RegExp(`[\\s\\S]{1,${size}}`, 'g')) ?? [];
        assert.deepEqual(tell(withTools(), [[...pieces.map(text), ...ended()]]).shown, shown, content);
      }
    }
  });

  test('tags nobody offered tools for, or talks about, are text', () => {
    const said = 'Write <tool_call> like this.';
    assert.deepEqual(tell(asked(), [[text(said), ...ended()]]).shown, [`text: ${said}`]);
    assert.deepEqual(tell(withTools(), [[text(said), ...ended()]]).shown, [`text: ${said}`]);
    assert.deepEqual(tell(withTools(), [[text('{"a": 1}'), ...ended()]]).shown, ['text: {"a": 1}']);
  });

  test('a bad call is asked for once more; of the second answer only the call counts', () => {
    const { shown, again, end } = tell(withTools(), [
      [
        text('I look.'),
        call(0, 'find', '{"of": oops'),
        ...ended('tool_calls', { prompt_tokens: 12, completion_tokens: 20 }),
      ],
      [
        text('Once more:'),
        call(0, 'find', '{"of":"a"}'),
        ...ended('tool_calls', { prompt_tokens: 12, completion_tokens: 9 }),
      ],
    ]);
    assert.deepEqual(again, { force: 'find' });
    assert.deepEqual(shown, ['text: I look.', 'find {"of":"a"}']);
    assert.equal(end?.stopReason, 'tool-use');
    assert.ok(end!.usage.outputTokens < 29, 'thrown-away work is not charged');
  });

  test('a call that stays broken is shown as text; one that stays off-schema as it is, unless strict', () => {
    const broken = [call(0, 'find', '{"of": oops'), ...ended('tool_calls')];
    const off = [call(0, 'find', '{"of": 5}'), ...ended('tool_calls')];
    assert.deepEqual(tell(withTools(), [broken, broken]).shown, ['text: find {"of": oops']);
    assert.deepEqual(tell(withTools(), [off, off]).shown, ['find {"of":5}']);
    assert.equal(tell(asked({ tools: [{ ...findTool, strict: true }] }), [off, off]).error, 'output_unusable');
  });

  test('one at most where the client wants no more', () => {
    const { shown } = tell(withTools({ parallelToolCalls: false }), [
      [call(0, 'find', '{"of":"a"}'), call(1, 'find', '{"of":"b"}'), ...ended('tool_calls')],
    ]);
    assert.deepEqual(shown, ['find {"of":"a"}']);
  });

  test('half a call at the limit is left out', () => {
    const { shown, end, again } = tell(withTools(), [[text('I'), call(0, 'find', '{"of'), ...ended('length')]]);
    assert.deepEqual(shown, ['text: I']);
    assert.equal(end?.stopReason, 'max-tokens');
    assert.equal(again, undefined);
  });
});

describe('usage', () => {
  const usage = (stated: object, more: Partial<ChatAnswerOptions> = {}) =>
    tell(asked(), [[text('a'), text('b'), ...ended('stop', stated)]], more);

  test('cached tokens are told where the server does', () => {
    const { end } = usage({ prompt_tokens: 12, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 8 } });
    assert.equal(end?.usage.cachedTokens, 8);
  });
  test('without any: what was counted before, and the pieces received', () => {
    const { end } = tell(asked(), [[text('a'), text('b'), delta({}, 'stop')]]);
    assert.deepEqual(end?.usage, { promptTokens: 10, cachedTokens: 0, outputTokens: 2, thinkingTokens: 0 });
  });
  test('counted twice is noticed where there is an exact count, and replaced by it', () => {
    const { end, doubts } = usage({ prompt_tokens: 190, completion_tokens: 2 }, { promptTokens: 100, exact: true });
    assert.equal(end?.usage.promptTokens, 100);
    assert.match(doubts.join(), /prompt_tokens 190, counted 100/);
  });
  test('beyond what there was room for is not believed', () => {
    const { end, doubts } = usage({
      prompt_tokens: 5_000,
      completion_tokens: 900,
      prompt_tokens_details: { cached_tokens: 77 },
    });
    assert.deepEqual(end?.usage, { promptTokens: 10, cachedTokens: 0, outputTokens: 2, thinkingTokens: 0 });
    assert.equal(doubts.length, 3);
  });
  test('progress tells the prompt before the first word', () => {
    const { events } = tell(asked(), [
      [{ choices: [], prompt_progress: { total: 40, cache: 30, processed: 40 } }, text('a'), ...ended('stop', {})],
    ]);
    assert.deepEqual(events[1], { type: 'generation-start', promptTokens: 40, cachedTokens: 30 });
    assert.deepEqual(readComment('keepalive 512/2048'), [
      { type: 'prefill', doneTokens: 512, totalTokens: 2048, cachedTokens: 0 },
    ]);
  });
});

describe('failures', () => {
  test('a stream without an end is no answer', () => {
    assert.equal(tell(asked(), [[text('a')]]).error, 'engine_failed');
    assert.equal(tell(asked(), [[]]).error, 'engine_failed');
  });
  test('a server that shows no pictures is no server that lost its model', () => {
    const context = { server: 'a server', window: 1_000, promptTokens: 10 };
    for (const [status, said] of [
      [404, "Only 'text' content type is supported."],
      [400, 'qwen3-8b is not a multimodal model'],
      [500, 'image input is not supported - hint: if this is unexpected, you may need to provide the mmproj'],
    ] as const) {
      const { code, message } = statusError(status, said, context);
      assert.equal(code, 'unsupported_feature');
      assert.match(message, /^image: a server shows no pictures/);
    }
  });
  test('an error inside the stream is one', () => {
    assert.equal(
      tell(asked(), [[text('a'), { error: { message: 'out of memory', code: 500 } }]]).error,
      'engine_failed',
    );
    assert.equal(tell(asked(), [[{ error: 'model runner has stopped' }]], { dialect: ollama }).error, 'engine_failed');
  });
});
