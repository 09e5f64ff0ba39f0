import assert from 'node:assert/strict';
import { asking, tell } from '../../attach.ts';
import type { FakeAnswer } from '../../fakes/fake-model.ts';
import type { Behaviour } from '../engine.ts';

const numbers = Array.from({ length: 2_000 }, (_, index) => `${index}`).join(', ');

const cancel = (name: string, answer: FakeAnswer, needs: Behaviour['needs']): Behaviour => ({
  name,
  needs: ['pace', ...(needs ?? [])],
  script: { answer, slots: 1 },
  async check(rig) {
    const stopping = new AbortController();
    const begun = rig.begun();
    const telling = tell(rig.model, asking({ maxTokens: 4_000 }), { signal: stopping.signal });
    await begun;
    stopping.abort();
    const { end, error } = await telling;
    assert.deepEqual([end, error], [undefined, undefined], 'nothing more is said');
    await rig.idle();
  },
});

export const cancelling: readonly Behaviour[] = [
  cancel('cancel while it writes: the engine stops', { text: numbers, pieceMs: 5 }, []),
  cancel('cancel while it reads: the engine stops', { text: 'never', prefillMs: 60_000 }, ['cancel-prefill']),
  {
    name: 'cancel while the prompt is counted',
    script: { answer: { text: 'x' } },
    async check({ model }) {
      await assert.rejects(async () => {
        const result = await model.prepare(asking(), AbortSignal.abort());
        assert.ok(!result.ok);
        throw new Error('declined');
      });
    },
  },
  {
    name: 'after a cancel the next request is served',
    needs: ['pace'],
    script: { answer: { text: `Fine. ${numbers}`, pieceMs: 2 }, slots: 1 },
    async check(rig) {
      const stopping = new AbortController();
      const begun = rig.begun();
      const telling = tell(rig.model, asking({ maxTokens: 4_000 }), { signal: stopping.signal });
      await begun;
      stopping.abort();
      await telling;
      const { text } = await tell(rig.model, asking({ maxTokens: 5 }));
      assert.match(text, /^Fine/);
    },
  },
];

const thrown = { end: undefined, error: { code: 'internal', message: '' } };

const fault = (name: string, kind: NonNullable<FakeAnswer['fault']>['kind']): Behaviour => ({
  name,
  needs: ['faults'],
  script: { answer: { text: numbers, fault: { kind, afterPieces: 3 } } },
  async check({ model }) {
    // The grammar of events is checked on the way. What is thrown, tickets turn into an error.
    const { error, end } = await tell(model, asking({ maxTokens: 4_000 })).catch(() => thrown);
    assert.equal(end, undefined);
    assert.match(String(error?.code), /^(engine_(failed|crashed|stalled)|internal)$/);
    assert.doesNotMatch(error?.message ?? '', /Say something/);
  },
});

const refusal = (name: string, status: number, body: unknown, code: string): Behaviour => ({
  name,
  needs: ['outage'],
  script: { answer: { text: 'Fine.' } },
  async check(rig) {
    rig.refuse?.({ status, body });
    const { error } = await tell(rig.model, asking());
    assert.equal(error?.code, code);
    rig.refuse?.(undefined);
    assert.deepEqual((await tell(rig.model, asking())).shown, ['text: Fine.'], 'the next one is served');
  },
});

export const failing: readonly Behaviour[] = [
  fault('it dies in mid-answer', 'close'),
  fault('it fails in mid-answer', 'error'),
  fault('it sends garbage in mid-answer', 'garbage'),
  refusal('it is still loading', 503, { error: { message: 'Loading model' } }, 'model_loading'),
  refusal('it is busy', 429, { error: { message: 'too many requests' } }, 'no_machine'),
  refusal('it is out of memory', 500, { error: { message: 'CUDA out of memory' } }, 'engine_failed'),
  refusal('it has unloaded the model', 404, { error: 'model not found' }, 'engine_failed'),
  {
    name: 'it is gone: a precise error',
    needs: ['outage'],
    script: { answer: { text: 'Fine.' } },
    async check(rig) {
      await rig.kill?.();
      const { error } = await tell(rig.model, asking());
      assert.equal(error?.code, 'engine_failed');
      assert.match(error.message, /does not answer any more/);
    },
  },
];

export const together: readonly Behaviour[] = [
  {
    name: 'four answers at once, each whole and its own',
    script: { answer: { text: numbers.slice(0, 600) }, slots: 4 },
    async check({ model }) {
      const told = await Promise.all([1, 2, 3, 4].map(() => tell(model, asking({ maxTokens: 2_000 }))));
      for (const { text } of told) assert.equal(text, numbers.slice(0, 600));
    },
  },
  {
    name: 'one after the other on one slot',
    script: { answer: { text: 'Fine.' }, slots: 1 },
    async check({ model }) {
      for (let turn = 0; turn < 5; turn++) assert.deepEqual((await tell(model, asking())).shown, ['text: Fine.']);
    },
  },
  {
    name: 'slots are as many as it has',
    script: { answer: {}, slots: 3 },
    async check({ model }) {
      assert.equal(model.slots, 3);
    },
  },
];
