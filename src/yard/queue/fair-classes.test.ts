/** What a key gets beside another one, whatever it calls its requests: two keys that ask again as soon as they are answered. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { ServiceClass } from '../../contract/service-class.ts';
import type { YardEvent } from '../events.ts';
import { createYard, step } from '../step.ts';

const slots = 2;
const turnMs = 1_000;
const inTheLoop = 12;

/** Answers of each key after so many turns; `classesOfAnn` in turn. */
function play(classesOfAnn: readonly ServiceClass[], turns: number): { ann: number; bob: number } {
  const yard = createYard();
  const answers = { ann: 0, bob: 0 };
  const running: { readonly requestId: string; readonly attempt: number }[] = [];
  const asked = { ann: 0, bob: 0 };
  let nowMs = 0;
  const tell = (event: YardEvent): void => {
    for (const effect of step(yard, event, nowMs)) {
      if (effect.type === 'send-offer') running.push({ requestId: effect.requestId, attempt: effect.attempt });
    }
  };
  const ask = (keyId: 'ann' | 'bob'): void => {
    asked[keyId] += 1;
    const serviceClass = keyId === 'bob' ? 'interactive' : classesOfAnn[asked[keyId] % classesOfAnn.length];
    const request = { keyId, model: 'tiny', estimatedTokens: 1_000, maxTokens: 256 };
    tell({
      type: 'request-submitted',
      requestId: `${keyId}_${asked[keyId]}`,
      ...request,
      ...(serviceClass ? { serviceClass } : {}),
    });
  };
  const session = { machineId: 'A', sessionId: 'A' };
  const facts = { digest: 'd', displayName: 'Tiny', window: 8_192, thinking: false, tools: false, createdAtMs: 0 };
  tell({ type: 'machine-connected', ...session, name: 'A' });
  const model = { id: 'tiny', status: 'ready', slots, busySlots: 0, ...facts } as const;
  tell({ type: 'machine-reported', ...session, models: [model], draining: false });
  for (let count = 0; count < inTheLoop; count += 1) {
    ask('ann');
    ask('bob');
  }
  while (answers.ann + answers.bob < turns) {
    const name = running.shift();
    if (name === undefined) throw new Error('nobody is served');
    tell({ type: 'offer-accepted', machineId: 'A', ...name, promptTokens: 1_000 });
    nowMs += turnMs / slots;
    tell({ type: 'machine-heard', ...session });
    tell({ type: 'ticket-ended', ...name, error: null, usage: { readTokens: 1_000, outputTokens: 256 } });
    const keyId = name.requestId.startsWith('ann') ? 'ann' : 'bob';
    answers[keyId] += 1;
    ask(keyId);
  }
  return answers;
}

describe('two keys of one weight', () => {
  test('get the same when one calls every second request less urgent', () => {
    const { ann, bob } = play(['interactive', 'background'], 200);
    assert.ok(Math.abs(ann - bob) <= 6, `${ann} and ${bob}`);
  });

  test('get no more for what they call their requests', () => {
    const classes = fc.array(fc.constantFrom<ServiceClass>('interactive', 'background', 'batch'), {
      minLength: 1,
      maxLength: 6,
    });
    const property = fc.property(classes, (classesOfAnn) => {
      const { ann, bob } = play(classesOfAnn, 120);
      assert.ok(ann <= bob + 6, `${ann} and ${bob}`);
    });
    fc.assert(property, { numRuns: 15 });
  });
});
