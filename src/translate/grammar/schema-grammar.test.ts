import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Schema, Validator } from '@cfworker/json-schema';
import fc from 'fast-check';
import { limits } from '../../contract/limits.ts';
import { accepts, type Gbnf, readGbnf, sample } from './fixtures/gbnf.ts';
import { schemaGrammar } from './schema-grammar.ts';

function grammarOf(schema: unknown): { gbnf: Gbnf; unenforced: readonly string[] } {
  const result = schemaGrammar(schema);
  assert.ok(result.ok, result.ok ? '' : result.error.message);
  return { gbnf: readGbnf(result.grammar), unenforced: result.unenforced };
}

/** Schema, texts that fit, texts that do not. */
const cases: readonly (readonly [string, unknown, readonly string[], readonly string[]])[] = [
  [
    'an empty schema is any JSON',
    {},
    ['1', '"a"', 'null', '[1, {"a": []}]', '{ }', '-0.5e-3'],
    ['', 'nul', '01', '"a', '{"a"}'],
  ],
  [
    'strings escape as JSON does',
    { type: 'string' },
    ['""', '"a\\"\\u00e9é😀\\n"'],
    ['"\n"', '"\\x"', '"\\ud800"', 'a'],
  ],
  [
    'string lengths count characters',
    { type: 'string', minLength: 2, maxLength: 3 },
    ['"ab"', '"😀😀😀"', '"\\n\\u0041"'],
    ['"a"', '"abcd"'],
  ],
  ['integers', { type: 'integer' }, ['0', '-12', '123456789012345'], ['1.5', '01', '1e3', '1234567890123456']],
  ['a small range is its values', { type: 'integer', minimum: -1, exclusiveMaximum: 2 }, ['-1', '0', '1'], ['2', '-2']],
  ['minimum 0 drops the sign', { type: 'number', minimum: 0 }, ['0', '2.5'], ['-1']],
  [
    'enum and const are written whole',
    { enum: ['a"b', 1, null, { x: [1] }] },
    ['"a\\"b"', '1', 'null', '{"x":[1]}'],
    ['"a', '2'],
  ],
  ['enum keeps to its type', { type: 'string', enum: ['a', 1] }, ['"a"'], ['1']],
  ['several types', { type: ['string', 'null'], maxLength: 1 }, ['"a"', 'null'], ['"ab"', '1']],
  [
    'required and optional properties, in order',
    {
      type: 'object',
      properties: { a: { type: 'integer' }, b: { type: 'boolean' }, c: { type: 'null' } },
      required: ['b'],
    },
    ['{"b": true}', '{"a":1,"b":true,"c":null}', '{\n  "a": 1,\n  "b": false\n}', '{"b":true, "c":null}'],
    ['{}', '{"b":true,"a":1}', '{"b":true,"x":1}', '{"b":true,}', '{,"b":true}'],
  ],
  [
    'only optional properties',
    { properties: { a: { const: 1 }, b: { const: 2 } } },
    ['{}', '{"a":1}', '{"b":2}', '{"a":1,"b":2}'],
    ['{"b":2,"a":1}', '{"c":1}'],
  ],
  [
    'additional properties by schema never repeat a named one',
    {
      type: 'object',
      properties: { ab: { type: 'integer' }, a: { type: 'integer' } },
      additionalProperties: { type: 'boolean' },
    },
    ['{}', '{"ab":1}', '{"x":true}', '{"ab":1,"abc":true,"b":false}', '{"":true}'],
    ['{"ab":true}', '{"a":true}', '{"x":1}', '{"a\\u0062":true}'],
  ],
  ['no properties named: any object', { type: 'object' }, ['{}', '{"a": {"b": [1]}}'], ['[]']],
  ['a closed empty object', { type: 'object', additionalProperties: false }, ['{}', '{ }'], ['{"a":1}']],
  ['a required property without a schema', { type: 'object', required: ['x'] }, ['{"x": [1]}'], ['{}']],
  [
    'array bounds',
    { type: 'array', items: { type: 'integer' }, minItems: 1, maxItems: 3 },
    ['[1]', '[1, 2,3]'],
    ['[]', '[1,2,3,4]', '[1,]', '["a"]'],
  ],
  ['an empty array', { type: 'array', maxItems: 0 }, ['[]'], ['[1]']],
  [
    'tuples',
    { type: 'array', prefixItems: [{ const: 1 }, { const: 2 }], items: { const: 3 } },
    ['[1,2]', '[1, 2, 3, 3]'],
    ['[2,1]', '[3]'],
  ],
  [
    'nested',
    {
      type: 'array',
      items: { type: 'object', properties: { a: { type: 'array', items: { type: 'null' } } }, required: ['a'] },
    },
    ['[{"a": [null]}]'],
    ['[{}]'],
  ],
  [
    'anyOf beside other keywords',
    {
      type: 'object',
      properties: { a: { const: 1 }, b: { const: 2 } },
      anyOf: [{ required: ['a'] }, { required: ['b'] }],
    },
    ['{"a":1}', '{"b":2}'],
    ['{}'],
  ],
  [
    'allOf merges',
    {
      allOf: [
        { type: 'object', properties: { a: { type: 'number' } } },
        { properties: { a: { type: 'integer' }, b: { const: 1 } }, required: ['a'] },
      ],
    },
    ['{"a":1}', '{"a":1,"b":1}'],
    ['{"a":1.5}', '{}'],
  ],
  [
    'allOf: closed against the other side',
    {
      allOf: [
        { type: 'object', properties: { a: { const: 1 } }, additionalProperties: false },
        { properties: { b: { const: 2 } } },
      ],
    },
    ['{}', '{"a":1}'],
    ['{"b":2}'],
  ],
  ['$ref and $defs', { $ref: '#/$defs/p~1q', $defs: { 'p/q': { type: 'boolean' } } }, ['true'], ['1']],
  [
    'a described reference',
    { type: 'object', properties: { a: { $ref: '#/$defs/x', description: 'd' } }, $defs: { x: { const: 1 } } },
    ['{"a":1}'],
    ['{"a":2}'],
  ],
  [
    'recursion',
    {
      $ref: '#/$defs/node',
      $defs: {
        node: {
          type: 'object',
          properties: { next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } },
          required: ['next'],
        },
      },
    },
    ['{"next": null}', '{"next": {"next": null}}'],
    ['{"next": {}}'],
  ],
  [
    'a reference chain without end of its own',
    {
      $ref: '#/$defs/a',
      $defs: {
        a: { anyOf: [{ $ref: '#/$defs/b' }, { const: 1 }] },
        b: { anyOf: [{ $ref: '#/$defs/a' }, { const: 2 }] },
      },
    },
    ['1', '2'],
    ['3'],
  ],
  [
    'recursive allOf with one part',
    {
      $ref: '#/$defs/n',
      $defs: { n: { type: 'object', properties: { kid: { allOf: [{ $ref: '#/$defs/n' }], title: 't' } } } },
    },
    ['{}', '{"kid":{"kid":{}}}'],
    ['{"kid":1}'],
  ],
  [
    'an impossible optional property is left out',
    { type: 'object', properties: { a: false, b: { const: 1 } } },
    ['{}', '{"b":1}'],
    ['{"a":1}'],
  ],
];

describe('schema grammar', () => {
  for (const [name, schema, good, bad] of cases) {
    it(name, () => {
      const { gbnf } = grammarOf(schema);
      for (const text of good) assert.ok(accepts(gbnf, text), `should fit: ${text}`);
      for (const text of bad) assert.ok(!accepts(gbnf, text), `should not fit: ${text}`);
    });
  }

  it('reports what it does not enforce, by path', () => {
    const schema = {
      type: 'object',
      properties: {
        pattern: { type: 'string', pattern: '(a+)+$', format: 'date' },
        n: { type: 'integer', minimum: 5 },
      },
      not: { required: ['n'] },
      patternProperties: { '^x': {} },
    };
    assert.deepEqual(
      new Set(grammarOf(schema).unenforced),
      new Set([
        '#: not',
        '#: patternProperties',
        '/properties/pattern: pattern',
        '/properties/pattern: format',
        '/properties/n: minimum',
      ]),
    );
  });

  it('stops repeating where llama.cpp would be made to write rules without end, and says so', () => {
    const { gbnf, unenforced } = grammarOf({ type: 'string', maxLength: 1_000_000 });
    assert.ok(accepts(gbnf, JSON.stringify('x'.repeat(50))));
    assert.deepEqual(unenforced, ['#: maxLength']);
  });

  it('bounds whitespace, so that a model cannot ramble', () => {
    const { gbnf } = grammarOf({ type: 'object', properties: { a: { const: 1 } }, required: ['a'] });
    assert.ok(!accepts(gbnf, '{"a":  1}'));
    assert.ok(!accepts(gbnf, '{\n\n"a": 1}'));
    assert.ok(!accepts(gbnf, '{"a": 1}\n'));
  });

  const wide = (depth: number): unknown =>
    depth === 0 ? { const: 1 } : { type: 'object', properties: { a: wide(depth - 1), b: wide(depth - 1) } };
  const doubling = Object.fromEntries(
    Array.from({ length: 40 }, (_, i) => [
      `d${i}`,
      { allOf: [{ $ref: `#/$defs/d${i + 1}` }, { $ref: `#/$defs/d${i + 1}` }] },
    ]),
  );
  const hostile: readonly (readonly [string, unknown])[] = [
    ['nothing fits', { type: 'object', properties: { a: false }, required: ['a'] }],
    ['no value listed', { enum: [] }],
    ['a reference to itself', { $ref: '#' }],
    ['allOf of itself', { $ref: '#/$defs/a', $defs: { a: { allOf: [{ $ref: '#/$defs/a' }, { type: 'string' }] } } }],
    ['too many parts', wide(14)],
    ['references that double at every level', { $ref: '#/$defs/d0', $defs: { ...doubling, d40: { type: 'string' } } }],
    ['a huge enum', { enum: Array.from({ length: 40_000 }, (_, i) => `value ${i}`) }],
  ];
  for (const [name, schema] of hostile) {
    it(`refuses politely: ${name}`, () => {
      const result = schemaGrammar(schema);
      assert.ok(!result.ok);
      assert.equal(result.error.code, 'invalid_request');
      assert.match(result.error.message, /cannot be enforced here: /);
    });
  }

  const anyName = fc
    .array(fc.constantFrom('a', '"', '\\', '\n', '\u0000', '\u007f', 'é', '😀', ']', '-', '^', '%', '\ud800', '::='), {
      maxLength: 8,
    })
    .map((chars) => chars.join(''));
  it('quotes names, whatever is in them', () => {
    fc.assert(
      fc.property(anyName, fc.string({ maxLength: 5 }), (name, value) => {
        const { gbnf } = grammarOf({
          type: 'object',
          properties: { [name]: { const: value } },
          required: [name],
          additionalProperties: true,
        });
        assert.ok(accepts(gbnf, `{${JSON.stringify(name)}:${JSON.stringify(value)}}`));
        assert.ok(!accepts(gbnf, `{${JSON.stringify(`${name}x`)}:${JSON.stringify(value)}}`));
      }),
    );
  });

  it('stays within the bytes it is allowed', () => {
    const properties = Object.fromEntries(
      Array.from({ length: 600 }, (_, i) => [`property_number_${i}`, { type: 'string' }]),
    );
    const result = schemaGrammar({ type: 'object', properties });
    assert.ok(result.ok && result.grammar.length < limits.grammarBytes);
  });

  it('accepts only instances that are valid by the schema', () => {
    const { schema } = fc.letrec<{ schema: Record<string, unknown> }>((tie) => ({
      schema: fc.oneof(
        { maxDepth: 3, withCrossShrink: true },
        fc.record(
          { type: fc.constant('string'), minLength: fc.nat(3), maxLength: fc.integer({ min: 3, max: 5 }) },
          { requiredKeys: ['type'] },
        ),
        fc.record(
          { type: fc.constantFrom('integer', 'number'), minimum: fc.constantFrom(0) },
          { requiredKeys: ['type'] },
        ),
        fc.record({
          type: fc.constant('integer'),
          minimum: fc.integer({ min: -3, max: 3 }),
          maximum: fc.integer({ min: 3, max: 30 }),
        }),
        fc.record({ enum: fc.array(fc.jsonValue({ maxDepth: 1 }), { minLength: 1, maxLength: 3 }) }),
        fc.constantFrom(
          { type: 'boolean' },
          { type: 'null' },
          {},
          { type: ['string', 'integer'] },
          { $ref: '#/$defs/shared' },
        ),
        fc.record(
          {
            type: fc.constant('array'),
            items: tie('schema'),
            minItems: fc.nat(2),
            maxItems: fc.integer({ min: 2, max: 4 }),
          },
          { requiredKeys: ['type'] },
        ),
        fc.record({
          type: fc.constant('array'),
          prefixItems: fc.array(tie('schema'), { maxLength: 2 }),
          items: fc.constantFrom(false, true),
        }),
        fc
          .record({
            properties: fc.dictionary(fc.constantFrom('a', 'ab', 'b', 'é"'), tie('schema'), { maxKeys: 3 }),
            additionalProperties: fc.oneof(fc.constantFrom(undefined, true, false), tie('schema')),
            take: fc.nat(3),
          })
          .map(({ take, additionalProperties, properties }) => ({
            type: 'object',
            properties,
            required: Object.keys(properties).slice(0, take),
            ...(additionalProperties === undefined ? {} : { additionalProperties }),
          })),
        fc.record({ anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }) }),
        fc.record({
          allOf: fc.tuple(
            fc.constant({ type: 'object', properties: { a: { type: 'integer' } } }),
            fc.record({ properties: fc.record({ a: fc.constant({ type: 'number', minimum: 0 }), c: tie('schema') }) }),
          ),
        }),
      ),
    }));
    let tried = 0;
    fc.assert(
      fc.property(schema, fc.integer(), (root, seed) => {
        const whole = JSON.parse(
          JSON.stringify({
            ...root,
            $defs: {
              shared: { type: 'object', properties: { again: { $ref: '#/$defs/shared' }, n: { type: 'null' } } },
            },
          }),
        );
        const result = schemaGrammar(whole);
        if (!result.ok) return; // Two parts of an `allOf` may exclude each other.
        const gbnf = readGbnf(result.grammar);
        const random = mulberry32(seed);
        for (let i = 0; i < 4; i++) {
          const text = sample(gbnf, random);
          assert.ok(accepts(gbnf, text), 'the sampler and the recogniser agree');
          const { valid, errors } = new Validator(structuredClone(whole) as Schema, '2020-12').validate(
            JSON.parse(text),
          );
          assert.ok(
            valid,
            `${text} does not fit ${JSON.stringify(whole)}: ${JSON.stringify(errors)}\n${result.grammar}`,
          );
          tried += 1;
        }
      }),
      { numRuns: 300 },
    );
    assert.ok(tried > 600, `only ${tried} instances were tried`);
  });
});

function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
