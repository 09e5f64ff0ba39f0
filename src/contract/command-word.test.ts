import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandWord } from './command-word.ts';

for (const [name, word] of [
  ['attic', 'attic'],
  ['box-2.local', 'box-2.local'],
  ['Living room PC', '"Living room PC"'],
  ['Büro', '"Büro"'],
  ['a "quoted" name', 'mch_1'],
  ['cost $5', 'mch_1'],
  ['100 %', 'mch_1'],
  ['--all', 'mch_1'],
  ['x\u201d; calc; \u201d', 'mch_1'],
  ['a; b', 'mch_1'],
] as const) {
  test(`the machine ${name} is called ${word} in a command`, () => assert.equal(commandWord(name, 'mch_1'), word));
}
