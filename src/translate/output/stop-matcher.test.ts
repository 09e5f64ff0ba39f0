import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createStopMatcher } from './stop-matcher.ts';

function run(pieces: readonly string[], sequences: readonly string[]) {
  const matcher = createStopMatcher(sequences);
  let text = '';
  for (const piece of pieces) {
    const match = matcher.push(piece);
    text += match.text;
    if (match.stop !== undefined) return { text, stop: match.stop };
  }
  return { text: text + matcher.flush(), stop: undefined };
}

describe('stop sequences', () => {
  it('are found across the border of two pieces', () => {
    assert.deepEqual(run(['one ST', 'OP two'], ['STOP']), { text: 'one ', stop: 'STOP' });
  });

  it('give back what only looked like one', () => {
    assert.deepEqual(run(['one ST', 'ART'], ['STOP']), { text: 'one START', stop: undefined });
    assert.deepEqual(run(['one ST'], ['STOP']), { text: 'one ST', stop: undefined });
  });

  it('end the text with the first one that is complete', () => {
    assert.deepEqual(run(['abcd'], ['bcd', 'c']), { text: 'ab', stop: 'c' });
    assert.deepEqual(run(['xab'], ['b', 'ab']), { text: 'x', stop: 'ab' });
  });

  it('may be line breaks', () => {
    assert.deepEqual(run(['a\n', '\nb'], ['\n\n']), { text: 'a', stop: '\n\n' });
  });

  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 4 });
  it('are found the same however the text is cut, and hold back less than the longest', () => {
    fc.assert(
      fc.property(
        fc.array(word, { maxLength: 12 }),
        fc.array(word, { minLength: 1, maxLength: 4 }),
        (pieces, stops) => {
          assert.deepEqual(run(pieces, stops), run(pieces.join('').split(''), stops));
          const matcher = createStopMatcher(stops);
          let shown = 0;
          let fed = 0;
          for (const piece of pieces) {
            const match = matcher.push(piece);
            if (match.stop !== undefined) return;
            shown += match.text.length;
            fed += piece.length;
            assert.ok(fed - shown < Math.max(...stops.map((stop) => stop.length)));
          }
        },
      ),
    );
  });
});
