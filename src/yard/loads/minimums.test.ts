import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { story } from '../fixtures/story.ts';
import { createYard, step } from '../step.ts';
import { viewMinimums } from './minimums.ts';

describe('a model that is to be loaded on so many machines at least', () => {
  story(
    'is kept where it is loaded, and loaded at once where it is not when its owner has just said so',
    `
    0      A connects
           > A/1 is live
    1      A reports big ready 0/1
    2      B connects
           > B/1 is live
    3      B reports big available
    10     at least 2 of big
           > keep big on A
           > load big on B
    20     B reports big loading
           > keep big on B
    5000   A is heard
    5000   B reports big ready 0/1 kept
    `,
  );

  story(
    'is loaded elsewhere when a machine that kept it is gone, once it has had time to come back',
    `
    0      A connects
           > A/1 is live
    1      A reports big ready 0/1
    2      B connects
           > B/1 is live
    3      B reports big available
    4      B starts beating
    5      at least 1 of big
           > keep big on A
    100    A disconnects
           > A/1 is lost
    15100  clock
           > load big on B
    15110  B reports big loading
           > keep big on B
    `,
  );

  story(
    'is loaded by the next machine that comes when those that were away have had their time, before what requests wait for',
    `
    0      A connects
           > A/1 is live
    1      A reports big ready 0/1
    2      at least 1 of big
           > keep big on A
    3      C connects
           > C/1 is live
    4      C reports other ready 1/1
    5      C starts beating
    100    A disconnects
           > A/1 is lost
    20000  r1 asks other
           > r1 is number 1
    20001  r2 asks other
           > r2 is number 2
    20002  C reports nothing
    21000  B connects
           > B/1 is live
    21001  B reports other available, big available
           > load big on B
           > load other on B
    `,
  );

  story(
    'is loaded at once on the machine that kept it when that is back without it, before what requests wait for',
    `
    0      A connects
           > A/1 is live
    1      A reports big ready 0/1
    2      B connects
           > B/1 is live
    3      B reports other ready 1/1
    4      B starts beating
    5      at least 1 of big
           > keep big on A
    100    A disconnects
           > A/1 is lost
    200    r1 asks other
           > r1 is number 1
    300    B reports nothing
    4000   A connects
           > A/2 is live
    4001   A reports other available, big available
           > load big on A
           > load other on A
    `,
  );

  story(
    'is asked of no other machine in place of one that may come back, whatever happens meanwhile',
    `
    0      A connects
           > A/1 is live
    1      A reports big ready 0/1
    2      B connects
           > B/1 is live
    3      B reports big available
    4      B starts beating
    5      at least 2 of big
           > keep big on A
           > load big on B
    10     B loads no big, not for 2000
    20     C connects
           > C/1 is live
    21     C reports big available
           > load big on C
    22     C starts beating
    23     C reports big loading
           > keep big on C
    100    A disconnects
           > A/1 is lost
    15100  clock
           > load big on B
    `,
  );

  story(
    'is loaded nowhere else when the machine that kept it has come back in time',
    `
    0      A connects
           > A/1 is live
    1      A reports big ready 0/1
    2      B connects
           > B/1 is live
    3      B reports big available
    4      B starts beating
    5      at least 1 of big
           > keep big on A
    100    A disconnects
           > A/1 is lost
    9000   A connects
           > A/2 is live
    9001   A starts beating
    9001   A reports big loading kept
    20000  A reports big ready 0/1 kept
    `,
  );

  story(
    'is kept where it was before by a gateway that has just started, not where it is heard of first',
    `
    0      at least 1 of big
    1      A connects
           > A/1 is live
    2      A reports big ready 0/1 kept
    3      B connects
           > B/1 is live
    4      B reports big ready 0/1
    `,
  );

  story(
    'is let go when its owner wants fewer, the machine known longest keeps it, and a pinned copy is taken first',
    `
    0      A connects
           > A/1 is live
    1      A reports big ready 0/1
    2      B connects
           > B/1 is live
    3      B reports big ready 0/1
    4      C connects
           > C/1 is live
    5      C reports big ready 0/1 pinned
    10     at least 2 of big
           > keep big on C
           > keep big on A
    20     at least 1 of big
           > do not keep big on C
    30     no minimums
           > do not keep big on A
    `,
  );

  story(
    'is asked of a machine that declined when that said it may be, or after a while',
    `
    0      A connects
           > A/1 is live
    1      A reports big available
    2      A starts beating
    10     at least 1 of big
           > load big on A
    11     A loads no big, not for 2000
    2011   clock
           > load big on A
    2012   A loads no big, not for 40000
    42012  clock
           > load big on A
    `,
  );

  story(
    'is not counted on a machine that takes nothing, or is about to unload it',
    `
    0      A connects
           > A/1 is live
    1      A reports big ready 0/1
    2      B connects
           > B/1 is live
    3      B reports big ready 0/1
    4      A starts beating
    4      B starts beating
    10     at least 1 of big
           > keep big on A
    20     A is held
           > do not keep big on A
           > keep big on B
    30     B reports big ready 0/1 giving way
           > do not keep big on B
    40     A is released
           > keep big on A
    `,
  );
});

test('what an attached server has loaded counts, and what it has not it is not asked for', () => {
  const yard = createYard();
  const facts = { digest: 'd', displayName: 'Tiny', window: 8_192, thinking: false, tools: false, createdAtMs: 0 };
  for (const name of ['A', 'B']) {
    const machine = { machineId: name, sessionId: name };
    const told = { counting: 'exact', cacheReporting: 'none', windowFrom: 'loaded' } as const;
    const attached = { server: 'Ollama', loaded: name === 'A', ...told };
    const models = [{ id: 'tiny', status: 'ready', slots: 1, busySlots: 0, attached, ...facts }] as const;
    step(yard, { type: 'machine-connected', ...machine, name }, 0);
    step(yard, { type: 'machine-reported', ...machine, models, draining: false }, 0);
  }
  step(yard, { type: 'minimums-set', minimums: new Map([['tiny', 2]]) }, 1);
  const [view] = viewMinimums(yard);
  assert.deepEqual(view?.on, ['A']);
  assert.deepEqual(view.because, ['B: its server decides what is loaded']);
});
