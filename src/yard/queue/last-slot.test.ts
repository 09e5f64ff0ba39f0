/** Nobody who holds its share takes the last free slots while somebody else is about. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { YardEvent } from '../events.ts';
import { story } from '../fixtures/story.ts';
import { invariants } from '../invariants.ts';
import { createYard, step } from '../step.ts';

/** Bob asks, and is answered: he is about. */
const bobWasHere = `
    10  b1 asks tiny with bob
        > offer b1.1 to A
    11  A accepts b1.1
        > assign b1.1 to A
    20  b1.1 ends
        > b1 is answered
`;

describe('the last free slot', () => {
  story(
    'is left to a key that was seen lately, and taken when there is one more',
    `
    0   A connects
        > A/1 is live
    1   A reports tiny ready 0/4
    ${bobWasHere}
    30  a1 asks tiny with ann
        > offer a1.1 to A
    31  a2 asks tiny with ann
        > offer a2.1 to A
    32  a3 asks tiny with ann
        > offer a3.1 to A
    33  a4 asks tiny with ann
        > a4 is number 1
    34  a5 asks tiny with ann
        > a5 is number 2
    40  b2 asks tiny with bob
        > offer b2.1 to A
    50  A accepts a1.1
        > assign a1.1 to A
    51  A accepts a2.1
        > assign a2.1 to A
    52  A accepts a3.1
        > assign a3.1 to A
    60  a1.1 ends
        > a1 is answered
    61  a2.1 ends
        > a2 is answered
        > offer a4.1 to A
    `,
  );

  story(
    'is left with as many more as the other mostly wants at once, and does not hold',
    `
    0   A connects
        > A/1 is live
    1   A reports tiny ready 0/6
    10  b1 asks tiny with bob
        > offer b1.1 to A
    11  b2 asks tiny with bob
        > offer b2.1 to A
    20  A accepts b1.1
        > assign b1.1 to A
    21  A accepts b2.1
        > assign b2.1 to A
    1000  b1.1 ends
        > b1 is answered
    1001  b2.1 ends
        > b2 is answered
    1010  a1 asks tiny with ann
        > offer a1.1 to A
    1011  a2 asks tiny with ann
        > offer a2.1 to A
    1012  a3 asks tiny with ann
        > offer a3.1 to A
    1013  a4 asks tiny with ann
        > offer a4.1 to A
    1014  a5 asks tiny with ann
        > a5 is number 1
    1020  b3 asks tiny with bob
        > offer b3.1 to A
    1021  b4 asks tiny with bob
        > offer b4.1 to A
    `,
  );

  story(
    'is taken by whose turn it is among those who wait',
    `
    0   A connects
        > A/1 is live
    1   A reports tiny ready 0/2
    10  a1 asks tiny with ann
        > offer a1.1 to A
    11  a2 asks tiny with ann
        > offer a2.1 to A
    12  a3 asks tiny with ann
        > a3 is number 1
    20  b1 asks tiny with bob
        > b1 is number 1
    21  b2 asks tiny with bob
        > b2 is number 2
    30  A accepts a1.1
        > assign a1.1 to A
    31  A accepts a2.1
        > assign a2.1 to A
    40  a1.1 ends
        > a1 is answered
        > offer b1.1 to A
    50  a2.1 ends
        > a2 is answered
        > offer b2.1 to A
    `,
  );

  story(
    'is taken once the other has been away for a minute',
    `
    0      A connects
           > A/1 is live
    1      A reports tiny ready 0/2
    2      A starts beating
    ${bobWasHere}
    30     a1 asks tiny with ann
           > offer a1.1 to A
    31     A accepts a1.1
           > assign a1.1 to A
    32     a1.1 is streaming
    33     a2 asks tiny with ann for 90000 ms
           > a2 is number 1
    20000  a1.1 is streaming
    40000  a1.1 is streaming
    60019  a1.1 is streaming
    60020  clock
           > offer a2.1 to A
    `,
  );

  story(
    'is anybody’s where one key is about, or there is one slot',
    `
    0   A connects
        > A/1 is live
    1   A reports tiny ready 0/2, mini ready 0/1
    10  a1 asks tiny with ann
        > offer a1.1 to A
    11  a2 asks tiny with ann
        > offer a2.1 to A
    20  b1 asks mini with bob
        > offer b1.1 to A
    21  A accepts b1.1
        > assign b1.1 to A
    22  b1.1 ends
        > b1 is answered
    30  a3 asks mini with ann
        > offer a3.1 to A
    `,
  );

  story(
    'is not left to what is less urgent',
    `
    0   A connects
        > A/1 is live
    1   A reports tiny ready 0/2
    10  b1 asks tiny with bob as background
        > offer b1.1 to A
    11  A accepts b1.1
        > assign b1.1 to A
    20  b1.1 ends
        > b1 is answered
    30  a1 asks tiny with ann
        > offer a1.1 to A
    31  a2 asks tiny with ann
        > offer a2.1 to A
    `,
  );

  story(
    'that people leave to people is not for what is less urgent, until it is its turn',
    `
    0   A connects
        > A/1 is live
    1   A reports tiny ready 0/2
    ${bobWasHere}
    30  a1 asks tiny with ann
        > offer a1.1 to A
    31  a2 asks tiny with ann
        > a2 is number 1
    32  c1 asks tiny with cid as background
        > c1 is number 2
    40  b2 asks tiny with bob
        > offer b2.1 to A
    50  A accepts b2.1
        > assign b2.1 to A
    60  b2.1 ends
        > b2 is answered
    70  a2 is withdrawn: client-left
        > a2 is cancelled: client-left
        > offer c1.1 to A
    `,
  );

  story(
    'of where a request may go is left to those who may go nowhere else either',
    `
    0   A connects
        > A/1 is live
    1   B connects
        > B/1 is live
    2   A reports tiny ready 0/2
    3   B reports tiny ready 0/4
    10  b1 asks tiny with bob on machines A
        > offer b1.1 to A
    11  A accepts b1.1
        > assign b1.1 to A
    20  b1.1 ends
        > b1 is answered
    30  a1 asks tiny with ann on machines A
        > offer a1.1 to A
    31  a2 asks tiny with ann on machines A
        > a2 is number 1
    32  a3 asks tiny with ann
        > offer a3.1 to B
    40  b2 asks tiny with bob on machines A
        > offer b2.1 to A
    `,
  );

  story(
    'is a key’s that holds none any more',
    `
    0   A connects
        > A/1 is live
    1   A reports tiny ready 0/2
    ${bobWasHere}
    30  a1 asks tiny with ann
        > offer a1.1 to A
    31  A accepts a1.1
        > assign a1.1 to A
    32  a2 asks tiny with ann
        > a2 is number 1
    33  a1 is withdrawn: client-left
        > cancel a1.1 on A: client-left
        > a1 is cancelled: client-left
        > offer a2.1 to A
    `,
  );

  story(
    'is left to a key that may go nowhere else, and not to one that may not go there',
    `
    0   A connects
        > A/1 is live
    1   A reports tiny ready 0/1
    2   B connects
        > B/1 is live
    3   B reports tiny ready 0/1
    10  a1 asks tiny with ann on machines A
        > offer a1.1 to A
    20  b1 asks tiny with bob on machines A
        > b1 is number 1
    30  a2 asks tiny with ann
        > offer a2.1 to B
    40  A accepts a1.1
        > assign a1.1 to A
    41  B accepts a2.1
        > assign a2.1 to B
    50  a3 asks tiny with ann
        > a3 is number 2
    60  a1.1 ends
        > a1 is answered
        > offer b1.1 to A
    `,
  );
});

describe('whatever is asked and whatever it costs', () => {
  const names = ['ann', 'bob', 'cid', 'dan'] as const;
  const act = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({ key: fc.constantFrom(...names), tokens: fc.integer({ min: 50, max: 30_000 }) }),
    },
    { weight: 2, arbitrary: fc.record({ ends: fc.nat({ max: 20 }), tokens: fc.integer({ min: 1, max: 30_000 }) }) },
  );

  test('no slot is free while somebody waits who holds less than a share among all that were seen, nor while nobody else was', () => {
    const property = fc.property(
      fc.integer({ min: 1, max: 8 }),
      fc.array(fc.tuple(act, fc.integer({ min: 0, max: 300 })), { minLength: 20, maxLength: 80 }),
      (slots, acts) => {
        const yard = createYard({ limits: { queuedPerKey: 100 } });
        const running: { readonly keyId: string; readonly requestId: string; readonly attempt: number }[] = [];
        const waiting = new Map<string, string>();
        let [nowMs, asked] = [0, 0];
        const tell = (event: YardEvent): void => {
          for (const effect of step(yard, event, nowMs)) {
            if (effect.type === 'request-ended') waiting.delete(effect.requestId);
            if (effect.type !== 'send-offer') continue;
            const { requestId, attempt } = effect;
            running.push({ keyId: waiting.get(requestId)!, requestId, attempt });
            waiting.delete(requestId);
            tell({ type: 'offer-accepted', machineId: 'A', requestId, attempt, promptTokens: 1_000 });
          }
        };
        const session = { machineId: 'A', sessionId: 'A' };
        const facts = {
          digest: 'd',
          displayName: 'Tiny',
          window: 100_000,
          thinking: false,
          tools: false,
          createdAtMs: 0,
        };
        tell({ type: 'machine-connected', ...session, name: 'A' });
        const model = { id: 'tiny', status: 'ready', slots, busySlots: 0, ...facts } as const;
        tell({ type: 'machine-reported', ...session, models: [model], draining: false });
        const seen = new Set<string>();
        for (const [each, afterMs] of acts) {
          nowMs += afterMs;
          tell({ type: 'machine-heard', ...session });
          if ('key' in each) {
            asked += 1;
            const requestId = `req_${asked}`;
            waiting.set(requestId, each.key);
            seen.add(each.key);
            const request = {
              requestId,
              keyId: each.key,
              model: 'tiny',
              estimatedTokens: each.tokens,
              maxTokens: 1_000,
            };
            tell({ type: 'request-submitted', ...request });
          } else if (running.length > 0) {
            const [done] = running.splice(each.ends % running.length, 1);
            const { requestId, attempt } = done!;
            const usage = { readTokens: each.tokens, outputTokens: 10 };
            tell({ type: 'ticket-ended', requestId, attempt, error: null, usage });
          }
          assert.deepEqual(invariants(yard), []);
          if (running.length >= slots) continue;
          for (const keyId of waiting.values()) {
            const holds = running.filter((one) => one.keyId === keyId).length;
            assert.ok(holds + 1 > slots / seen.size && holds > 0, `${keyId} holds ${holds} of ${slots} and waits`);
            assert.ok(seen.size > 1, `${keyId} waits and is alone`);
          }
        }
      },
    );
    fc.assert(property, { numRuns: 100 });
  });
});
