import assert from 'node:assert/strict';
import { test } from 'node:test';
import { known, unknown } from '../contract/machine/fact.ts';
import type { Facts } from '../contract/machine/facts.ts';
import { rtx4090 } from '../landmines/examples.ts';
import { factsText } from './fact-text.ts';

const facts = {
  'engine.tokens_per_s': known(41.5, 'the last 5 answers'),
  'memory.swapouts': unknown('absent', 'this system does not count what it writes to its swap, or nobody may read it'),
  'nvidia.gpus': known([rtx4090], 'nvidia-smi'),
};

test('in a terminal no line is wider than it is', () => {
  const text = factsText(facts, 80);
  assert.ok(
    text.split('\n').every((line) => line.length <= 80),
    text,
  );
  assert.match(text, /^engine\.tokens_per_s {2}41\.5 tokens\/s {2}\(the last 5 answers\)$/m);
  assert.match(text, /^ {4}vendor nvidia, index 0, name NVIDIA GeForce RTX 4090,/m);
});

test('in a pipe one fact is one line', () => {
  const lines = factsText(facts, Number.POSITIVE_INFINITY).split('\n');
  assert.match(lines[1] ?? '', /^memory\.swapouts {6}unknown: this system .* nobody may read it \[absent\]$/);
  assert.equal(lines.length, 5);
});

test('one source of all is said once', () => {
  const told = { 'nvidia.driver': known('595.58', 'a.xml'), 'nvidia.cuda_driver': known('13.2', 'a.xml') };
  assert.equal(factsText(told, 80), 'nvidia.cuda_driver  13.2\nnvidia.driver       595.58\n\nAll of it from a.xml.\n');
  assert.equal(factsText({}, 80), '');
});

test('a value of another shape than this build knows has a line all the same', () => {
  const odd = { 'gpu.all': known([null, { name: 5 }, 'x'], 'a') } as unknown as Facts;
  assert.equal(factsText(odd, 80), 'gpu.all  3  (a)\n    null\n    name 5\n    x\n');
});
