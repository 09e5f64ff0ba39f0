import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainText } from './plain-text.ts';
import { table } from './table.ts';

test('what a machine says moves no cursor and forges no line', () => {
  assert.equal(plainText('\u001b[2J\nbox\u009b1m\u202exob'), '?[2J?box?1m?xob');
  assert.equal(plainText('Żółw 🦊 日本語 a-b_c'), 'Żółw 🦊 日本語 a-b_c');
  assert.equal(table(['machine', 'state'], [['a\nb  linked', 'away']]), 'machine      state\na?b  linked  away\n');
});
