/** What slots hold, told by the hashes of the tickets that ran on them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SlotBook } from './slot-book.ts';

const prefix = (lineage: string, count = 4) => ({
  lineage,
  blocks: Array.from({ length: count }, (_, at) => `${lineage}${at}`),
  ends: Array.from({ length: count }, (_, at) => ((at + 1) * 1_000) / count),
});

test('a prompt that was read whole is held whole', () => {
  const held = new SlotBook(2).ended(1, prefix('a'), 1_080, 1_000);
  assert.deepEqual(held, { slot: 1, lineage: 'a', blocks: ['a0', 'a1', 'a2', 'a3'], tokens: 1_080 });
});

test('of a prompt that was cut short the blocks that were read are held', () => {
  assert.deepEqual(new SlotBook(2).ended(0, prefix('a'), 600, 1_000).blocks, ['a0', 'a1']);
  assert.deepEqual(new SlotBook(2).ended(0, prefix('a'), 999, 1_000).blocks.length, 4, 'the last token comes later');
});

test('a slot holds what ran there last; one whose engine failed holds nothing', () => {
  const book = new SlotBook(2);
  book.ended(0, prefix('a'), 1_000, 1_000);
  book.ended(0, prefix('b'), 1_000, 1_000);
  assert.deepEqual(
    book.all.map(({ lineage }) => lineage),
    ['b'],
  );
  assert.deepEqual(book.lost(0), { slot: 0, lineage: '', blocks: [], tokens: 0 });
  assert.deepEqual(book.all, []);
});

test('an engine that names no slots keeps as many conversations as it has slots, those used last', () => {
  const book = new SlotBook(2);
  for (const lineage of ['a', 'b', 'a', 'c']) {
    book.ended(book.usualSlot(prefix(lineage)), prefix(lineage), 1_000, 1_000);
  }
  assert.deepEqual(new Set(book.all.map(({ lineage }) => lineage)), new Set(['a', 'c']));
});
