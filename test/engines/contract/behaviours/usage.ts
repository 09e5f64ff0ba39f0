import assert from 'node:assert/strict';
import { asking, findTool, tell } from '../../attach.ts';
import type { Behaviour } from '../engine.ts';

const signal = new AbortController().signal;
const long = asking({ messages: [{ role: 'user', text: 'A prompt of some length, to be read twice. '.repeat(20) }] });

export const usage: readonly Behaviour[] = [
  {
    name: 'usage: prompt and output are counted',
    script: { answer: { text: 'Hello there, you two.' } },
    async check({ model }) {
      const { start, end } = await tell(model, asking());
      assert.ok(start!.promptTokens > 0);
      assert.ok(end!.usage.promptTokens > 0);
      assert.ok(end!.usage.outputTokens > 0 && end!.usage.outputTokens < 60, `${end!.usage.outputTokens}`);
    },
  },
  {
    name: 'usage: the prompt is what was counted before',
    needs: ['exact-counts'],
    script: { answer: { text: 'Hello.' } },
    async check({ model }) {
      const request = asking({ tools: [findTool] });
      const prepared = await model.prepare(request, signal);
      const counted = await model.count(request, signal);
      assert.ok(prepared.ok && 'tokens' in counted);
      const { start, end } = await tell(model, request);
      const seen = [prepared.answer.promptTokens, counted.tokens, start?.promptTokens, end?.usage.promptTokens];
      assert.deepEqual(
        seen,
        seen.map(() => counted.tokens),
      );
    },
  },
  {
    name: 'usage: cached tokens of a prompt read before',
    needs: ['cached-tokens'],
    script: { answer: { text: 'Hello.' } },
    async check({ model }) {
      const first = await tell(model, long);
      const second = await tell(model, long);
      assert.equal(first.end?.usage.cachedTokens, 0);
      assert.ok(second.end!.usage.cachedTokens > second.end!.usage.promptTokens / 2);
    },
  },
  {
    name: 'usage: cached tokens never exceed the prompt',
    script: { answer: { text: 'Hello.' } },
    async check({ model }) {
      await tell(model, long);
      const { end } = await tell(model, long);
      assert.ok(end!.usage.cachedTokens <= end!.usage.promptTokens);
    },
  },
  {
    name: 'usage: reasoning is counted as output, shown or not',
    script: { answer: { thinking: 'Let me think about this for a while.', text: 'Yes.' } },
    async check({ model }) {
      for (const show of [true, false]) {
        const { end } = await tell(model, asking({ thinking: { mode: 'on', show } }));
        assert.ok(end!.usage.thinkingTokens > 0 && end!.usage.thinkingTokens <= end!.usage.outputTokens);
      }
    },
  },
  {
    name: 'count: tools weigh',
    script: { answer: {} },
    async check({ model }) {
      const bare = await model.count(asking(), signal);
      const tools = await model.count(asking({ tools: [findTool] }), signal);
      assert.ok('tokens' in bare && 'tokens' in tools && tools.tokens > bare.tokens);
    },
  },
  {
    name: 'count: a prompt is counted although it would not fit',
    script: { answer: {}, window: 1_024 },
    async check({ model }) {
      const counted = await model.count(asking({ messages: [{ role: 'user', text: 'abcd'.repeat(3_000) }] }), signal);
      assert.ok('tokens' in counted && counted.tokens > 1_024);
    },
  },
];

export const thinking: readonly Behaviour[] = [
  {
    name: 'thinking comes first, in a block of its own',
    script: { answer: { thinking: 'Let me see.', text: 'Yes.' } },
    async check({ model }) {
      const { shown } = await tell(model, asking({ thinking: { mode: 'on', show: true } }));
      assert.deepEqual(shown, ['thinking: Let me see.', 'text: Yes.']);
    },
  },
  {
    name: 'thinking that is not to be shown is not',
    script: { answer: { thinking: 'Let me see.', text: 'Yes.' } },
    async check({ model }) {
      const { shown } = await tell(model, asking({ thinking: { mode: 'on', show: false } }));
      assert.deepEqual(shown, ['text: Yes.']);
    },
  },
  {
    name: 'thinking omitted: an empty block stands for it',
    script: { answer: { thinking: 'Let me see.', text: 'Yes.' } },
    async check({ model }) {
      const { shown } = await tell(model, asking({ thinking: { mode: 'on', show: false, omitted: true } }));
      assert.deepEqual(shown, ['thinking: ', 'text: Yes.']);
    },
  },
  {
    name: 'thinking before a call',
    script: { answer: { thinking: 'I need it.', calls: [{ name: 'find', arguments: { of: 'a' } }] } },
    async check({ model }) {
      const { shown } = await tell(model, asking({ tools: [findTool], thinking: { mode: 'on', show: true } }));
      assert.deepEqual(shown, ['thinking: I need it.', 'find {"of":"a"}']);
    },
  },
  {
    name: 'thinking switch: off and on reach the engine',
    needs: ['thinking-switch', 'bodies'],
    script: { answer: { text: 'Yes.' } },
    async check(rig) {
      const seen: unknown[] = [];
      for (const mode of ['on', 'off', 'auto'] as const) {
        await tell(rig.model, asking({ thinking: { mode, show: true } }));
        const body = rig.body?.() ?? {};
        seen.push(body.think ?? body.chat_template_kwargs?.enable_thinking);
      }
      assert.deepEqual(seen, [true, false, undefined]);
    },
  },
  {
    name: 'thinking sent back is taken',
    script: { answer: { text: 'Yes.' } },
    async check({ model }) {
      const { shown } = await tell(
        model,
        asking({
          messages: [
            { role: 'user', text: 'Ready?' },
            { role: 'assistant', text: 'Nearly.', reasoning: 'I am not sure.' },
            { role: 'user', text: 'Now?' },
          ],
        }),
      );
      assert.deepEqual(shown, ['text: Yes.']);
    },
  },
];
