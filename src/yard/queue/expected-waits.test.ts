import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MachineModel } from '../../contract/link/messages.ts';
import type { Pace } from '../../contract/link/prefix.ts';
import type { ServiceClass } from '../../contract/service-class.ts';
import { createYard, step, type YardState } from '../step.ts';

const pace: Pace = { readPerS: 1_000, writePerS: 10, startMs: 100, wakeMs: 0, confidence: 0.9 };

/** Machine A works on a1 in its only slot since 0. */
function busyYard(model: { readonly pace?: Pace }): YardState {
  const yard = createYard();
  const A = { machineId: 'A', sessionId: 's' };
  const facts = { digest: 'd', displayName: 'Tiny', window: 8_192, thinking: false, tools: false, createdAtMs: 0 };
  const models = [{ id: 'tiny', status: 'ready', slots: 1, busySlots: 0, ...facts, ...model }] as const;
  step(yard, { type: 'machine-connected', ...A, name: 'A' }, 0);
  step(yard, { type: 'machine-reported', ...A, models, draining: false }, 0);
  ask(yard, 'a1', 0);
  step(yard, { type: 'offer-accepted', machineId: 'A', requestId: 'a1', attempt: 1, promptTokens: 2_000 }, 0);
  return yard;
}

/** What somebody who asks at this moment is told first. */
function ask(yard: YardState, requestId: string, nowMs: number, serviceClass: ServiceClass = 'interactive') {
  const asked = { requestId, keyId: requestId, model: 'tiny', estimatedTokens: 2_000, maxTokens: 50, serviceClass };
  const effects = step(yard, { type: 'request-submitted', ...asked }, nowMs);
  const told = effects.find((effect) => effect.type === 'request-queued');
  return told === undefined ? undefined : { position: told.position, etaMs: told.etaMs };
}

test('a wait is foreseen by what is at work and the measured pace of its machine, before any answer has ended', () => {
  const yard = busyYard({ pace });
  const first = ask(yard, 'b1', 1_000)?.etaMs ?? 0;
  const later = ask(yard, 'c1', 4_000);
  // 2,000 tokens read in 2 s, 50 written in 5 s, less the second that has gone.
  assert.ok(first > 5_000 && first < 7_500, `${first} ms`);
  assert.equal(later?.position, 2);
  assert.ok((later?.etaMs ?? 0) > 9_000 && (later?.etaMs ?? 0) < 12_500, `${later?.etaMs} ms`);
});

test('nobody is told a wait that follows from a guessed pace', () => {
  assert.deepEqual(ask(busyYard({}), 'b1', 1_000), { position: 1, etaMs: undefined });
});

test('batch is told a wait too: that of its place, and until it is calm', () => {
  const [people, batch] = (['interactive', 'batch'] as const).map((serviceClass) =>
    ask(busyYard({ pace }), 'b1', 1_000, serviceClass),
  );
  assert.equal((batch?.etaMs ?? 0) - (people?.etaMs ?? 0), 2_000);
});

test('where there are many slots the wait is spread evenly over them, and nothing is looked at one by one', () => {
  const yard = createYard();
  const facts = { digest: 'd', displayName: 'Tiny', window: 8_192, thinking: false, tools: false, createdAtMs: 0 };
  const models = [{ id: 'tiny', status: 'ready', slots: 10, busySlots: 10, ...facts }] as const;
  for (let at = 0; at < 100; at++) {
    const machine = { machineId: `m${at}`, sessionId: `s${at}` };
    step(yard, { type: 'machine-connected', ...machine, name: `m${at}` }, 0);
    step(yard, { type: 'machine-reported', ...machine, models, draining: false }, 0);
  }
  assert.equal(ask(yard, 'a', 0)?.etaMs, undefined, 'nothing was measured');
  yard.serviceTimes.set('tiny', { count: 100, meanMs: 20_000, meanOutputTokens: 50 });
  assert.equal(ask(yard, 'b', 0)?.etaMs, 40, 'of 1,000 slots one is free every 20 ms');
});

test('while nobody serves the model, those who wait are told what is left of its load, and again when it begins', () => {
  const yard = createYard();
  const A = { machineId: 'A', sessionId: 's' };
  const model = {
    ...{ id: 'tiny', digest: 'd', displayName: 'Tiny', window: 8_192, thinking: false, tools: false, createdAtMs: 0 },
    ...{ slots: 0, busySlots: 0 },
  };
  const report = (told: Partial<MachineModel> & { status: MachineModel['status'] }, nowMs: number) =>
    step(yard, { type: 'machine-reported', ...A, models: [{ ...model, ...told }], draining: false }, nowMs);
  const first = { loadMs: 12_000, loadTimes: { firstMs: 12_000, laterMs: 2_000, next: 'first' } } as const;
  step(yard, { type: 'machine-connected', ...A, name: 'A' }, 0);
  report({ status: 'available', ...first }, 0);
  assert.deepEqual(ask(yard, 'a', 0), { position: 1, etaMs: undefined }, 'no load is under way');
  report({ status: 'loading', ...first }, 100);
  const retold = step(yard, { type: 'clock-advanced' }, 1_100).filter((effect) => effect.type === 'request-queued');
  assert.deepEqual(retold, [{ type: 'request-queued', requestId: 'a', position: 1, etaMs: 11_000 }]);
  assert.deepEqual(ask(yard, 'b', 1_100), { position: 2, etaMs: undefined }, 'how long answers take nobody knows');
  report({ status: 'loading', loadFraction: 0.75, ...first }, 2_000);
  yard.serviceTimes.set('tiny', { count: 9, meanMs: 5_000, meanOutputTokens: 50 });
  assert.deepEqual(ask(yard, 'c', 2_000), { position: 3, etaMs: 3_000 + 10_000 });
  // Said while it was on disk alone: two at a time.
  report({ status: 'available', slots: 2, ...first }, 2_000);
  report({ status: 'loading', loadFraction: 0.75, ...first }, 2_000);
  assert.deepEqual(ask(yard, 'd', 2_000), { position: 4, etaMs: 3_000 + 5_000 });
});

test('nobody is told how long a load takes that was never measured', () => {
  for (const told of [{}, { loadMs: 4_000, loadTimes: { next: 'first' } }] as const) {
    const yard = createYard();
    const A = { machineId: 'A', sessionId: 's' };
    const facts = { digest: 'd', displayName: 'Tiny', window: 0, thinking: false, tools: false, createdAtMs: 0 };
    const models = [{ id: 'tiny', status: 'loading', slots: 0, busySlots: 0, ...facts, ...told }] as const;
    step(yard, { type: 'machine-connected', ...A, name: 'A' }, 0);
    step(yard, { type: 'machine-reported', ...A, models, draining: false }, 0);
    assert.equal(ask(yard, 'a', 0)?.etaMs, undefined);
  }
});
