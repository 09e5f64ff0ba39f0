import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { PromptSegment } from '../../contract/engine/raw.ts';
import { ControlTextIndex, planTokenization } from './plan-tokenization.ts';

const special = (text: string): PromptSegment => ({ text, special: true });
const plain = (text: string): PromptSegment => ({ text, special: false });
const index = new ControlTextIndex(['<|end|>', '<|end', '[X]', '<s>', '\u{1F600}!', '#']);

function plan(...segments: PromptSegment[]): string {
  return [...planTokenization(segments, index)]
    .map((chunk) => (chunk.special ? chunk.text : `plain(${chunk.text})`))
    .join(' + ');
}

test('an innocent prompt is one call, so merges cross the borders as in every other engine', () => {
  assert.equal(plan(special('<s>User: '), plain('hi < there'), special('<|end|>')), '<s>User: hi < there<|end|>');
});

test('a control text from the user is cut behind its first character', () => {
  assert.equal(plan(special('<s>'), plain('a<|end|>b'), special('<|end|>')), '<s>a< + |end|>b<|end|>');
  assert.equal(plan(plain('[X][X]')), '[ + X][ + X]');
  assert.equal(plan(plain('\u{1F600}!')), '\u{1F600} + !', 'not inside a surrogate pair');
});

test('a control text that only forms across a border is cut as well', () => {
  assert.equal(plan(plain('a<'), special('|end|>')), 'a< + |end|>');
  assert.equal(plan(special('<|en'), plain('d|>')), '< + |end|>');
  assert.equal(plan(plain('<'), plain('s'), plain('>')), '< + s>');
  assert.equal(plan(special('['), plain('X'), special(']')), '[ + X]');
});

test('a control text of one character stands alone, without recognition', () => {
  assert.equal(plan(special('#'), plain('a#b'), special('#')), '#a + plain(#) + b#');
});

const lengths = (text: string): number[] =>
  [...planTokenization([plain(text)], index)].map((chunk) => chunk.text.length);

test('a long prompt is cut before a line, else before a word, else between two characters', () => {
  const line = 'a line of text\n';
  assert.equal([...planTokenization([plain(line.repeat(300))], index)][1]!.text.slice(0, 6), 'a line');
  assert.equal([...planTokenization([plain('word '.repeat(1_000))], index)][1]!.text.slice(0, 5), ' word');
  assert.deepEqual(lengths('x'.repeat(5_000)), [4_096, 904]);
  assert.deepEqual(lengths(`x${'\u{1F600}'.repeat(2_500)}`), [4_095, 906], 'not inside a surrogate pair');
});

test("a cut for length never breaks a template's control text", () => {
  for (const before of [4_089, 4_092, 4_095, 4_096, 4_097]) {
    const chunks = [...planTokenization([plain('x'.repeat(before)), special('<|end|>'), plain('y'.repeat(10))], index)];
    assert.equal(chunks.filter(({ text }) => text.includes('<|end|>')).length, 1, `behind ${before} characters`);
  }
});

test('a conversation that has grown is cut where it was cut before', () => {
  const long = 'some words, and more\nof them in lines '.repeat(1_000);
  const chunks = [...planTokenization([plain(long)], index)];
  const later = [...planTokenization([plain(`${long} and what came later`)], index)];
  assert.deepEqual(later.slice(0, -1), chunks.slice(0, -1));
});

test('empty segments change nothing', () => {
  assert.equal(plan(), '');
  assert.equal(plan(special('<|en'), plain(''), special('d|>')), '<|end|>');
});

test('whatever the text: nothing is lost, and no recognised control text touches a user character', () => {
  const text = fc
    .array(fc.constantFrom('<', '|', 'e', 'end', '|>', 's', '>', '[', 'X', ']', '#', '<|end|>'))
    .map((parts) => parts.join(''));
  const segment = fc.record({ text, special: fc.boolean() });
  fc.assert(
    fc.property(fc.array(segment, { maxLength: 6 }), (segments) => {
      const owners = segments.flatMap((one) => Array.from(one.text, () => one.special));
      const chunks = [...planTokenization(segments, index)];
      assert.equal(chunks.map((chunk) => chunk.text).join(''), segments.map((one) => one.text).join(''));
      let at = 0;
      for (const chunk of chunks) {
        for (let i = 0; chunk.special && i < chunk.text.length; i++)
          for (const length of index.startingAt(chunk.text, i))
            assert.ok(owners.slice(at + i, at + i + length).every(Boolean), JSON.stringify(segments));
        at += chunk.text.length;
      }
    }),
  );
});
