/** What clients are told of where their requests went, and what they may ask. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Decision } from '../../yard/routing/decision.ts';
import { decision as made } from '../../yard/routing/fixtures/decision.ts';
import { decisionComment, decisionHeaders } from './decision-text.ts';
import { readWishes } from './read-wishes.ts';

const decision: Decision = {
  ...made,
  attempt: 2,
  queuedMs: 12.4,
  chosen: {
    ...made.chosen,
    name: 'Bürgers\nPC',
    cachedTokens: 7,
    predicted: { ...made.chosen.predicted, readMs: 3.3, ttftMs: 6.3 },
  },
};

test('headers hold only what a header can hold', () => {
  assert.deepEqual(decisionHeaders(decision), {
    'x-metalyard-machine': 'B%C3%BCrgers%0APC',
    'x-metalyard-attempt': '2',
    'x-metalyard-queue-ms': '12',
    'x-metalyard-predicted-ttft-ms': '6',
    'x-metalyard-predicted-cached-tokens': '7',
  });
});

test('the comment is one line, whatever a machine is called', () => {
  const usage = { promptTokens: 10, cachedTokens: 6, outputTokens: 3, thinkingTokens: 0 };
  const comment = decisionComment({ decision, attempts: 2, ttftMs: 9, totalMs: 20, usage });
  assert.doesNotMatch(comment, /[\r\n]/);
  const told: unknown = JSON.parse(comment.replace(/^metalyard /, ''));
  assert.deepEqual(told, {
    machine: 'Bürgers\nPC',
    attempts: 2,
    queue_ms: 12,
    predicted_ttft_ms: 6,
    ttft_ms: 9,
    total_ms: 20,
    predicted_cached_tokens: 7,
    cached_tokens: 6,
    prompt_tokens: 10,
    output_tokens: 3,
  });
});

test('a request asks for machines by name and label; without these headers it may go anywhere', () => {
  assert.equal(readWishes({}), null);
  assert.deepEqual(readWishes({ 'x-metalyard-machine': 'desk, cellar' }), { machines: ['desk', 'cellar'], labels: [] });
  assert.deepEqual(readWishes({ 'x-metalyard-labels': 'trusted' }), { machines: null, labels: ['trusted'] });
  // As a header of UTF-8 comes out of Node, and as an answer names it.
  const sent = Buffer.from('büro').toString('latin1');
  assert.deepEqual(readWishes({ 'x-metalyard-labels': sent })?.labels, ['büro']);
  assert.deepEqual(
    readWishes({ 'x-metalyard-labels': 'b\u00fcro' })?.labels,
    ['büro'],
    'from a client that sends Latin-1',
  );
  assert.deepEqual(readWishes({ 'x-metalyard-machine': 'b%C3%BCro, a%2Cb, 50%' })?.machines, ['büro', 'a,b', '50%']);
  assert.throws(() => readWishes({ 'x-metalyard-machine': ' , ' }), /x-metalyard-machine: name 1 to 32/);
});
