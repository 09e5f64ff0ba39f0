import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { tokenBytes, tokenTypes, unfinishedBytes, WholeCharacters } from './token-text.ts';

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8');

test('byte-alphabet entries become their bytes; spaces before punctuation stay', () => {
  assert.equal(text(tokenBytes('Ġ.', tokenTypes.normal, 'byte-alphabet')), ' .');
  assert.equal(text(tokenBytes('Ċ', tokenTypes.normal, 'byte-alphabet')), '\n');
  assert.deepEqual([...tokenBytes('âĤ', tokenTypes.normal, 'byte-alphabet')], [0xe2, 0x82]);
});

test('sentencepiece entries: spaces, bytes, and marks as they stand', () => {
  assert.equal(text(tokenBytes('▁Hello▁you', tokenTypes.normal, 'sentencepiece')), ' Hello you');
  assert.deepEqual([...tokenBytes('<0xE2>', tokenTypes.byte, 'sentencepiece')], [0xe2]);
  assert.equal(text(tokenBytes('<0xE2>', tokenTypes.normal, 'sentencepiece')), '<0xE2>');
  assert.equal(text(tokenBytes('<|im▁end|>', tokenTypes.control, 'sentencepiece')), '<|im▁end|>');
  assert.equal(text(tokenBytes('<thinkĠ>', tokenTypes.userDefined, 'byte-alphabet')), '<thinkĠ>');
});

test('unfinished bytes at the end are counted', () => {
  const euro = Buffer.from('€');
  const smile = Buffer.from('😀');
  assert.equal(unfinishedBytes(Buffer.from('abc')), 0);
  assert.equal(unfinishedBytes(euro), 0);
  assert.equal(unfinishedBytes(euro.subarray(0, 2)), 2);
  assert.equal(unfinishedBytes(Buffer.concat([euro, smile.subarray(0, 3)])), 3);
  assert.equal(unfinishedBytes(Buffer.from([0x80, 0x80, 0x80, 0x80])), 0, 'continuations without a lead');
  assert.equal(unfinishedBytes(Buffer.from([0xff])), 0, 'no character begins like this');
});

test('cut anywhere, the pieces join to the text and each is whole', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 }),
      (whole, sizes) => {
        const bytes = Buffer.from(whole);
        const characters = new WholeCharacters();
        let joined = '';
        let tokens = 0;
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const end = at + sizes[i % sizes.length]!;
          const piece = characters.push(i, bytes.subarray(at, end));
          if (piece !== null) {
            joined += piece.text;
            tokens += piece.tokens.length;
            assert.equal(tokens, i + 1);
          }
          at = end;
        }
        assert.equal(joined, bytes.toString('utf8'));
      },
    ),
  );
});

test('bytes that never become a character hold nothing up for long', () => {
  const characters = new WholeCharacters();
  assert.equal(characters.push(1, Uint8Array.of(0xe2)), null);
  assert.deepEqual(characters.push(2, Buffer.from('a')), { text: '\uFFFDa', tokens: [1, 2] });
});
