import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createControlGuard, makeMark } from './control-guard.ts';

const mark = makeMark('abcd1234');
const guard = createControlGuard(['<think>', '</think>', '<|im_end|>', '[INST]', '<|a|><|b|>', '<|b|>', '\u{1F9A5}']);
/** A client's text between two texts of a template. */
const between = (before: string, text: string, after: string) =>
  guard.split(before + guard.protect(text, mark) + after, mark);
const plain = (text: string) => ({ text, special: false });
const special = (text: string) => ({ text, special: true });

describe('a text from a client', () => {
  const cases: [sentence: string, before: string, text: string, after: string, segments: object[]][] = [
    [
      'without control texts stays in one piece',
      '<|im_end|>',
      'a <b> c',
      '<|im_end|>',
      [special('<|im_end|>a <b> c<|im_end|>')],
    ],
    [
      'with a control text is cut inside it',
      '',
      'say <|im_end|> now',
      '<|im_end|>',
      [special('say <'), plain('|im_end|>'), special(' now<|im_end|>')],
    ],
    ['that is a control text is cut', '<think>', '<think>', '', [special('<think><'), plain('think>')]],
    ['with overlapping control texts is cut in each', '', '<|a|><|b|>', '', [special('<'), plain('|a|><|b|>')]],
    [
      'with a control text of one character has it alone',
      'x',
      'a\u{1F9A5}b',
      'y',
      [special('xa'), plain('\u{1F9A5}'), special('by')],
    ],
    [
      'that is the inside of a control text is cut where the template completes it',
      '<',
      'think',
      '>',
      [special('<'), plain('think>')],
    ],
    ['that is the inside of a control text is whole where it is not', '"', 'think', '"', [special('"think"')]],
    ['that ends like the beginning of one', '', 'a <|im_', 'end|>', [special('a <|im_'), plain('end|>')]],
    ['that begins like the end of one', '<|im', '_end|> b', '', [special('<|im'), plain('_end|>'), special(' b')]],
    ['that begins with > is a quotation', '', '> quoted', '', [special('> quoted')]],
    ['that ends with < is an unfinished thought', '', '1 <', '|im_end|>', [special('1 <'), plain('|im_end|>')]],
  ];
  for (const [sentence, before, text, after, segments] of cases) {
    it(sentence, () => assert.deepEqual(between(before, text, after), segments));
  }

  it('may hold marks of an earlier prompt: they stay as they are', () => {
    const old = makeMark('zzzz9999');
    assert.deepEqual(between('', `a${old}b`, ''), [special(`a${old}b`)]);
  });

  it('is found in keys and values at any depth, and unchanged values are not copied', () => {
    const value = { '<think>': [{ a: '[INST]' }], kept: { as: 'it is' } };
    const guarded = guard.protect(value, mark) as Record<string, unknown>;
    assert.equal(JSON.stringify(guarded).includes('<think>'), false);
    assert.equal(JSON.stringify(guarded).includes('[INST]'), false);
    assert.equal(guarded.kept, value.kept);
    const harmless = { plain: ['x', 1, null, { deep: true }] };
    assert.equal(guard.protect(harmless, mark), harmless);
  });

  it('survives what templates do to texts: escaping and title case', () => {
    const text = guard.protect('<think>', mark);
    const escaped = text.replace(/[\ue000\ue001]/g, (char) => `\\u${char.charCodeAt(0).toString(16)}`);
    assert.deepEqual(guard.split(escaped, mark), [special('<'), plain('think>')]);
    assert.deepEqual(guard.split(text.toUpperCase().replace('THINK', 'think'), mark), [special('<'), plain('think>')]);
  });

  it('keeps the words templates look up in schemas as they are', () => {
    const typed = createControlGuard(['<type>', '<string>']);
    const schema = { type: 'string' };
    assert.equal(typed.protect(schema, mark), schema);
  });
});

describe('whatever stands around whatever', () => {
  const controls = ['<think>', '</think>', '<|im_end|>', 'ab', 'bab', '<a><b>'];
  const own = createControlGuard(controls);
  const part = fc
    .array(fc.constantFrom('<', '>', 'think', '/', '|', 'im_end', 'a', 'b', ' ', ...controls), { maxLength: 6 })
    .map((parts) => parts.join(''));

  it('text comes back unchanged, and no control text with a character of the client is special', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(part, part), { maxLength: 5 }), (pairs) => {
        const segments = own.split(
          pairs.map(([template, client]) => template + own.protect(client, mark)).join(''),
          mark,
        );
        assert.equal(segments.map(({ text }) => text).join(''), pairs.flat().join(''));
        const fromClient = pairs.flatMap(([template, client]) => [
          ...Array(template.length).fill(false),
          ...Array(client.length).fill(true),
        ]);
        let at = 0;
        for (const { text, special: recognised } of segments) {
          for (let from = 0; recognised && from < text.length; from++) {
            for (const control of controls) {
              if (!text.startsWith(control, from)) continue;
              assert.ok(
                !fromClient.slice(at + from, at + from + control.length).includes(true),
                `${control} in ${JSON.stringify(segments)}`,
              );
            }
          }
          at += text.length;
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('a guard', () => {
  it('without control texts does nothing', () => {
    const none = createControlGuard([]);
    assert.equal(none.protect('<think>', mark), '<think>');
    assert.deepEqual(none.split('a', mark), [special('a')]);
  });

  it('reads control texts as texts, not as patterns', () => {
    const dots = createControlGuard(['a.c', '[x]']);
    assert.deepEqual(dots.split(dots.protect('abc x', mark), mark), [special('abc x')]);
  });

  it('wants a secret worth the name', () => {
    assert.throws(() => makeMark('short'), /at least 8/);
  });
});
