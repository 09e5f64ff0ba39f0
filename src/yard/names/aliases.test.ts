import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkAlias, followAlias } from './aliases.ts';

const aliases = new Map([
  ['coder', 'qwen3-8b-q4'],
  ['gpt-4', 'coder'],
  ['small', 'tiny'],
]);
const ids = ['qwen3-8b-q4', 'tiny'];
const verdict = (name: string, target: string, known: readonly string[] | null = ids): string => {
  const check = checkAlias({ name, target }, aliases, known);
  return check.ok ? check.warnings.join(' ') : `no: ${check.why}`;
};

describe('an alias', () => {
  const good = [
    ['stands for a model', 'mine', 'qwen3-8b-q4'],
    ['stands for another alias', 'mine', 'gpt-4'],
    ['stands for one exact copy', 'mine', 'qwen3-8b-q4@0123abcd'],
    ['may be changed', 'coder', 'tiny'],
    ['may be another maker’s name', 'gpt-4o', 'auto'],
    ['may be one of Anthropic’s', 'claude-opus-4-6', 'tiny'],
    ['decides what a tier is', 'large', 'tiny'],
    ['may stand for one of Anthropic’s names', 'gpt-4', 'claude-haiku-4-5'],
    ['may stand for the twin of a model', 'mine', 'claude-yard-tiny'],
    ['cannot be judged by models that nobody knows', 'mine', 'unheard'],
  ] as const;
  for (const [sentence, name, target] of good) {
    test(sentence, () => assert.equal(verdict(name, target, target === 'unheard' ? null : ids), ''));
  }

  test('may stand for a model that is not there yet: that is said', () => {
    assert.equal(
      verdict('mine', 'unheard'),
      'no machine has told of a model unheard yet; until one does, mine is not found',
    );
  });

  const bad = [
    ['never hides a model', 'tiny', 'qwen3-8b-q4', /there is a model tiny, and its id always means that model/],
    ['cannot be auto', 'auto', 'tiny', /"auto" means what it says/],
    ['cannot be a twin', 'claude-yard-x', 'tiny', /x is the name to set/],
    ['cannot stand for itself', 'mine', 'mine', /back to itself: mine -> mine/],
    ['cannot lead round in a circle', 'coder', 'gpt-4', /back to itself: coder -> gpt-4 -> coder/],
    ['has a name', '', 'tiny', /"" is no name/],
    ['has one name', 'a,b', 'tiny', /"a,b" is no name/],
    ['has a target', 'mine', 'two words', /"two words" is no name/],
    ['is not too long', 'x'.repeat(101), 'tiny', /is no name: give up to 100/],
  ] as const;
  for (const [sentence, name, target, why] of bad) test(sentence, () => assert.match(verdict(name, target), why));
});

test('a circle that came about all the same is not followed for ever', () => {
  const circle = new Map([
    ['a', 'b'],
    ['b', 'a'],
  ]);
  assert.deepEqual(followAlias('a', circle), ['a', 'b']);
});
