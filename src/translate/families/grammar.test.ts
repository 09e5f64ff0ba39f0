/** Whatever a family's grammar lets a model write, its parser reads as a call that fits. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ToolDefinition } from '../../contract/generation/request.ts';
import { createToolCalls } from '../answer/tool-calls.ts';
import { accepts, readGbnf, sample } from '../grammar/fixtures/gbnf.ts';
import { schemaGrammar } from '../grammar/schema-grammar.ts';
import { type ToolCallGrammarOptions, toolCallGrammar } from '../grammar/tool-call-grammar.ts';
import type { CallPart } from '../output/output-parser.ts';
import { generation } from '../prompt/fixtures/model.ts';
import { families } from './families.ts';
import type { Family } from './family.ts';
import { harmony } from './harmony.ts';
import { mistralNamed } from './mistral.ts';
import { qwen3Coder } from './qwen3-coder.ts';

const tool = (name: string, inputSchema: Readonly<Record<string, unknown>>): ToolDefinition => ({
  name,
  description: '',
  inputSchema,
  strict: false,
});
const tools: readonly ToolDefinition[] = [
  tool('book', {
    type: 'object',
    properties: {
      city: { type: 'string' },
      nights: { type: 'integer', minimum: 0 },
      quiet: { type: 'boolean' },
      level: { enum: ['low', 'high', 3] },
      guests: { type: 'array', items: { $ref: '#/$defs/guest' }, maxItems: 2 },
      note: { type: ['string', 'null'] },
      with: { anyOf: [{ $ref: '#/$defs/guest' }, { type: 'string' }] },
    },
    required: ['city', 'nights'],
    $defs: { guest: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] } },
  }),
  tool('now', { type: 'object', properties: {} }),
  tool('any_thing', {}),
];

function grammarOf(family: Family, options: Partial<ToolCallGrammarOptions> = {}) {
  const made = toolCallGrammar(tools, { family, many: true, ...options });
  assert.ok(made.ok);
  return { gbnf: readGbnf(made.grammar), unenforced: made.unenforced };
}

function callsIn(family: Family, text: string, options: { inList?: boolean; thinkingOpen?: boolean } = {}): CallPart[] {
  const parser = family.newParser({ thinkingOpen: false, ...options });
  const calls: CallPart[] = [];
  for (const part of [...parser.push(text), ...parser.end()]) {
    if (part.type === 'text') assert.equal(part.text.trim(), '', `only calls: ${JSON.stringify(text)}`);
    else if (part.type !== 'thinking') calls.push(part);
  }
  return calls;
}

function assertGood(family: Family, calls: readonly CallPart[], text: string): void {
  const reader = createToolCalls(generation({ tools }), family);
  assert.ok(calls.length > 0);
  for (const call of calls) {
    const parsed = reader.parse(call);
    assert.ok(parsed !== null, `unread: ${JSON.stringify(text)}`);
    assert.equal(reader.judge(parsed), 'good', `${JSON.stringify(parsed)} of ${JSON.stringify(text)}`);
  }
}

/** A fixed walk through what grammars allow. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state / 0x80000000;
  };
}

for (const family of families) {
  describe(`forced calls of ${family.id}`, () => {
    it('are read as calls that fit their schema', () => {
      const { gbnf } = grammarOf(family);
      for (let seed = 1; seed <= 40; seed++) {
        const text = sample(gbnf, dice(seed * 7_919));
        assertGood(family, callsIn(family, text), text);
      }
    });

    it('continue what was kept', () => {
      const { gbnf } = grammarOf(family, { follows: true, many: false });
      for (let seed = 1; seed <= 20; seed++) {
        const text = sample(gbnf, dice(seed * 104_729));
        const calls = callsIn(family, text, { inList: true });
        assert.equal(calls.length, 1, text);
        assertGood(family, calls, text);
      }
    });

    const [tags] = family.thinking;
    if (tags === undefined) return; // Harmony reasons in messages; its lead is tested below.
    it('come after the end of reasoning that the prompt opened', () => {
      const { gbnf } = grammarOf(family, { thinkingOpen: true, many: false });
      const plainGrammar = grammarOf(family, { many: false }).gbnf;
      const call = sample(plainGrammar, dice(5));
      assert.ok(accepts(gbnf, `Hm </b> <${tags[1]}\n\n${call}`));
      assert.ok(!accepts(gbnf, `Hm ${call}`));
      assertGood(family, callsIn(family, `Hm${tags[1]}${call}`, { thinkingOpen: true }), call);
    });
  });
}

describe('grammars', () => {
  it('of arguments as text: anything but the closing tag; types and enumerations hold', () => {
    const { gbnf, unenforced } = grammarOf(qwen3Coder);
    const call = (city: string, nights: string, more = '') =>
      `<tool_call>\n<function=book>\n<parameter=city>\n${city}\n</parameter>\n<parameter=nights>\n${nights}\n</parameter>\n${more}</function>\n</tool_call>`;
    for (const city of ['Zürich', '', '</div>\n<parameter=x>', '"', '</parameter']) {
      assert.ok(accepts(gbnf, call(city, '3')), city);
    }
    assert.ok(!accepts(gbnf, call('a</parameter>b', '3')));
    assert.ok(!accepts(gbnf, call('a', 'three')));
    assert.ok(!accepts(gbnf, call('a', '-1')));
    assert.ok(accepts(gbnf, call('a', '3', '<parameter=level>\nhigh\n</parameter>\n')));
    assert.ok(accepts(gbnf, call('a', '3', '<parameter=level>\n3\n</parameter>\n')));
    assert.ok(!accepts(gbnf, call('a', '3', '<parameter=level>\nhigher\n</parameter>\n')));
    assert.deepEqual(unenforced, []);
  });

  it('of arguments as text say that lengths are not enforced', () => {
    const short = [tool('say', { type: 'object', properties: { text: { type: 'string', maxLength: 3 } } })];
    const made = toolCallGrammar(short, { family: qwen3Coder, many: false });
    assert.ok(made.ok);
    assert.deepEqual(made.unenforced, ['say /properties/text: maxLength']);
  });

  it('of Mistral let the model give an id', () => {
    const { gbnf } = grammarOf(mistralNamed);
    assert.ok(accepts(gbnf, '[TOOL_CALLS]now[ARGS]{}[TOOL_CALLS]now[CALL_ID]abc123def[ARGS]{}'));
  });

  it('of Harmony let the model think first, and put a JSON answer into the final channel', () => {
    const { gbnf } = grammarOf(harmony);
    const call = '<|channel|>commentary to=functions.now <|constrain|>json<|message|>{}';
    assert.ok(accepts(gbnf, call));
    assert.ok(accepts(gbnf, `<|channel|>analysis<|message|>Hm <|x|>.<|end|><|start|>assistant${call}`));
    assert.ok(!accepts(gbnf, `${call}<|call|>`), 'that ends the generation');
    const json = schemaGrammar({ type: 'boolean' }, { family: harmony });
    assert.ok(json.ok);
    assert.ok(accepts(readGbnf(json.grammar), '<|channel|>final<|message|>true'));
    assert.ok(!accepts(readGbnf(json.grammar), 'true'));
  });
});
