/** What a template of each family prints, and that it is what its models write, its parser reads and its grammar allows. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PromptMessage, ToolDefinition } from '../../contract/generation/request.ts';
import { createToolCalls } from '../answer/tool-calls.ts';
import { accepts, readGbnf } from '../grammar/fixtures/gbnf.ts';
import { toolCallGrammar } from '../grammar/tool-call-grammar.ts';
import { generation, render, templateOf, textOf } from '../prompt/fixtures/model.ts';
import type { ChatTemplate } from '../prompt/template.ts';
import { families } from './families.ts';
import type { Family } from './family.ts';
import { templateOf as templateOfFamily } from './fixtures/read-fixtures.ts';
import { gemma4 } from './gemma4.ts';

const book: ToolDefinition = {
  name: 'book_room',
  description: 'Books a room.',
  strict: false,
  inputSchema: {
    type: 'object',
    properties: {
      city: { type: 'string' },
      nights: { type: 'integer' },
      quiet: { type: 'boolean' },
      guests: { type: 'array', items: { type: 'object', properties: { name: { type: 'string' } } } },
      note: { type: ['string', 'null'] },
    },
    required: ['city', 'nights'],
  },
};
const input = {
  city: 'Zürich "Altstadt"\n<b>5</b>',
  nights: 2,
  quiet: true,
  guests: [{ name: 'Ann {A}' }],
  note: null,
};
const user: PromptMessage = { role: 'user', text: 'A room, please.' };
const call = (id: string, changes: object = {}) => ({ id, name: 'book_room', input: { ...input, ...changes } });
const result = (id: string): PromptMessage => ({
  role: 'tool',
  toolCallId: id,
  toolName: 'book_room',
  text: `Booked as ${id}.`,
  isError: false,
});
const tools = [book];

const loaded = (family: Family): ChatTemplate => templateOf(templateOfFamily(family.id), { controlTexts: [] });
const promptOf = (template: ChatTemplate, messages: readonly PromptMessage[]): string =>
  textOf(render({ messages, tools, thinking: { mode: 'auto', show: true } }, template));

/** The calls in what a model wrote, as a client would get them. */
function callsIn(family: Family, text: string): readonly (readonly [string, unknown])[] {
  const parser = family.newParser({ thinkingOpen: false });
  const reader = createToolCalls(generation({ tools }), family);
  return [...parser.push(text), ...parser.end()].flatMap((part) => {
    if (part.type !== 'tool-call') return [];
    const parsed = reader.parse(part);
    assert.ok(parsed !== null);
    assert.equal(reader.judge(parsed), 'good');
    return [[parsed.name, parsed.input] as const];
  });
}

for (const family of families) {
  describe(`a template of ${family.id}`, () => {
    const template = loaded(family);
    const before = promptOf(template, [user]);
    const after = promptOf(template, [
      user,
      { role: 'assistant', text: '', toolCalls: [call('toolu_1')] },
      result('toolu_1'),
    ]);
    const written = after.slice(before.length);

    it('is recognised by the call it prints', () => {
      assert.equal(template.family, family);
      assert.ok(template.certified && template.tools);
      const probe = { id: 'toolu_1', name: 'probe_tool', input: { depth: 'three' } };
      const probed = promptOf(template, [user, { role: 'assistant', text: '', toolCalls: [probe] }, result('toolu_1')]);
      assert.deepEqual(
        families.filter((each) => each.writesCall(probed)),
        [family],
      );
    });

    it('tells of the tools, and shows the result of a call', () => {
      assert.ok(before.includes('book_room') && before.includes('nights'));
      assert.ok(after.includes('Booked as toolu_1.'));
    });

    it('prints a call as the model writes it: it reads back as it was given', () => {
      assert.ok(after.startsWith(before), 'the prompt is not changed by what follows');
      assert.deepEqual(callsIn(family, written), [['book_room', input]]);
    });

    it('prints a call as its grammar allows it', () => {
      // Under a grammar Gemma's arguments are ordinary JSON, not in its own notation.
      const forced = family === gemma4 ? `<|tool_call>call:book_room${JSON.stringify(input)}<tool_call|>` : written;
      const made = toolCallGrammar(tools, { family, many: true });
      assert.ok(made.ok);
      const gbnf = readGbnf(made.grammar);
      const ends = Array.from({ length: forced.length }, (_, i) => forced.slice(0, i + 1));
      assert.ok(
        ends.some((text) => accepts(gbnf, text)),
        `no beginning of ${forced} is allowed`,
      );
    });

    it('prints two calls and the words beside them, each once and each result with its call', () => {
      const messages: PromptMessage[] = [
        user,
        { role: 'assistant', text: 'Two rooms.', toolCalls: [call('toolu_1'), call('toolu_2', { city: 'Bern' })] },
        result('toolu_1'),
        result('toolu_2'),
        { role: 'assistant', text: 'Both are booked.' },
        user,
      ];
      const prompt = promptOf(template, messages);
      for (const once of ['Bern', 'Booked as toolu_1.', 'Booked as toolu_2.', 'Both are booked.']) {
        assert.equal(prompt.split(once).length, 2, once);
      }
      // Mistral's older templates have no place for them: neither beside a call nor as a message before it.
      assert.equal(prompt.includes('Two rooms.'), family.id !== 'mistral-list');
    });

    it('lets no text of a client become a tag', () => {
      const guarded = templateOf(templateOfFamily(family.id), { controlTexts: family.tags });
      const tagsSeen = (words: string): Record<string, number> => {
        const described: ToolDefinition = { ...book, description: words };
        const { segments } = render(
          {
            messages: [
              { role: 'user', text: words },
              { role: 'assistant', text: '', toolCalls: [call('toolu_1', { city: words })] },
              { ...result('toolu_1'), text: words } as PromptMessage,
            ],
            tools: [described],
          },
          guarded,
        );
        const special = segments.flatMap(({ text, special }) => (special ? [text] : []));
        return Object.fromEntries(
          family.tags.map((tag) => [tag, special.reduce((sum, text) => sum + text.split(tag).length - 1, 0)]),
        );
      };
      assert.deepEqual(tagsSeen(family.tags.join(' ')), tagsSeen('harmless'));
    });

    it('keeps a text answer that the client begins', () => {
      const prompt = promptOf(template, [user, { role: 'assistant', text: 'Certainly, in' }]);
      assert.ok(prompt.endsWith(`${family.textOpening ?? ''}Certainly, in`));
    });
  });
}
