import assert from 'node:assert/strict';
import { asking, tell } from '../../attach.ts';
import type { Behaviour } from '../engine.ts';

const says = (name: string, text: string): Behaviour => ({
  name,
  script: { answer: { text } },
  async check({ model }) {
    const { shown, end } = await tell(model, asking());
    assert.deepEqual(shown, [`text: ${text}`]);
    assert.equal(end?.stopReason, 'end-turn');
  },
});

const many = Array.from({ length: 800 }, (_, index) => `${index}`).join(', ');
const numbers = Array.from({ length: 300 }, (_, index) => `${index}`).join(', ');

export const text: readonly Behaviour[] = [
  says('text', 'Hello there.'),
  says('text: all of Unicode, whole', 'Grüße, 世界! 👩‍🚀 — e\u0301 עברית'),
  says('text: lines and spaces inside', 'One.\n\n  Two:\n\t- three'),
  says('text: tags that are none of the model', 'Use <b>bold</b> & </div>.'),
  says('text: JSON nobody asked for', '{"a": [1, 2]}'),
  {
    name: 'text: it comes in pieces',
    script: { answer: { text: numbers } },
    async check({ model }) {
      const { events, text: whole } = await tell(model, asking({ maxTokens: 2_000 }));
      assert.equal(whole, numbers);
      assert.ok(events.filter(({ type }) => type === 'block-delta').length > 5);
    },
  },
  {
    name: 'text: empty answer',
    script: { answer: {} },
    async check({ model }) {
      const { shown, end } = await tell(model, asking());
      assert.deepEqual(shown, []);
      assert.equal(end?.stopReason, 'end-turn');
    },
  },
  {
    name: 'text: space before it is dropped',
    script: { answer: { text: '\n\nYes.' } },
    async check({ model }) {
      assert.equal((await tell(model, asking())).text.trim(), 'Yes.');
    },
  },
  {
    name: 'a system prompt and several turns are taken',
    script: { answer: { text: 'Fine.' } },
    async check({ model }) {
      const { shown } = await tell(
        model,
        asking({
          messages: [
            { role: 'system', text: 'You are brief.' },
            { role: 'user', text: 'How are you?' },
            { role: 'assistant', text: 'Well.' },
            { role: 'user', text: 'Still?' },
          ],
        }),
      );
      assert.deepEqual(shown, ['text: Fine.']);
    },
  },
  {
    name: 'sampling parameters reach the engine',
    needs: ['bodies'],
    script: { answer: { text: 'x' } },
    async check(rig) {
      await tell(rig.model, asking({ sampling: { temperature: 0.25, topP: 0.5, seed: 7 } }));
      const { options, ...body } = rig.body?.() ?? {};
      const { temperature, top_p: topP, seed } = { ...body, ...options };
      assert.deepEqual({ temperature, topP, seed }, { temperature: 0.25, topP: 0.5, seed: 7 });
    },
  },
];

export const limits: readonly Behaviour[] = [
  {
    name: 'stop sequence',
    script: { answer: { text: 'one END two' } },
    async check({ model }) {
      const { text: shown, end } = await tell(model, asking({ stopSequences: ['END'] }));
      assert.equal(shown, 'one ');
      assert.deepEqual([end?.stopReason, end?.stopSequence], ['stop-sequence', 'END']);
    },
  },
  {
    name: 'stop sequence: the first of several',
    script: { answer: { text: 'alpha beta gamma' } },
    async check({ model }) {
      const { end } = await tell(model, asking({ stopSequences: ['gamma', 'beta'] }));
      assert.equal(end?.stopSequence, 'beta');
    },
  },
  {
    name: 'stop sequence: one that does not come changes nothing',
    script: { answer: { text: 'alpha be' } },
    async check({ model }) {
      const { text: shown, end } = await tell(model, asking({ stopSequences: ['beta'] }));
      assert.deepEqual([shown, end?.stopReason], ['alpha be', 'end-turn']);
    },
  },
  {
    name: 'stop sequence: not looked for in reasoning',
    script: { answer: { thinking: 'I say END here.', text: 'Yes.' } },
    async check({ model }) {
      const { text: shown, end } = await tell(
        model,
        asking({ stopSequences: ['END'], thinking: { mode: 'on', show: true } }),
      );
      assert.deepEqual([shown, end?.stopReason], ['Yes.', 'end-turn']);
    },
  },
  {
    name: 'stop sequence: the engine is stopped',
    needs: ['pace'],
    script: { answer: { text: `one END ${numbers}`, pieceMs: 10 } },
    async check(rig) {
      await tell(rig.model, asking({ stopSequences: ['END'], maxTokens: 4_000 }));
      await rig.idle();
    },
  },
  {
    name: 'max_tokens',
    script: { answer: { text: numbers } },
    async check({ model }) {
      const { end, text: shown } = await tell(model, asking({ maxTokens: 20 }));
      assert.equal(end?.stopReason, 'max-tokens');
      assert.ok(shown.length > 0 && shown.length < numbers.length);
      assert.ok(end.usage.outputTokens <= 20, `${end.usage.outputTokens} tokens`);
    },
  },
  {
    name: 'max_tokens 1',
    script: { answer: { text: numbers } },
    async check({ model }) {
      const { end } = await tell(model, asking({ maxTokens: 1 }));
      assert.deepEqual([end?.stopReason, end?.usage.outputTokens], ['max-tokens', 1]);
    },
  },
  {
    name: 'max_tokens 0: the prompt is read, nothing is said',
    script: { answer: { text: 'never shown' } },
    async check({ model }) {
      const { shown, end } = await tell(model, asking({ maxTokens: 0 }));
      assert.deepEqual(shown, []);
      assert.equal(end?.usage.outputTokens, 0);
    },
  },
  {
    name: 'max_tokens beyond the window is clamped, never refused',
    script: { answer: { text: 'Short.' }, window: 2_048 },
    async check({ model }) {
      const { text: shown } = await tell(model, asking({ maxTokens: 128_000 }));
      assert.equal(shown, 'Short.');
    },
  },
  {
    name: 'the window ran out: the reason says so',
    needs: ['exact-counts'],
    script: { answer: { text: many }, window: 512 },
    async check({ model }) {
      const { end } = await tell(
        model,
        asking({ maxTokens: 32_000, messages: [{ role: 'user', text: 'word '.repeat(50) }] }),
      );
      assert.equal(end?.stopReason, 'context-full');
    },
  },
  {
    name: 'a prompt that cannot fit is refused with both numbers',
    script: { answer: { text: 'x' }, window: 1_024 },
    async check({ model }) {
      const long = asking({ messages: [{ role: 'user', text: 'long '.repeat(20_000) }] });
      const result = await model.prepare(long, new AbortController().signal);
      assert.ok(!result.ok && result.reason.code === 'context-overflow');
      assert.ok(result.reason.tokens > result.reason.maximum && result.reason.maximum < 1_024);
    },
  },
  {
    name: 'a prompt that is just too long is refused by whoever notices',
    script: { answer: { text: 'x' }, window: 1_024 },
    async check({ model }) {
      const request = asking({ messages: [{ role: 'user', text: 'abcd'.repeat(1_060) }] });
      const outcome = await tell(model, request).then(
        ({ error }) => error?.code,
        (error: Error) => /context-overflow/.exec(error.message)?.[0],
      );
      assert.match(String(outcome), /context.overflow/);
    },
  },
];
