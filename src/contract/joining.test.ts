import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Value } from 'typebox/value';
import { MachineLabelSchema } from './joining.ts';

test('a label is what can be asked for in a list with commas', () => {
  for (const label of ['trusted', 'büro', 'a b', 'x', '24/7', 'none-smoking']) {
    assert.ok(Value.Check(MachineLabelSchema, label), label);
  }
  for (const label of ['', 'a,b', ' x', 'x ', ' ', 'a\nb', 'a\u0000', 'all', 'none', 'x'.repeat(129)]) {
    assert.ok(!Value.Check(MachineLabelSchema, label), JSON.stringify(label));
  }
});
