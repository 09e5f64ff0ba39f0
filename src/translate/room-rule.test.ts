import assert from 'node:assert/strict';
import { test } from 'node:test';
import { roomRule } from './room-rule.ts';

const cases: [string, [number, number, number], ReturnType<typeof roomRule>][] = [
  ['a small answer needs only its own room', [8_000, 100, 8_192], { fits: true, maxTokens: 100 }],
  ['a huge max_tokens is clamped to what is left', [1_000, 128_000, 32_768], { fits: true, maxTokens: 31_768 }],
  ['an eighth of a small window is kept for the answer', [7_169, 32_000, 8_192], { fits: false, maximum: 7_168 }],
  ['the last prompt that fits', [7_168, 32_000, 8_192], { fits: true, maxTokens: 1_024 }],
  ['no more than 4,096 tokens are kept in a large window', [61_441, 32_000, 65_536], { fits: false, maximum: 61_440 }],
  ['reading a prompt without answering may fill the window', [8_192, 0, 8_192], { fits: true, maxTokens: 0 }],
];

for (const [name, args, expected] of cases) {
  test(`room rule: ${name}`, () => assert.deepEqual(roomRule(...args), expected));
}
