import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RequestOutcome } from '../events.ts';
import { chargeOf } from './charge.ts';

const usage = { promptTokens: 1_000, cachedTokens: 900, outputTokens: 50, thinkingTokens: 20 };
const progress = { promptTokens: 1_000, cachedTokens: 400, shown: { chars: 41, tokenCount: null } };
const counted = { ...progress, shown: { chars: 41, tokenCount: 7 } };
const unstarted = { promptTokens: null, cachedTokens: 0, shown: { chars: 0, tokenCount: 0 } };
const error = { code: 'machine_lost', message: 'gone' } as const;

const cases: readonly [string, RequestOutcome, typeof usage | null, Parameters<typeof chargeOf>[2], number, number][] =
  [
    ['an answer costs what its usage says', { kind: 'answered' }, usage, progress, 100, 50],
    [
      'a machine that tells of more cached tokens than there are earns nobody tokens',
      { kind: 'answered' },
      { ...usage, cachedTokens: 5_000 },
      progress,
      0,
      50,
    ],
    [
      'a client that leaves pays for what was made',
      { kind: 'cancelled', reason: 'client-left' },
      null,
      progress,
      600,
      11,
    ],
    [
      'a client that leaves pays for the tokens its engine told',
      { kind: 'cancelled', reason: 'client-left' },
      null,
      counted,
      600,
      7,
    ],
    ['one that leaves the queue pays nothing', { kind: 'cancelled', reason: 'client-left' }, null, unstarted, 0, 0],
    ['a rejected request costs nothing', { kind: 'rejected', error }, null, progress, 0, 0],
    ['an answer that failed is the cost of the pool', { kind: 'failed', error }, null, progress, 0, 0],
  ];
for (const [name, outcome, told, seen, inputTokens, outputTokens] of cases) {
  test(name, () => assert.deepEqual(chargeOf(outcome, told, seen), { inputTokens, outputTokens }));
}
