import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { generationOf, usualGeneration } from './generations.ts';
import { weigh } from './quality.ts';

describe('the better of two models', () => {
  const pairs: readonly (readonly [sentence: string, better: string, worse: string])[] = [
    ['has more parameters', 'qwen3-14b-q4', 'qwen3-8b-q4'],
    ['has more bits', 'qwen3-8b-q8', 'qwen3-8b-q4'],
    ['is of a later generation', 'qwen3-8b-q4', 'qwen2.5-7b-instruct-q4'],
    ['at 4 bits is the larger one', 'qwen3-14b-q4', 'qwen3-8b-q8'],
    ['at 2 bits is not the larger one', 'qwen3-8b-q8', 'qwen3-14b-iq2-xxs'],
    ['may be smaller, and two years younger', 'qwen3-32b-q4', 'llama2-70b-q4'],
    ['of a mixture of experts counts those that are used too', 'qwen3-14b-q4', 'qwen3-30b-a3b-q4'],
    ['is the mixture, when it is large enough', 'qwen3-30b-a3b-q4', 'qwen3-8b-q4'],
  ];
  const quality = (id: string): number => weigh(id).quality ?? Number.NaN;
  for (const [sentence, better, worse] of pairs) {
    test(sentence, () => assert.ok(quality(better) > quality(worse), `${quality(better)} and ${quality(worse)}`));
  }
});

test('what a copy tells counts more than its name', () => {
  const told = weigh('phi4-q4', { format: 'gguf', name: 'phi-4-Q4_K_M.gguf', parameters: 14.7e9 });
  assert.deepEqual(told, { parameters: 14.7e9, quality: 5.38 });
  const mixture = { format: 'gguf', name: 'x', parameters: 100e9, activeParameters: 1e9 };
  assert.equal(weigh('x', mixture).quality, weigh('x', { format: 'gguf', name: 'x', parameters: 10e9 }).quality);
});

test('a model of unknown size has no quality', () => {
  assert.deepEqual(weigh('my-model'), { parameters: null, quality: null });
});

test('a family is known by the longest beginning of whole words', () => {
  assert.equal(generationOf('qwen3-coder'), 2025.6);
  assert.equal(generationOf('qwen3-vl'), 2025.3);
  assert.equal(generationOf('llama3.9'), usualGeneration, 'not llama3');
  assert.equal(generationOf(''), usualGeneration);
});
