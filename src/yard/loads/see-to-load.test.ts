import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { YardEvent } from '../events.ts';
import { story } from '../fixtures/story.ts';
import { createYard, step } from '../step.ts';

describe('a wish that a machine declines', () => {
  story(
    'takes nothing from a model that serves',
    `
    0      A connects
           > A/1 is live
    1      A reports big ready 0/1
    5      A loads no big
    10     r1 asks big
           > offer r1.1 to A
    `,
  );
});

describe('a model that nobody has loaded', () => {
  story(
    'is loaded where somebody asks for it, and everybody who asks waits for that load',
    `
    0      A connects
           > A/1 is live
    1      A reports big available
    10     r1 asks big
           > load big on A
           > r1 is number 1
    20     r2 asks big
           > r2 is number 2
    # A heartbeat that left before the wish arrived changes nothing.
    30     A reports big available
    40     A reports big loading
    7000   A is heard
    9000   A reports big ready 0/1
           > offer r1.1 to A
    9010   A accepts r1.1
           > assign r1.1 to A
    9500   r1.1 ends
           > r1 is answered
           > offer r2.1 to A
    `,
  );

  story(
    'is loaded where there is room before where another would have to go, and where it will be ready first',
    `
    0      A connects
           > A/1 is live
    1      A reports big available
    2      B connects
           > B/1 is live
    3      B reports big available in free room
    4      C connects
           > C/1 is live
    5      C reports big available in free room
    10     r1 asks big
           > load big on B
           > r1 is number 1
    `,
  );

  story(
    'is asked for again when the machine said it may be, and the client is told why it waited in vain',
    `
    0      A connects
           > A/1 is live
    1      A reports big available
    2      A starts beating
    10     r1 asks big
           > load big on A
           > r1 is number 1
    11     A loads no big, not for 25000
    25011  clock
           > load big on A
    25020  A loads no big, not for 30000
    55020  clock
           > load big on A
    55030  A loads no big, not for 4000
    59030  clock
           > load big on A
    59040  A loads no big
    60010  clock
           > r1 is rejected: no_machine, come back in 5919
    `,
  );

  story(
    'and nobody will load in time is refused at once, with the time',
    `
    0      A connects
           > A/1 is live
    1      A reports big available
    2      B connects
           > B/1 is live
    3      B reports big failed
    4      A starts beating
    4      B starts beating
    10     r1 asks big
           > load big on A
           > r1 is number 1
    20     r2 asks big as batch
           > r2 is number 2
    30     A loads no big, not for 70000
           > r1 is rejected: model_loading, come back in 29593
    # Batch may wait for longer, and so does who comes late enough.
    1010   clock
           > r2 is number 1
    2000   r3 asks big
           > r3 is rejected: model_loading, come back in 27866
    20000  r4 asks big
           > r4 is number 1
    21000  clock
           > r2 is number 2
    70030  clock
           > load big on A
    `,
  );

  story(
    'is loaded at once where room was made that was said to be taken for longer',
    `
    0      A connects
           > A/1 is live
    1      A reports big available
    4      A starts beating
    10     r1 asks big
           > load big on A
           > r1 is number 1
    20     A loads no big, not for 120000
           > r1 is rejected: model_loading, come back in 29593
    1000   A reports big available in free room
    1010   r2 asks big
           > load big on A
           > r2 is number 1
    `,
  );

  story(
    'is waited for all the same while another machine that has it may be able to serve it again',
    `
    0      A connects
           > A/1 is live
    1      A reports big available
    2      B connects
           > B/1 is live
    3      B reports pressed, big ready 0/1
    4      A starts beating
    10     r1 asks big
           > load big on A
           > r1 is number 1
    20     A loads no big, not for 240000
    5000   B reports big ready 0/1
           > offer r1.1 to B
    `,
  );

  story(
    'and never fits is an error with the numbers, once no other machine can be hoped for',
    `
    0      A connects
           > A/1 is live
    1      A reports big available
    2      A starts beating
    10     r1 asks big
           > load big on A
           > r1 is number 1
    11     A loads no big
    5011   clock
           > r1 is rejected: no_machine, come back in 5919
    `,
  );

  story(
    'and would fit but for what is pinned is refused by that name at once, before a broken file of another machine',
    `
    0      A connects
           > A/1 is live
    1      A reports big failed
    2      B connects
           > B/1 is live
    3      B reports big failed for want of room
    10     r1 asks big
           > r1 is rejected: model_no_room
    `,
  );

  story(
    'is asked for elsewhere when its machine falls silent or fails to load it',
    `
    0      A connects
           > A/1 is live
    1      A reports big available
    2      B connects
           > B/1 is live
    3      B reports big available
    4      B starts beating
    10     r1 asks big
           > load big on A
           > r1 is number 1
    20     A reports big loading
    30     A reports big failed
           > load big on B
    40     B reports big loading
    3000   B reports big ready 0/1
           > offer r1.1 to B
    `,
  );

  story(
    'is asked for again when no answer comes',
    `
    0      A connects
           > A/1 is live
    1      A reports big available
    2      A starts beating
    10     r1 asks big
           > load big on A
           > r1 is number 1
    10010  clock
           > load big on A
    `,
  );

  story(
    'is loaded to the end when the one who asked has left',
    `
    0      A connects
           > A/1 is live
    1      A reports big available
    10     r1 asks big
           > load big on A
           > r1 is number 1
    20     A reports big loading
    30     r1 is withdrawn: client-left
           > r1 is cancelled: client-left
    5000   A reports big ready 0/1
    5010   r2 asks big
           > offer r2.1 to A
    `,
  );

  story(
    'is no reason to give up on one that gives way: its requests wait until it has its turn again',
    `
    0      A connects
           > A/1 is live
    1      A reports big ready 1/1 giving way
    2      A starts beating
    10     r1 asks big
           > r1 is number 1
    20     A reports big available
           > load big on A
    30     A loads no big, not for 30000
    30030  clock
           > load big on A
    30040  A reports big loading
    33000  A reports big ready 0/1
           > offer r1.1 to A
    `,
  );
});

describe('a second copy of a model', () => {
  story(
    'is loaded when many wait, and only where there is free room',
    `
    0      A connects
           > A/1 is live
    1      A reports big ready 1/1
    2      B connects
           > B/1 is live
    3      B reports big available
    10     r1 asks big
           > r1 is number 1
    11     r2 asks big
           > r2 is number 2
    20     B reports big available in free room
           > load big on B
    `,
  );

  test('is not, when those who wait have had their turn before it is loaded', () => {
    for (const [loadMs, isAsked] of [
      [30_000, false],
      [1_000, true],
    ] as const) {
      const yard = createYard();
      const tell = (event: YardEvent, nowMs: number) => step(yard, event, nowMs);
      const model = { id: 'big', digest: 'big', displayName: 'big', window: 8_192, thinking: true, tools: true };
      for (const machineId of ['A', 'B']) {
        tell({ type: 'machine-connected', machineId, sessionId: machineId, name: machineId }, 0);
        const state =
          machineId === 'A'
            ? ({ status: 'ready', slots: 1 } as const)
            : ({ status: 'available', slots: 0, room: 'free', loadMs } as const);
        const models = [{ ...model, ...state, busySlots: 0, createdAtMs: 0 }];
        tell({ type: 'machine-reported', machineId, sessionId: machineId, models, draining: false }, 0);
      }
      // Each answer takes a second.
      const ask = (requestId: string, nowMs: number) =>
        tell({ type: 'request-submitted', requestId, keyId: 'key', model: 'big', estimatedTokens: 10 }, nowMs);
      for (let at = 0; at < 3; at += 1) {
        const name = { requestId: `before${at}`, attempt: 1 };
        ask(name.requestId, at * 1_000);
        tell({ type: 'offer-accepted', machineId: 'A', ...name, promptTokens: 10 }, at * 1_000);
        const usage = { readTokens: 10, outputTokens: 10 };
        tell({ type: 'ticket-ended', ...name, error: null, usage }, (at + 1) * 1_000);
      }
      const effects = Array.from({ length: 5 }, (_, at) => ask(`r${at}`, 3_000)).flat();
      assert.equal(
        effects.some(({ type }) => type === 'send-load'),
        isAsked,
        `${loadMs} ms`,
      );
    }
  });
});
