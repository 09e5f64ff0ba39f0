/** What clients get of families whose calls need more than their own text to be understood. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { RawEvent } from '../../contract/engine/raw.ts';
import type { GenerationEvent } from '../../contract/generation/events.ts';
import type { GenerationRequest } from '../../contract/generation/request.ts';
import { createAnswer } from '../answer/answer.ts';
import { accepts, readGbnf } from '../grammar/fixtures/gbnf.ts';
import { generation } from '../prompt/fixtures/model.ts';
import { type GenerationPhase, nextPhase } from '../response/event-grammar.ts';
import { families } from './families.ts';
import type { Family } from './family.ts';
import { messyBits } from './fixtures/read-fixtures.ts';
import { glmLines } from './glm.ts';
import { harmony } from './harmony.ts';
import { llama3 } from './llama3.ts';
import { mistralList } from './mistral.ts';
import { qwen3Coder } from './qwen3-coder.ts';

const tools = [
  {
    name: 'book',
    description: '',
    strict: false,
    inputSchema: {
      type: 'object',
      properties: { city: { type: 'string' }, nights: { type: 'integer' } },
      required: ['city'],
    },
  },
];

/** One run that ends as said; the blocks, and the grammar of the run that was asked for instead of its end. */
function hear(family: Family, pieces: readonly string[], changes: Partial<GenerationRequest> = {}, atLimit = false) {
  const answer = createAnswer({
    request: generation({ tools, thinking: { mode: 'auto', show: true }, ...changes }),
    family,
    thinkingOpen: false,
    maxTokens: 100,
    window: 4_096,
    newToolUseId: () => 'toolu_1',
  });
  const events: GenerationEvent[] = [];
  answer.push({ type: 'start', promptTokens: 1, cachedTokens: 0 });
  let token = 0;
  for (const text of pieces) {
    const step = answer.push({ type: 'piece', text, tokens: [token++] });
    events.push(...step.events);
    if (step.regenerate !== undefined) return { blocks: blocksOf(events), again: step.regenerate };
  }
  const reason = atLimit ? 'max-tokens' : 'end-of-generation';
  const step = answer.push({ type: 'end', reason, outputTokens: pieces.length });
  return { blocks: blocksOf([...events, ...step.events]), again: step.regenerate };
}

function blocksOf(events: readonly GenerationEvent[]): string[] {
  const blocks: string[] = [];
  for (const event of events) {
    if (event.type === 'block-start') {
      blocks.push(event.block.kind === 'tool-use' ? `${event.block.name}: ` : `${event.block.kind}: `);
    } else if (event.type === 'block-delta') blocks[blocks.length - 1] += event.text;
  }
  return blocks;
}

describe('arguments written as text', () => {
  it('get the types of the schema', () => {
    const text =
      '<tool_call>\n<function=book>\n<parameter=city>\n2\n</parameter>\n<parameter=nights>\n2\n</parameter>\n</function>\n</tool_call>';
    assert.deepEqual(hear(qwen3Coder, [text]).blocks, ['book: {"city":"2","nights":2}']);
  });

  it('that do not fit are asked for once more, for that tool', () => {
    const { again } = hear(glmLines, [
      'Yes.',
      '<tool_call>book\n<arg_key>nights</arg_key>\n<arg_value>two</arg_value>\n</tool_call>',
    ]);
    assert.deepEqual(again?.keptTokens, [0]);
    assert.ok(
      accepts(
        readGbnf(again.grammar),
        '<tool_call>book\n<arg_key>city</arg_key>\n<arg_value>Bern</arg_value>\n</tool_call>',
      ),
    );
  });

  it('are left out when a limit cuts them off, also between two', () => {
    const cut = '<tool_call>book\n<arg_key>city</arg_key>\n<arg_value>Bern</arg_value>\n';
    const heard = hear(glmLines, ['Yes.', cut], {}, true);
    assert.deepEqual(heard.blocks, ['text: Yes.']);
    assert.equal(heard.again, undefined);
  });
});

describe('a call without a tag', () => {
  it('is withheld until it is whole; other JSON is told as it comes', () => {
    assert.deepEqual(hear(llama3, ['{"name": "book", ', '"parameters": {"city": "Bern"}}']).blocks, [
      'book: {"city":"Bern"}',
    ]);
    assert.deepEqual(hear(llama3, ['{"name": "Ann"', ', "age": 3}']).blocks, ['text: {"name": "Ann", "age": 3}']);
  });

  it('of no known tool is the answer where JSON was asked for', () => {
    const schema = { type: 'object', properties: { name: {}, parameters: {} } };
    const text = '{"name": "Ann", "parameters": {}}';
    assert.deepEqual(hear(llama3, [text], { output: { type: 'json', schema } }).blocks, [`text: ${text}`]);
  });

  it('is text where no tools were offered', () => {
    const text = '{"name": "book", "parameters": {}}';
    assert.deepEqual(hear(llama3, [text], { tools: [] }).blocks, [`text: ${text}`]);
  });
});

describe('a bad call behind a good one', () => {
  it('continues the list that is kept', () => {
    const { blocks, again } = hear(mistralList, [
      '[TOOL_CALLS][',
      '{"name": "book", "arguments": {"city": "Bern"}}',
      ', {"name": "book", "arguments": {"city": 3}}',
    ]);
    assert.deepEqual(blocks, ['book: {"city":"Bern"}']);
    assert.deepEqual(again?.keptTokens, [0, 1]);
    assert.ok(accepts(readGbnf(again.grammar), ', {"name": "book", "arguments": {"city": "Rome"}}]'));
  });

  it('is a message of its own in Harmony', () => {
    const { blocks, again } = hear(harmony, [
      '<|channel|>analysis<|message|>Hm.<|end|>',
      '<|start|>assistant<|channel|>commentary to=functions.book <|constrain|>json<|message|>{"town": 1}',
    ]);
    assert.deepEqual(blocks, ['thinking: Hm.']);
    assert.deepEqual(again?.keptTokens, [0]);
    const gbnf = readGbnf(again.grammar);
    const heading = '<|channel|>commentary to=functions.book <|constrain|>json<|message|>';
    assert.ok(accepts(gbnf, `<|start|>assistant${heading}{"city": "Bern"}`));
    assert.ok(!accepts(gbnf, `${heading}{"city": "Bern"}`));
  });
});

describe('any output of any family', () => {
  for (const family of families) {
    it(`makes one well-formed answer, however it is cut: ${family.id}`, () => {
      const text = fc.array(fc.constantFrom(...messyBits(family)), { maxLength: 6 }).map((bits) => bits.join(''));
      fc.assert(
        fc.property(text, text, fc.boolean(), fc.boolean(), (first, second, atLimit, parallelToolCalls) => {
          const play = (cut: (text: string) => readonly string[]): readonly string[] => {
            const answer = createAnswer({
              request: generation({ tools, parallelToolCalls, maxTokens: 9_000 }),
              family,
              thinkingOpen: false,
              maxTokens: 9_000,
              window: 10_000,
              newToolUseId: () => 'toolu_1',
            });
            const events: GenerationEvent[] = [];
            let phase: GenerationPhase = 'waiting';
            const push = (event: RawEvent): boolean => {
              const step = answer.push(event);
              for (const each of step.events) phase = nextPhase(phase, each); // Throws where the grammar of events is broken.
              events.push(...step.events);
              return step.stop;
            };
            for (const run of [first, second]) {
              push({ type: 'start', promptTokens: 1, cachedTokens: 0 });
              const stopped = cut(run).some((piece, at) => push({ type: 'piece', text: piece, tokens: [at] }));
              const reason = stopped ? 'cancelled' : atLimit ? 'max-tokens' : 'end-of-generation';
              push({ type: 'end', reason, outputTokens: 1 });
            }
            assert.ok(answer.ended);
            return blocksOf(events);
          };
          const whole = play((raw) => [raw]);
          assert.deepEqual(
            play((raw) => raw.split('')),
            whole,
          );
        }),
        { numRuns: 60 },
      );
    });
  }
});
