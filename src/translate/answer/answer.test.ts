import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { RawEvent } from '../../contract/engine/raw.ts';
import type { GenerationEvent } from '../../contract/generation/events.ts';
import type { GenerationRequest, ToolDefinition } from '../../contract/generation/request.ts';
import { hermes } from '../families/hermes.ts';
import { accepts, readGbnf } from '../grammar/fixtures/gbnf.ts';
import { type GenerationPhase, nextPhase } from '../response/event-grammar.ts';
import { type AnswerOptions, createAnswer, type Regeneration } from './answer.ts';

const weather: ToolDefinition = {
  name: 'weather',
  description: '',
  strict: false,
  inputSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};
const call = (name: string, args: unknown) => `<tool_call>\n${JSON.stringify({ name, arguments: args })}\n</tool_call>`;
const paris = call('weather', { city: 'Paris' });
const broken = '<tool_call>\n{"name": "weather", "arguments": {"city": Paris}\n</tool_call>';

function requestOf(changes: Partial<GenerationRequest> = {}): GenerationRequest {
  return {
    model: 'm',
    messages: [{ role: 'user', text: 'hi' }],
    tools: [weather],
    toolChoice: { type: 'auto' },
    parallelToolCalls: true,
    thinking: { mode: 'auto', show: true },
    output: { type: 'text' },
    sampling: {},
    stopSequences: [],
    maxTokens: 100,
    ...changes,
  };
}

interface Heard {
  /** Blocks as `kind: content`. */
  readonly blocks: readonly string[];
  readonly end: GenerationEvent | undefined;
  readonly regenerations: readonly Regeneration[];
  readonly events: readonly GenerationEvent[];
}

/** One token per piece, its id its number. A run is its pieces and how it ends. */
type EndReason = Extract<RawEvent, { type: 'end' }>['reason'];
type Run = readonly [pieces: readonly string[], end?: EndReason];

/** Plays an engine: the second run starts when the first is to be done again. */
function hear(changes: Partial<GenerationRequest>, runs: readonly Run[], options: Partial<AnswerOptions> = {}): Heard {
  let id = 0;
  const answer = createAnswer({
    request: requestOf(changes),
    family: hermes,
    thinkingOpen: false,
    maxTokens: 100,
    window: 4096,
    newToolUseId: () => `toolu_${++id}`,
    ...options,
  });
  const events: GenerationEvent[] = [];
  const regenerations: Regeneration[] = [];
  let token = 0;
  const push = (event: RawEvent) => {
    const step = answer.push(event);
    events.push(...step.events);
    if (step.regenerate !== undefined) regenerations.push(step.regenerate);
    return step;
  };
  for (const [pieces, end = 'end-of-generation'] of runs) {
    push({ type: 'prefill', doneTokens: 10, totalTokens: 10 });
    push({ type: 'start', promptTokens: 10, cachedTokens: 4 });
    let stopped = false;
    for (const text of pieces) stopped = push({ type: 'piece', text, tokens: [++token] }).stop || stopped;
    // What an engine says that is told to stop too late, or stopped.
    push({ type: 'end', reason: stopped ? 'cancelled' : end, outputTokens: pieces.length });
  }
  return { blocks: blocksOf(events), end: terminalOf(events), regenerations, events };
}

function blocksOf(events: readonly GenerationEvent[]): string[] {
  const blocks: string[] = [];
  let phase: GenerationPhase = 'waiting';
  for (const event of events) {
    phase = nextPhase(phase, event); // The grammar holds for every test here.
    if (event.type === 'block-start') {
      blocks.push(event.block.kind === 'tool-use' ? `${event.block.name}: ` : `${event.block.kind}: `);
    } else if (event.type === 'block-delta') blocks[blocks.length - 1] += event.text;
  }
  return blocks;
}

const terminalOf = (events: readonly GenerationEvent[]) =>
  events.find((event) => event.type === 'generation-end' || event.type === 'generation-error');
const reasonOf = ({ end }: Heard) =>
  end?.type === 'generation-end' ? end.stopReason : end?.type === 'generation-error' ? end.error.code : end;
const outputTokens = ({ end }: Heard) => (end?.type === 'generation-end' ? end.usage.outputTokens : undefined);

describe('an answer of text', () => {
  it('is told piece by piece, with the counts of the engine', () => {
    const { events } = hear({}, [[['Hel', 'lo!']]]);
    assert.deepEqual(events, [
      { type: 'progress', phase: 'prefill', doneTokens: 10, totalTokens: 10 },
      { type: 'generation-start', promptTokens: 10, cachedTokens: 4 },
      { type: 'block-start', block: { kind: 'text' } },
      { type: 'block-delta', text: 'Hel', tokens: [1] },
      { type: 'block-delta', text: 'lo!', tokens: [2] },
      { type: 'block-end' },
      {
        type: 'generation-end',
        stopReason: 'end-turn',
        stopSequence: null,
        usage: { promptTokens: 10, cachedTokens: 4, outputTokens: 2, thinkingTokens: 0 },
      },
    ]);
  });

  it('ends at a stop sequence, which is not shown', () => {
    const heard = hear({ stopSequences: ['STOP'] }, [[['one ST', 'OP two']]]);
    assert.deepEqual(heard.blocks, ['text: one ']);
    assert.ok(heard.end?.type === 'generation-end');
    assert.equal(heard.end.stopReason, 'stop-sequence');
    assert.equal(heard.end.stopSequence, 'STOP');
  });

  it('says whether its own limit or the window ended it', () => {
    assert.equal(reasonOf(hear({}, [[['a'], 'max-tokens']])), 'max-tokens');
    assert.equal(
      reasonOf(hear({}, [[['a'], 'max-tokens']], { maxTokens: 50 })),
      'context-full',
      'clamped by the room rule',
    );
    assert.equal(reasonOf(hear({}, [[['a'], 'context-full']])), 'context-full');
    assert.equal(reasonOf(hear({ maxTokens: 0 }, [[[], 'max-tokens']], { maxTokens: 0 })), 'max-tokens');
  });

  it('keeps the space a continuation begins with, and drops none at the end', () => {
    assert.deepEqual(hear({}, [[[' 42', '\n']]]).blocks, ['text:  42\n']);
    assert.deepEqual(hear({}, [[['\n']]]).blocks, []);
  });
});

describe('the ids of an answer', () => {
  const told = ({ events }: Heard) =>
    events.flatMap((event) => (event.type === 'block-delta' ? [[event.text, event.tokens, event.keptTokens]] : []));

  it('come with the next text, those that wrote what is not shown too', () => {
    const pieces = ['<think>', 'Hm', '</think>', '\n\n', 'Yes', '.', '\n'];
    assert.deepEqual(told(hear({ thinking: { mode: 'auto', show: false } }, [[pieces]])), [
      ['Yes', [1, 2, 3, 4, 5], undefined],
      ['.', [6], undefined],
      ['\n', [7], undefined],
    ]);
  });

  it('come once where one piece ends a thought and begins the text', () => {
    const pieces = ['Hm', '.</think>\n\nYes'];
    assert.deepEqual(told(hear({}, [[pieces]], { thinkingOpen: true })), [
      ['Hm', [1], undefined],
      ['.', [], undefined],
      ['Yes', [2], undefined],
    ]);
  });

  it('of a call come when it is shown', () => {
    assert.deepEqual(told(hear({}, [[['I look.', ...paris.match(/.{1,30}/gs)!]]])), [
      ['I look.', [1], undefined],
      ['{"city":"Paris"}', [2, 3, 4], undefined],
    ]);
  });

  it('are taken back where a call is made once more from before them', () => {
    // The second piece ends the text and begins the call: it is not kept.
    const first = ['I', ` look.${broken.slice(0, 20)}`, broken.slice(20)];
    assert.deepEqual(told(hear({}, [[first], [[paris]]])), [
      ['I', [1], undefined],
      [' look.', [2], undefined],
      ['{"city":"Paris"}', [4], 1],
    ]);
  });
});

describe('a model that rambles', () => {
  it('in line breaks costs time in proportion to them', () => {
    const lineBreaks = Array.from({ length: 50_000 }, () => '\n');
    for (const thinkingOpen of [false, true]) {
      const before = process.cpuUsage();
      const heard = hear({}, [[['a', ...lineBreaks, 'b']]], { thinkingOpen });
      assert.equal(heard.blocks[0]?.length, (thinkingOpen ? 'thinking: ' : 'text: ').length + 50_002);
      const { user } = process.cpuUsage(before);
      assert.ok(user < 5_000_000, `${user} us`);
    }
  });
});

describe('reasoning', () => {
  const pieces = ['Hm', '.', '\n</think>', '\n\n', 'Yes.'];
  it('is a block of its own, its tokens counted', () => {
    const heard = hear({}, [[pieces]], { thinkingOpen: true });
    assert.deepEqual(heard.blocks, ['thinking: Hm.', 'text: Yes.']);
    assert.ok(heard.end?.type === 'generation-end');
    assert.deepEqual(heard.end.usage, { promptTokens: 10, cachedTokens: 4, outputTokens: 5, thinkingTokens: 3 });
  });

  it('is hidden when it was not asked for, and counted all the same', () => {
    const heard = hear({ thinking: { mode: 'auto', show: false } }, [[pieces]], { thinkingOpen: true });
    assert.deepEqual(heard.blocks, ['text: Yes.']);
    assert.equal(outputTokens(heard), 5);
  });

  it('knows no stop sequences', () => {
    const heard = hear({ stopSequences: ['Hm'] }, [[pieces]], { thinkingOpen: true });
    assert.deepEqual(heard.blocks, ['thinking: Hm.', 'text: Yes.']);
  });
});

describe('a tool call', () => {
  it('is shown whole, once its input fits', () => {
    const heard = hear({}, [[['Let me look.', '\n', ...paris.match(/.{1,7}/gs)!]]]);
    assert.deepEqual(heard.blocks, ['text: Let me look.', 'weather: {"city":"Paris"}']);
    assert.equal(reasonOf(heard), 'tool-use');
    assert.equal(heard.events.filter((event) => event.type === 'block-delta').length, 2);
  });

  it('may be one of several', () => {
    assert.deepEqual(hear({}, [[[paris, '\n', call('weather', { city: 'Oslo' })]]]).blocks, [
      'weather: {"city":"Paris"}',
      'weather: {"city":"Oslo"}',
    ]);
  });

  it('is the only one when parallel calls are disabled', () => {
    const heard = hear({ parallelToolCalls: false }, [[[paris, '\n', paris]]]);
    assert.deepEqual(heard.blocks, ['weather: {"city":"Paris"}']);
    assert.equal(reasonOf(heard), 'tool-use');
    assert.equal(outputTokens(heard), 1);
  });

  it('is not cut by a stop sequence in its arguments', () => {
    assert.deepEqual(hear({ stopSequences: ['}'] }, [[[paris]]]).blocks, ['weather: {"city":"Paris"}']);
  });

  it('is text where tools are not allowed', () => {
    assert.deepEqual(hear({ toolChoice: { type: 'none' } }, [[['So: ', paris]]]).blocks, [
      'text: So: {"name":"weather","arguments":{"city":"Paris"}}',
    ]);
    assert.match(hear({ tools: [] }, [[[paris]]]).blocks[0]!, /^text: /);
  });

  it('may call a tool that a result loaded', () => {
    const messages = [
      {
        role: 'tool',
        toolCallId: 'a',
        toolName: 's',
        text: '',
        isError: false,
        loadedTools: [{ ...weather, name: 'late' }],
      },
    ] as const;
    assert.deepEqual(hear({ tools: [], messages }, [[[call('late', { city: 'x' })]]]).blocks, ['late: {"city":"x"}']);
  });

  it('is read in the forms models give it', () => {
    const forms = [
      '{"name":"weather","parameters":{"city":"x"}}',
      '{"name":"weather","arguments":"{\\"city\\":\\"x\\"}"}',
    ];
    for (const json of forms) {
      assert.deepEqual(hear({}, [[[`<tool_call>${json}</tool_call>`]]]).blocks, ['weather: {"city":"x"}']);
    }
    const noArguments = { ...weather, inputSchema: { type: 'object' } };
    assert.deepEqual(hear({ tools: [noArguments] }, [[['<tool_call>{"name":"weather"}']]]).blocks, ['weather: {}']);
  });

  it('tells of progress while it is withheld', () => {
    const heard = hear({}, [[['<tool_call>', ...Array.from({ length: 40 }, () => ' '), paris.slice(11)]]]);
    const progress = heard.events.filter((event) => event.type === 'progress' && event.phase === 'decode');
    assert.deepEqual(
      progress.map((event) => 'outputTokens' in event && event.outputTokens),
      [16, 32],
    );
  });

  it('is left out when a limit cuts it, and its tokens are not counted', () => {
    const heard = hear({}, [[['One.', '<tool_call>', '{"name": "wea'], 'max-tokens']]);
    assert.deepEqual(heard.blocks, ['text: One.']);
    assert.equal(reasonOf(heard), 'max-tokens');
    assert.equal(outputTokens(heard), 1);
  });
});

describe('a bad tool call', () => {
  it('is made once more, from the same prefix under its own grammar', () => {
    const heard = hear({}, [[['I', ' look.', ...broken.match(/.{1,9}/gs)!]], [[paris]]]);
    assert.deepEqual(heard.blocks, ['text: I look.', 'weather: {"city":"Paris"}']);
    const [again, ...more] = heard.regenerations;
    assert.equal(more.length, 0);
    assert.deepEqual(again?.keptTokens, [1, 2]);
    assert.equal(again.maxTokens, 98);
    const gbnf = readGbnf(again.grammar);
    assert.ok(accepts(gbnf, '<tool_call>\n{"name": "weather", "arguments": {"city":"Paris"}}\n</tool_call>'));
    assert.ok(!accepts(gbnf, broken));
    assert.equal(outputTokens(heard), 3, 'the thrown-away try is not counted');
  });

  it('keeps the calls before it', () => {
    const heard = hear({}, [[[paris, broken]], [[call('weather', { city: 'Rome' })]]]);
    assert.deepEqual(heard.blocks, ['weather: {"city":"Paris"}', 'weather: {"city":"Rome"}']);
    assert.deepEqual(heard.regenerations[0]?.keptTokens, [1]);
  });

  it('that breaks off at the end of the output is made once more too', () => {
    const heard = hear({}, [[['<tool_call>{"name": "weather", "arg']], [[paris]]]);
    assert.deepEqual(heard.blocks, ['weather: {"city":"Paris"}']);
  });

  it('is text when the second try does not parse either', () => {
    const heard = hear({}, [[[broken]], [[broken]]]);
    assert.deepEqual(heard.blocks, ['text: {"name": "weather", "arguments": {"city": Paris}']);
    assert.equal(heard.regenerations.length, 1);
    assert.equal(reasonOf(heard), 'end-turn');
  });

  it('is the first try as text when a limit cuts the second', () => {
    const heard = hear({}, [[[broken]], [['<tool_call>{"na'], 'max-tokens']]);
    assert.deepEqual(heard.blocks, ['text: {"name": "weather", "arguments": {"city": Paris}']);
    assert.equal(reasonOf(heard), 'max-tokens');
    assert.equal(outputTokens(heard), 1);
  });

  it('is not tried again when a limit ended the answer', () => {
    const heard = hear({}, [[[call('weather', {}).replace('</tool_call>', '')], 'max-tokens']]);
    assert.deepEqual(heard.blocks, ['weather: {}'], 'it parses, so it is shown');
    assert.equal(heard.regenerations.length, 0);
  });

  const offSchema = call('weather', { town: 'Paris' });
  it('that parses but does not fit is shown after a second one that does not fit', () => {
    assert.deepEqual(hear({}, [[[offSchema]], [[offSchema]]]).blocks, ['weather: {"town":"Paris"}']);
    assert.deepEqual(hear({}, [[[offSchema]], [[paris]]]).blocks, ['weather: {"city":"Paris"}']);
  });

  it('that parsed is better than a second one that does not', () => {
    const heard = hear({}, [[['x', offSchema]], [['<tool_call>', '{', '"n'], 'max-tokens']]);
    assert.deepEqual(heard.blocks, ['text: x', 'weather: {"town":"Paris"}']);
    assert.equal(outputTokens(heard), 2, 'tokens of what is shown');
    assert.equal(reasonOf(heard), 'tool-use');
  });

  it('fails the answer when the tool is strict', () => {
    const heard = hear({ tools: [{ ...weather, strict: true }] }, [[[offSchema]], [[offSchema]]]);
    assert.equal(reasonOf(heard), 'output_unusable');
    assert.deepEqual(heard.blocks, []);
  });

  it('of an unknown tool is shown after one more try: clients answer it with an error', () => {
    const unknown = call('wether', { city: 'Paris' });
    const heard = hear({}, [[[unknown]], [[], 'max-tokens']]);
    assert.deepEqual(heard.blocks, ['wether: {"city":"Paris"}']);
    assert.equal(heard.regenerations.length, 1);
  });

  it('is made again with ping-worthy progress, whatever still comes of the first run', () => {
    const request = requestOf();
    const answer = createAnswer({
      request,
      family: hermes,
      thinkingOpen: false,
      maxTokens: 100,
      window: 10,
      newToolUseId: () => 't',
    });
    answer.push({ type: 'start', promptTokens: 1, cachedTokens: 0 });
    assert.ok(answer.push({ type: 'piece', text: broken, tokens: [1] }).regenerate);
    assert.deepEqual(answer.push({ type: 'piece', text: 'late', tokens: [2] }), { events: [], stop: false });
    assert.deepEqual(answer.push({ type: 'end', reason: 'cancelled', outputTokens: 2 }), { events: [], stop: false });
    assert.deepEqual(answer.push({ type: 'prefill', doneTokens: 0, totalTokens: 1 }).events, [
      { type: 'progress', phase: 'decode', outputTokens: 0 },
    ]);
  });
});

describe('a JSON answer', () => {
  const output = {
    type: 'json',
    schema: { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
  } as const;
  it('is text, whatever tags its strings hold', () => {
    assert.deepEqual(hear({ output, tools: [] }, [[['{"a": "<tool', '_call> </think>"}']]]).blocks, [
      'text: {"a": "<tool_call> </think>"}',
    ]);
  });
  it('that is not the requested JSON fails', () => {
    assert.equal(reasonOf(hear({ output, tools: [] }, [[['{"a": 1}']]])), 'output_unusable');
    assert.equal(reasonOf(hear({ output, tools: [] }, [[['Sure!']]])), 'output_unusable');
  });
  it('that a limit cut off says so', () => {
    assert.equal(reasonOf(hear({ output, tools: [] }, [[['{"a": "'], 'max-tokens']])), 'max-tokens');
  });
  it('may be a tool call instead', () => {
    assert.deepEqual(hear({ output }, [[[paris]]]).blocks, ['weather: {"city":"Paris"}']);
  });
});

describe('an engine that fails', () => {
  for (const [failure, code] of [
    ['crashed', 'engine_crashed'],
    ['stalled', 'engine_stalled'],
    ['grammar', 'invalid_request'],
    ['memory', 'engine_failed'],
    ['busy', 'no_machine'],
    ['closed', 'draining'],
    ['model-corrupt', 'model_load_failed'],
    ['prompt-too-long', 'context_overflow'],
  ] as const) {
    it(`${failure} is told as ${code}, without the machine's own words`, () => {
      const answer = createAnswer({
        request: requestOf(),
        family: hermes,
        thinkingOpen: false,
        maxTokens: 9,
        window: 10,
        newToolUseId: () => 't',
      });
      const step = answer.push({ type: 'error', failure: { code: failure, message: '/home/ann/model.gguf' } });
      assert.ok(step.events[0]?.type === 'generation-error');
      assert.equal(step.events[0].error.code, code);
      assert.ok(!JSON.stringify(step.events).includes('/home/ann'));
      assert.ok(step.stop && answer.ended);
      assert.deepEqual(answer.push({ type: 'piece', text: 'x', tokens: [1] }), { events: [], stop: true });
    });
  }
});

describe('any output', () => {
  it('makes a well-formed answer with one end, and the same however it is cut', () => {
    const bits = fc.constantFrom(
      paris,
      broken,
      call('weather', {}),
      call('x', {}),
      '<think>',
      '</think>',
      '\n',
      'a',
      ' b',
      '<',
      '`',
      '{',
    );
    const text = fc.array(bits, { maxLength: 6 }).map((parts) => parts.join(''));
    const ends = fc.constantFrom<EndReason>('end-of-generation', 'max-tokens', 'context-full');
    const shape = fc.record({ stopSequences: fc.subarray(['a', ' b', '}']), parallelToolCalls: fc.boolean() });
    fc.assert(
      fc.property(text, text, ends, shape, fc.boolean(), (first, second, end, changes, thinkingOpen) => {
        const play = (cut: (text: string) => readonly string[]) =>
          hear(
            { ...changes, maxTokens: 9_000 },
            [
              [cut(first), end],
              [cut(second), end],
            ],
            { thinkingOpen, maxTokens: 9_000 },
          );
        const whole = play((raw) => [raw]);
        const letters = play((raw) => raw.split(''));
        for (const heard of [whole, letters]) {
          const terminals = heard.events.filter(
            (event) => event.type === 'generation-end' || event.type === 'generation-error',
          );
          assert.equal(terminals.length, 1);
          assert.equal(heard.events.at(-1), terminals[0]);
          assert.ok(heard.regenerations.length <= 1);
        }
        assert.deepEqual(letters.blocks, whole.blocks);
        assert.equal(reasonOf(letters), reasonOf(whole));
      }),
      { numRuns: 1000 },
    );
  });
});
