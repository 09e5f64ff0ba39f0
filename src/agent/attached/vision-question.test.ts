import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Look, visionVerdict } from './vision-question.ts';

const look = (changes: Partial<Look> = {}): Look => ({ refused: null, text: 'Blue.', promptTokens: 20, ...changes });

test('only what the picture changes counts', () => {
  assert.equal(visionVerdict(look({ text: 'Red.' }), look()), 'yes');
  assert.equal(visionVerdict(look({ promptTokens: 120 }), look()), 'yes');
  // A guess, and a picture that was dropped.
  assert.equal(visionVerdict(look({ text: 'Red.' }), look({ text: 'red' })), 'no');
  assert.equal(visionVerdict(look(), look()), 'no');
  assert.equal(visionVerdict(look({ refused: 400 }), look()), 'no');
});

test('where nothing can be told, nothing is', () => {
  for (const refused of [0, 408, 429, 500, 503]) assert.equal(visionVerdict(look({ refused }), look()), 'unknown');
  assert.equal(visionVerdict(look(), look({ refused: 500 })), 'unknown');
  assert.equal(visionVerdict(look({ promptTokens: null }), look({ promptTokens: null })), 'unknown');
});
