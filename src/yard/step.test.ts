import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ApiError, apiError } from '../contract/errors.ts';
import type { MachineModel } from '../contract/link/messages.ts';
import type { YardEffect, YardEvent } from './events.ts';
import { story } from './fixtures/story.ts';
import { createYard, step } from './step.ts';

describe('time', () => {
  story(
    'lost by the gateway itself is given back: nobody is suspected for our own sleep',
    `
    0        A connects
             > A/1 is live
    1        A reports tiny ready 0/1
    2        r1 asks tiny
             > offer r1.1 to A
    # The machine had a lease until 7501 and r1.1 until 5002; then we slept an hour.
    3600000  late clock
    3600500  A is heard
    3600900  A accepts r1.1
             > assign r1.1 to A
    `,
  );

  story(
    'of a small delay is not given back',
    `
    0     A connects
          > A/1 is live
    8500  late clock
          > A/1 is suspect
    `,
  );
});

describe('errors', () => {
  const A = { machineId: 'mch_a', sessionId: 'ses_a' };

  test('tell clients that compact what Anthropic would tell them', () => {
    const yard = createYard();
    step(yard, { type: 'machine-connected', ...A, name: 'attic' }, 0);
    step(yard, { type: 'machine-reported', ...A, models: [tiny({ slots: 1 })], draining: false }, 1);
    step(yard, submitted('r1'), 2);
    const reason = { code: 'context-overflow', tokens: 9_000, maximum: 7_168, window: 8_192 } as const;
    const effects = step(yard, { type: 'offer-declined', machineId: 'mch_a', requestId: 'r1', attempt: 1, reason }, 3);
    const message = 'prompt is too long: 9000 tokens > 7168 maximum';
    assert.deepEqual(errorOf(effects), { code: 'context_overflow', message, pool: { window: 8_192 } });
  });

  test('name the machine as its owner named it, and the cause it gave', () => {
    const yard = createYard();
    step(yard, { type: 'machine-connected', ...A, name: 'attic' }, 0);
    const failure = apiError('model_load_failed', 'tiny.gguf ends after 12 of 3000000 bytes');
    const models = [tiny({ status: 'failed', failure })];
    step(yard, { type: 'machine-reported', ...A, models, draining: false }, 1);
    assert.match(
      errorOf(step(yard, submitted('r1'), 2)).message,
      /tiny could not be loaded on attic: tiny\.gguf ends after 12 of 3000000 bytes/,
    );
  });

  test('say which bound was met', () => {
    const yard = createYard({ limits: { queuedPerKey: 1 } });
    step(yard, submitted('r1'), 0);
    assert.match(
      errorOf(step(yard, submitted('r2'), 1)).message,
      /1 requests of this key are waiting for tiny already and 1 may/,
    );
  });
});

describe('positions', () => {
  test('of many who wait are told sparingly: a second apart, at the far end only of moves by an eighth', () => {
    const yard = createYard({ limits: { queuedPerKey: 1_000, queuedAtLeast: 1_000, queueWaitMs: 1_000_000 } });
    const A = { machineId: 'A', sessionId: 's' };
    step(yard, { type: 'machine-connected', ...A, name: 'A' }, 0);
    step(yard, { type: 'machine-reported', ...A, models: [tiny({ slots: 1 })], draining: false }, 0);
    for (let index = 0; index <= 256; index++) step(yard, submitted(`r${index}`), 1);
    let nowMs = 1;
    let told = 0;
    let toldLast = 0;
    for (let index = 0; index < 256; index++) {
      nowMs += 2_000;
      const requestId = `r${index}`;
      const effects = [
        ...step(yard, { type: 'machine-heard', ...A }, nowMs - 1_000),
        ...step(yard, { type: 'offer-accepted', machineId: 'A', requestId, attempt: 1, promptTokens: 1 }, nowMs - 1),
        ...step(yard, { type: 'ticket-ended', requestId, attempt: 1, error: null }, nowMs),
      ];
      const positions = effects.filter((effect) => effect.type === 'request-queued');
      told += positions.length;
      toldLast += positions.filter((effect) => effect.requestId === 'r256').length;
    }
    assert.ok(toldLast > 20 && toldLast < 45, `the last in the queue was told ${toldLast} times`);
    assert.ok(told < 256 * 45, `${told} positions were told`);
  });
});

describe('a caller that breaks its promises', () => {
  test('is told so: time that goes back, time in fractions, an id used twice', () => {
    const yard = createYard();
    step(yard, submitted('r1'), 10);
    assert.throws(() => step(yard, { type: 'clock-advanced' }, 9), /step at 9 ms after 10 ms/);
    assert.throws(() => step(yard, { type: 'clock-advanced' }, 10.5), /whole ms/);
    assert.throws(() => step(yard, submitted('r1'), 11), /r1 was submitted twice/);
  });
});

function tiny(differences: Partial<MachineModel>): MachineModel {
  return {
    id: 'tiny',
    digest: 'd',
    displayName: 'Tiny',
    status: 'ready',
    window: 8_192,
    slots: 1,
    busySlots: 0,
    thinking: true,
    tools: true,
    createdAtMs: 0,
    ...differences,
  };
}

function submitted(requestId: string): YardEvent {
  return { type: 'request-submitted', requestId, keyId: 'key', model: 'tiny', estimatedTokens: 100 };
}

function errorOf(effects: readonly YardEffect[]): ApiError {
  const ended = effects.find((effect) => effect.type === 'request-ended');
  assert.ok(ended?.outcome.kind === 'rejected');
  return ended.outcome.error;
}
