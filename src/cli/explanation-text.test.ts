/** Decisions in 80 columns, whatever machines are called. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LoadTimes } from '../contract/link/load-times.ts';
import type { Explanation } from '../gateway/decision-book.ts';
import type { Candidate } from '../yard/routing/decision.ts';
import { explanationText } from './explanation-text.ts';

const candidate = (name: string, changes: Partial<Candidate> = {}): Candidate => ({
  machineId: name,
  name,
  cachedTokens: 0,
  predicted: { waitMs: 0, answerMs: 12, startMs: 40, readMs: 4_000, ttftMs: 4_052, writeMs: 6_000 },
  penalties: [],
  cost: 5_552,
  pace: { readPerS: 5_500, writePerS: 50, confidence: 0.9 },
  ...changes,
});
const explanation: Explanation = {
  requestId: 'req_1',
  model: 'qwen3-8b-q4',
  attempts: [
    {
      decision: {
        requestId: 'req_1',
        attempt: 1,
        model: 'qwen3-8b-q4',
        queuedMs: 3,
        waited: [
          { state: 'not-loaded', because: 'pc: There is no room for it yet: a was loaded a moment ago.', ms: 30_100 },
          { state: 'loading', because: 'pc', ms: 5_300 },
        ],
        promptTokens: 22_310,
        chosen: candidate('laptop', {
          cachedTokens: 21_000,
          predicted: { waitMs: 0, answerMs: 12, startMs: 40, readMs: 730, ttftMs: 782, writeMs: 9_000 },
          penalties: [{ name: 'battery', ms: 700 }],
          pace: { readPerS: 1_800, writePerS: 30, confidence: 0 },
        }),
        alternatives: [candidate('the machine in the cellar that nobody has seen for years')],
        ruledOut: [
          { reason: 'draining', count: 6, machines: ['a', 'b', 'c', 'd'] },
          { reason: 'window', count: 1, machines: ['old'] },
        ],
        machines: 9,
      },
      lostBecause: null,
    },
  ],
  end: {
    kind: 'answered',
    code: null,
    message: null,
    usage: { promptTokens: 22_402, cachedTokens: 21_090, outputTokens: 120, thinkingTokens: 0 },
    ttftMs: 812,
    totalMs: 4_900,
  },
  waiting: null,
  refusal: null,
};

test('an answered request: what was predicted, what was seen, who else, who not', () => {
  assert.equal(
    explanationText(explanation),
    `req_1
qwen3-8b-q4: answered after 4.9 s, the first word after 812 ms; 22,402 tokens of
prompt, 21,090 of them cached, 120 of answer

Attempt 1: laptop, one of 9 with the model
  First word: 782 ms predicted, 812 ms seen (with 3 ms in the queue). Of that 0
  ms waiting for a slot, 12 ms until the offer is answered, 40 ms to start, 730
  ms to read 1,310 of about 22,310 tokens; 21,000 were expected in its cache.
  In the queue before that: 30.1 s in which nobody loaded it (pc: There is no
  room for it yet: a was loaded a moment ago), 5.3 s for the load on pc.
  Against it: battery (700 ms).
  machine               first word  cached  reads/s  writes/s  known  cost
  laptop                782 ms      21,000  1,800    30        guess  5.6 s
  the mach...for years  4.1 s       0       5,500    50        90 %   5.6 s
  Not a, b, c, d and 2 more: is draining.
  Not old: has too small a window for the prompt.
`,
  );
});

test('no line is longer than 80 columns, whatever machines are called', () => {
  const long = { ...explanation, end: null, waiting: null };
  for (const line of explanationText(long).split('\n')) assert.ok(line.length <= 80, line);
});

test('a request that waits: what it could have, and what it hopes for', () => {
  const text = explanationText({
    ...explanation,
    attempts: [],
    end: null,
    waiting: {
      model: 'qwen3-8b-q4',
      waitedMs: 2_000,
      hopesFor: candidate('desk'),
      isLoading: false,
      sparesMs: null,
      leavesLastSlot: false,
      loads: [],
      couldHave: [candidate('laptop')],
      ruledOut: [{ reason: 'full', count: 1, machines: ['desk'] }],
    },
  });
  assert.match(text, /not over yet\n\nWaiting for 2\.0 s\n {2}It is better off with desk, which is full: 4\.1 s/);
  assert.match(text, /\n {2}laptop .*\n {2}Not desk: has every slot taken\.\n$/);
});

test('a request that waits although slots are free, which its key leaves to others', () => {
  const waiting = {
    ...{ model: 'tiny', waitedMs: 2_000, hopesFor: null, isLoading: false, sparesMs: null, leavesLastSlot: true },
    ...{ loads: [], couldHave: [], ruledOut: [] },
  };
  const text = explanationText({ ...explanation, attempts: [], end: null, waiting });
  assert.match(text, /\n {2}The last free slots are left to other keys: its key has its share already\.\n/);
});

test('a request that waits for a load: what is left of it, and of which kind it is', () => {
  const load = { name: 'desk', wholeMs: 12_000, leftMs: 8_000 };
  const textOf = (times: LoadTimes | null): string =>
    explanationText({
      ...explanation,
      attempts: [],
      end: null,
      waiting: {
        ...{
          model: 'qwen3-8b-q4',
          waitedMs: 4_000,
          hopesFor: null,
          isLoading: false,
          sparesMs: null,
          leavesLastSlot: false,
          couldHave: [],
        },
        loads: [{ ...load, times }],
        ruledOut: [{ reason: 'loading', count: 1, machines: ['desk'] }],
      },
    });
  assert.match(
    textOf({ firstMs: 12_000, laterMs: 2_100, next: 'first' }),
    /desk loads it: 8\.0 s left of 12\.0 s \(the first since the machine started, or\n {2}file or driver changed; later ones took 2\.1 s\)\./,
  );
  assert.match(textOf({ firstMs: 40_000, next: 'later' }), /12\.0 s \(a later one; the first took 40 s\)\./);
  assert.match(textOf({ next: 'first' }), /\(guessed: it was never loaded there\)\./);
  assert.match(textOf(null), /desk loads it: 8\.0 s left of 12\.0 s\.\n/);
});

test('a request that never came to the queue: why it was refused', () => {
  const refusal = { code: 'model_not_found', message: 'model: gpt-4 is not served here.' } as const;
  assert.equal(
    explanationText({ requestId: 'req_2', model: '', attempts: [], end: null, waiting: null, refusal }),
    'req_2\nRefused at once: model_not_found: model: gpt-4 is not served here.\n',
  );
});
