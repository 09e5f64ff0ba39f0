import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nestsDeeperThan } from './nesting.ts';

test('nesting is counted outside of strings', () => {
  assert.equal(nestsDeeperThan('[{"a":[]}]', 3), false);
  assert.equal(nestsDeeperThan('[{"a":[]}]', 2), true);
  assert.equal(nestsDeeperThan('[[],[],[]]', 2), false, 'what has ended counts no more');
  assert.equal(nestsDeeperThan('["[[[[", "\\"[[[", "\\\\"]', 1), false);
  assert.equal(nestsDeeperThan('["\\\\", [[]]]', 2), true, 'a backslash that is escaped escapes nothing');
  assert.equal(nestsDeeperThan('"[[[[', 1), false, 'a string without an end');
});
