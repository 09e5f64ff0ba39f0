import assert from 'node:assert/strict';
import { asking, findTool, tell } from '../../attach.ts';
import type { FakeCall } from '../../fakes/fake-model.ts';
import type { Behaviour } from '../engine.ts';

const find = (of: unknown): FakeCall => ({ name: 'find', arguments: { of } });
const withTool = (changes: Parameters<typeof asking>[0] = {}) =>
  asking({ tools: [findTool], maxTokens: 12_000, ...changes });
const openTool = { ...findTool, inputSchema: { type: 'object' } };

const calls = (name: string, made: readonly FakeCall[], shown: readonly string[], changes = {}): Behaviour => ({
  name,
  script: { answer: { calls: made } },
  async check({ model }) {
    const told = await tell(model, withTool(changes));
    assert.deepEqual(told.shown, shown);
    assert.equal(told.end?.stopReason, 'tool-use');
  },
});

const large = Object.fromEntries(Array.from({ length: 120 }, (_, index) => [`key${index}`, `value number ${index}`]));

export const tools: readonly Behaviour[] = [
  calls('tool call', [find('Paris')], ['find {"of":"Paris"}']),
  calls('tool call: two in one answer', [find('a'), find('b')], ['find {"of":"a"}', 'find {"of":"b"}']),
  calls('tool call: one at most where no more are wanted', [find('a'), find('b')], ['find {"of":"a"}'], {
    parallelToolCalls: false,
  }),
  calls('tool call: without arguments', [{ name: 'find', arguments: {} }], ['find {}'], { tools: [openTool] }),
  calls(
    'tool call: all of Unicode in arguments',
    [find('世界 "👩‍🚀" \\ \n')],
    [`find ${JSON.stringify({ of: '世界 "👩‍🚀" \\ \n' })}`],
  ),
  calls('tool call: tags in arguments are text', [find('<b>a</b> & <c>')], ['find {"of":"<b>a</b> & <c>"}']),
  calls(
    'tool call: nested arguments',
    [{ name: 'find', arguments: { a: [1, { b: null }], c: { d: true } } }],
    ['find {"a":[1,{"b":null}],"c":{"d":true}}'],
    { tools: [openTool] },
  ),
  calls('tool call: large arguments', [{ name: 'find', arguments: large }], [`find ${JSON.stringify(large)}`], {
    tools: [openTool],
  }),
  {
    name: 'tool call: words before it',
    script: { answer: { text: 'I look.', calls: [find('a')] } },
    async check({ model }) {
      assert.deepEqual((await tell(model, withTool())).shown, ['text: I look.', 'find {"of":"a"}']);
    },
  },
  {
    name: 'tool call: ids are unique',
    script: { answer: { calls: [find('a'), find('b')] } },
    async check({ model }) {
      const { events } = await tell(model, withTool());
      const ids = events.flatMap((event) =>
        event.type === 'block-start' && event.block.kind === 'tool-use' ? [event.block.id] : [],
      );
      assert.equal(new Set(ids).size, 2);
      for (const id of ids) assert.match(id, /^toolu_/);
    },
  },
  {
    name: 'tools that are not needed: text',
    script: { answer: { text: 'No need.' } },
    async check({ model }) {
      const { shown, end } = await tell(model, withTool());
      assert.deepEqual([shown, end?.stopReason], [['text: No need.'], 'end-turn']);
    },
  },
  {
    name: 'tool_choice any',
    needs: ['tool-choice'],
    script: { answer: { text: 'No.' }, constrained: { calls: [find('a')] } },
    async check({ model }) {
      assert.deepEqual((await tell(model, withTool({ toolChoice: { type: 'any' } }))).shown, ['find {"of":"a"}']);
    },
  },
  {
    name: 'tool_choice of one tool',
    needs: ['tool-choice'],
    script: { answer: { text: 'No.' }, constrained: { calls: [find('a')] } },
    async check({ model }) {
      const other = { ...findTool, name: 'other' };
      const { shown } = await tell(
        model,
        withTool({ tools: [other, findTool], toolChoice: { type: 'tool', name: 'find' } }),
      );
      assert.deepEqual(shown, ['find {"of":"a"}']);
    },
  },
  {
    name: 'tool_choice of one tool: only that one is sent',
    needs: ['bodies'],
    script: { answer: { text: 'No.' } },
    async check(rig) {
      const other = { ...findTool, name: 'other' };
      await tell(rig.model, withTool({ tools: [other, findTool], toolChoice: { type: 'tool', name: 'find' } }));
      const sent: { function: { name: string } }[] = rig.body?.().tools;
      assert.deepEqual(
        sent.map((tool) => tool.function.name),
        ['find'],
      );
    },
  },
  {
    name: 'tool_choice none',
    script: { answer: { text: 'In words.' } },
    async check(rig) {
      const { shown } = await tell(rig.model, withTool({ toolChoice: { type: 'none' } }));
      assert.deepEqual(shown, ['text: In words.']);
      assert.equal(rig.body?.().tools, undefined);
    },
  },
  {
    name: 'tool results are taken, of parallel calls and failed ones too',
    script: { answer: { text: 'Done.' } },
    async check({ model }) {
      const call = (id: string) => ({ id, name: 'find', input: { of: id } });
      const result = (id: string, isError: boolean) =>
        ({ role: 'tool', toolCallId: id, toolName: 'find', text: `of ${id}`, isError }) as const;
      const { shown } = await tell(
        model,
        withTool({
          messages: [
            { role: 'user', text: 'Find two.' },
            { role: 'assistant', text: 'I look.', toolCalls: [call('toolu_a'), call('toolu_b')] },
            result('toolu_a', false),
            result('toolu_b', true),
          ],
        }),
      );
      assert.deepEqual(shown, ['text: Done.']);
    },
  },
  {
    name: 'a broken call is made again',
    needs: ['second-answer', 'tool-choice'],
    script: {
      answer: { text: 'I look.', calls: [{ name: 'find', arguments: '{"of": oops' }] },
      constrained: { calls: [find('a')] },
    },
    async check({ model }) {
      const { shown, end } = await tell(model, withTool());
      assert.deepEqual(shown, ['text: I look.', 'find {"of":"a"}']);
      assert.equal(end?.stopReason, 'tool-use');
    },
  },
  {
    name: 'a call that does not fit its schema is made again, and shown if it still does not',
    script: { answer: { calls: [find(5)] } },
    needs: ['second-answer'],
    async check({ model }) {
      assert.deepEqual((await tell(model, withTool())).shown, ['find {"of":5}']);
    },
  },
  {
    name: 'a strict call that does not fit fails',
    needs: ['second-answer', 'strict'],
    script: { answer: { calls: [find(5)] } },
    async check({ model }) {
      const { error } = await tell(model, withTool({ tools: [{ ...findTool, strict: true }] }));
      assert.equal(error?.code, 'output_unusable');
    },
  },
  {
    name: 'a call cut off by max_tokens is left out',
    script: { answer: { text: 'I look.', calls: [{ name: 'find', arguments: large }] } },
    async check({ model }) {
      const { shown, end } = await tell(model, withTool({ tools: [openTool], maxTokens: 40 }));
      assert.deepEqual([shown.map((block) => block.trim()), end?.stopReason], [['text: I look.'], 'max-tokens']);
    },
  },
];

const schema = { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'], additionalProperties: false };

export const structured: readonly Behaviour[] = [
  {
    name: 'a JSON schema is obeyed',
    needs: ['schema'],
    script: { answer: { text: '{"a": 1}' } },
    async check({ model }) {
      const { text } = await tell(model, asking({ output: { type: 'json', schema } }));
      assert.deepEqual(JSON.parse(text), { a: 1 });
    },
  },
  {
    name: 'a JSON answer that is none fails instead of passing for one',
    needs: ['schema', 'second-answer'],
    script: { answer: { text: '{"b": 1}' } },
    async check({ model }) {
      const { error } = await tell(model, asking({ output: { type: 'json', schema } }));
      assert.equal(error?.code, 'output_unusable');
    },
  },
  {
    name: 'JSON and tools together: a call instead of the answer',
    needs: ['schema', 'schema-with-tools'],
    script: { answer: { calls: [find('a')] } },
    async check({ model }) {
      const { shown } = await tell(model, withTool({ output: { type: 'json', schema } }));
      assert.deepEqual(shown, ['find {"of":"a"}']);
    },
  },
];
