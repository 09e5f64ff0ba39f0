import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { limits } from '../../contract/limits.ts';
import { findJsonFault } from './find-json-fault.ts';
import { parseBody } from './parse-body.ts';
import { scanBody } from './scan-body.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const messageOf = (bytes: Uint8Array): string => {
  const parsed = parseBody(bytes);
  assert.equal(parsed.ok, false);
  return parsed.ok ? '' : parsed.error.message;
};

describe('the body of a request', () => {
  it('is parsed as JSON.parse would', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 })), (body) => {
        const text = JSON.stringify(body);
        assert.deepEqual(parseBody(bytesOf(text)), { ok: true, value: JSON.parse(text) });
      }),
    );
  });

  const refused: [sentence: string, body: Uint8Array, message: RegExp][] = [
    ['an empty body is refused', bytesOf(''), /body is empty/],
    ['a list is not an object', bytesOf('[1]'), /not an object/],
    ['null is not an object', bytesOf('null'), /not an object/],
    ['broken UTF-8 is refused', Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d), /not valid UTF-8/],
    ['a missing value is located', bytesOf('{"a":}'), /unexpected character: line 1 column 6 \(char 5\)/],
    ['lines are counted', bytesOf('{\n "a": 1,\n}'), /unexpected character: line 3 column 1 \(char 11\)/],
    ['a cut-off body ends unexpectedly', bytesOf('{"a": [1, 2'), /unexpected end: line 1 column 12 \(char 11\)/],
    ['a cut-off string too', bytesOf('{"a": "b'), /unexpected end/],
    ['a raw line break inside a string', bytesOf('{"a": "b\n"}'), /invalid string: line 1 column 9/],
    ['an unknown escape inside a string', bytesOf('{"a": "\\q"}'), /invalid string: line 1 column 8/],
    ['text after the value', bytesOf('{} {}'), /unexpected text after the value: line 1 column 4/],
    ['single quotes', bytesOf("{'a': 1}"), /unexpected character: line 1 column 2/],
    ['a leading zero', bytesOf('{"a": 01}'), /unexpected character: line 1 column 8/],
    ['NaN', bytesOf('{"a": NaN}'), /unexpected character: line 1 column 7/],
  ];
  for (const [sentence, body, message] of refused) {
    it(sentence, () => assert.match(messageOf(body), message));
  }

  it('is never repeated in an error', () => {
    assert.doesNotMatch(messageOf(bytesOf('{"secret": hunter2}')), /secret|hunter/);
  });

  it('may open as many brackets as the limit, and no more', () => {
    const nested = (depth: number) => bytesOf(`{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`);
    assert.equal(parseBody(nested(limits.bodyNesting)).ok, true);
    assert.match(messageOf(nested(limits.bodyNesting + 1)), /more than 64 brackets at once/);
  });

  it('is judged alike whether it is measured before parsing or after', () => {
    const padding = ' '.repeat(limits.parseUnscannedBytes);
    const alike = (text: string, mostKeys: number) => {
      const [small, large] = [text, text + padding].map((body) => parseBody(bytesOf(body), mostKeys));
      assert.deepEqual(small, large);
      return small;
    };
    const nested = (depth: number) => `{"a":${'[{"b":'.repeat(depth / 2)}0${'}]'.repeat(depth / 2)}}`;
    const strings = fc.string({ unit: fc.constantFrom('\ud83d', '\ude00', 'a', '"', 'ü') });
    const value = fc.letrec((tie) => ({
      value: fc.oneof(strings, fc.array(tie('value')), fc.dictionary(strings, tie('value'))),
    })).value;
    fc.assert(
      fc.property(fc.dictionary(strings, value), fc.nat({ max: 12 }), (body, mostKeys) => {
        alike(JSON.stringify(body), mostKeys);
      }),
    );
    assert.equal(alike('{"a":{"b":1},"c":2}', 2), 'many-keys');
    assert.notEqual(alike('{"a":{"b":1},"c":2}', 3), 'many-keys');
    for (const depth of [62, 64, 100_000]) alike(nested(depth).slice(0, limits.parseUnscannedBytes), 1_000_000);
    for (const text of ['[{"a":1}]', '{"a":1,}', '['.repeat(100_000)]) alike(text, 0);
  });

  it('may hold any number of brackets inside strings, and beside each other', () => {
    const bounds = { ...limits, bodyNesting: 2 };
    const quoted = bytesOf(JSON.stringify({ a: '[{'.repeat(500), b: '\\"[[[["'.repeat(50) }));
    assert.equal(scanBody(quoted, bounds).fault, null);
    assert.equal(scanBody(bytesOf(`[${'[],'.repeat(500)}[]]`), bounds).fault, null);
  });

  it('may hold as many keys and values as the limits, and no more', () => {
    const bounds = { bodyNesting: 2, bodyKeys: 3, bodyValues: 5 };
    const faultOf = (body: unknown) => scanBody(bytesOf(JSON.stringify(body)), bounds).fault?.kind;
    assert.equal(faultOf({ a: 1, b: ':,:,', c: 3 }), undefined);
    assert.equal(faultOf({ a: 1, b: 2, c: 3, d: 4 }), 'too-many-keys');
    assert.equal(faultOf([1, 2, 3, 4, 5]), undefined);
    assert.equal(faultOf([1, 2, 3, 4, 5, 6]), 'too-many-values');
    assert.equal(faultOf([[], [], []]), 'too-many-values');
    const keys = Array.from({ length: limits.bodyKeys + 1 }, (_, index) => `"k${index}":1`).join();
    assert.match(messageOf(bytesOf(`{${keys}}`)), /more than 250000 object keys/);
  });

  it('counts the keys it has', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        let keys = 0;
        const text = JSON.stringify(value, (_key, inner) => {
          if (typeof inner === 'object' && inner !== null && !Array.isArray(inner)) keys += Object.keys(inner).length;
          return inner;
        });
        assert.deepEqual(scanBody(bytesOf(text)), { keys, fault: null });
      }),
    );
  });

  it('may not hold half a surrogate pair', () => {
    const escaped = (text: string) =>
      bytesOf(`{"é": "${[...text].map((char) => (char < '\u0080' ? char : escapesOf(char))).join('')}"}`);
    const escapesOf = (char: string) =>
      Array.from({ length: char.length }, (_, index) => `\\u${char.charCodeAt(index).toString(16)}`).join('');
    assert.equal(parseBody(escaped('a 😀 b 😀😀')).ok, true);
    assert.equal(parseBody(bytesOf('{"a": "\\\\ud83d"}')).ok, true, 'an escaped backslash is no escape');
    assert.match(messageOf(escaped('a\ud83d b')), /no low surrogate in string: line 1 column 9 \(char 8\)/);
    assert.match(messageOf(escaped('\ud83d😀')), /no low surrogate in string/);
    assert.match(messageOf(escaped('\ude00\ud83d')), /no high surrogate in string/);
    assert.match(messageOf(bytesOf('{"a": "\\uD83D\\n"}')), /no low surrogate in string/);
  });

  it('has no lone surrogate exactly when its strings are well-formed', () => {
    const halves = fc.string({ unit: fc.constantFrom('\ud83d', '\ude00', 'a', '\\', '"', 'ü', '\n') });
    fc.assert(
      fc.property(halves, (text) => {
        // JSON.stringify escapes what is not well-formed, and leaves pairs as they are.
        const { fault } = scanBody(bytesOf(JSON.stringify([text])));
        assert.equal(fault === null, text.isWellFormed());
      }),
    );
  });
});

describe('the place where JSON breaks', () => {
  it('is the end of a valid text that goes on with something else', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const fault = findJsonFault(`${text} !`);
        assert.deepEqual(fault, { at: text.length + 1, what: 'unexpected text after the value' });
      }),
    );
  });

  it('is the end of the text when an object is cut off', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), fc.nat(), (value, cut) => {
        const text = JSON.stringify(value);
        const part = text.slice(0, 1 + (cut % (text.length - 1)));
        const fault = findJsonFault(part);
        // A number, word or escape cut in the middle is seen at its own start.
        assert.ok(fault.at >= part.length - 6, `${JSON.stringify(fault)} in ${part}`);
      }),
    );
  });
});
