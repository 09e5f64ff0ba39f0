/** What a gateway remembers of an answer it is showing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GenerationEvent } from '../contract/generation/events.ts';
import { limits } from '../contract/limits.ts';
import { AnswerJournal } from './answer-journal.ts';

const start = (kind: 'text' | 'thinking'): GenerationEvent => ({ type: 'block-start', block: { kind } });
const delta = (text: string, tokens?: number[], keptTokens?: number): GenerationEvent => ({
  type: 'block-delta',
  text,
  ...(tokens === undefined ? {} : { tokens }),
  ...(keptTokens === undefined ? {} : { keptTokens }),
});

function journalOf(...events: readonly GenerationEvent[]): AnswerJournal {
  const journal = new AnswerJournal();
  for (const event of events) journal.record(event);
  return journal;
}

test('it has each block as far as it was shown, and the ids behind all of them', () => {
  const journal = journalOf(
    { type: 'generation-start', promptTokens: 9, cachedTokens: 0 },
    start('thinking'),
    delta('Hm', [7, 8]),
    { type: 'block-end' },
    start('text'),
    delta('Hel', [9, 10]),
    delta('lo', [11]),
  );
  assert.deepEqual(journal.blocks, [
    { kind: 'thinking', chars: 2 },
    { kind: 'text', chars: 5 },
  ]);
  assert.deepEqual(journal.tokens, [7, 8, 9, 10, 11]);
  assert.deepEqual([journal.chars, journal.tokenCount], [7, 5]);
});

test('ids of a call that was cut off do not stay', () => {
  const journal = journalOf(start('text'), delta('I look', [1, 2, 3]), delta('.', [8], 2));
  assert.deepEqual(journal.tokens, [1, 2, 8]);
  assert.equal(journal.tokenCount, 3);
});

test('without ids from its engine, also if it is once, an answer is counted by its text alone', () => {
  const journal = journalOf(start('text'), delta('Hel', [1]), delta('lo'), delta('!', [3]));
  assert.deepEqual([journal.tokens, journal.tokenCount, journal.chars], [null, null, 6]);
});

test('ids beyond the limit are not kept, and counted all the same', () => {
  const many = Array.from({ length: limits.journalTokens }, (_, id) => id);
  const journal = journalOf(start('text'), delta('x', many));
  assert.equal(journal.tokens?.length, limits.journalTokens);
  journal.record(delta('y', [1]));
  journal.record(delta('z', [2]));
  assert.deepEqual([journal.tokens, journal.tokenCount], [null, limits.journalTokens + 2]);
});

test('blocks beyond the limit are not kept, nor is their text taken for that of the last', () => {
  const journal = journalOf();
  for (let index = 0; index <= limits.journalBlocks; index++) {
    for (const event of [start('text'), delta('x', [index]), { type: 'block-end' } as const]) journal.record(event);
  }
  assert.equal(journal.blocks.length, limits.journalBlocks);
  assert.deepEqual(journal.blocks.at(-1), { kind: 'text', chars: 1 });
  assert.deepEqual([journal.tokens, journal.chars], [null, limits.journalBlocks + 1]);
});
