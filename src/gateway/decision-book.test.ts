/** What is kept of where requests went: for a while, and not for ever. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiError } from '../contract/errors.ts';
import type { RequestReport } from '../transport/request-report.ts';
import type { Decision } from '../yard/routing/decision.ts';
import { decision as made } from '../yard/routing/fixtures/decision.ts';
import { DecisionBook } from './decision-book.ts';

const decision = (requestId: string, attempt: number): Decision => ({ ...made, requestId, attempt });
const report = (requestId: string, outcome: RequestReport['outcome']): RequestReport =>
  ({ requestId, model: 'tiny', outcome, usage: null, ttftMs: null, totalMs: 5 }) as RequestReport;

test('attempts stand in their order, those that were lost with the reason, and then the end', () => {
  const book = new DecisionBook();
  book.offered(decision('r1', 1));
  book.discarded('r1', 1, 'The link to desk was lost.');
  book.offered(decision('r1', 2));
  book.ended(report('r1', { kind: 'failed', error: apiError('engine_failed', 'It broke.') }));
  const found = book.explain('r1', null);
  assert.deepEqual(
    found?.attempts.map(({ lostBecause }) => lostBecause),
    ['The link to desk was lost.', null],
  );
  assert.deepEqual([found?.end?.kind, found?.end?.code, found?.end?.message], ['failed', 'engine_failed', 'It broke.']);
});

test('a request that was never offered is known by its end, one that waits by what the yard says', () => {
  const book = new DecisionBook();
  book.ended(report('r1', { kind: 'cancelled', reason: 'client-left' }));
  assert.deepEqual(book.explain('r1', null)?.attempts, []);
  const waiting = {
    model: 'tiny',
    waitedMs: 1,
    hopesFor: null,
    isLoading: false,
    sparesMs: null,
    leavesLastSlot: false,
    loads: [],
    couldHave: [],
    ruledOut: [],
  };
  assert.deepEqual(book.explain('r2', waiting), {
    requestId: 'r2',
    model: 'tiny',
    attempts: [],
    end: null,
    waiting,
    refusal: null,
  });
  assert.equal(book.explain('r3', null), undefined);
  book.refused('r3', apiError('model_not_found', 'model: gpt-4 is not served here.'));
  const refusal = { code: 'model_not_found', message: 'model: gpt-4 is not served here.' };
  assert.deepEqual(book.explain('r3', null)?.refusal, refusal);
});

test('the last 1,000 requests are kept', () => {
  const book = new DecisionBook();
  for (let index = 0; index <= 1_000; index += 1) book.offered(decision(`r${index}`, 1));
  assert.equal(book.explain('r0', null), undefined);
  assert.notEqual(book.explain('r1', null), undefined);
});
