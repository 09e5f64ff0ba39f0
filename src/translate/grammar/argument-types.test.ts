import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { argumentTypes, readArgument } from './argument-types.ts';

describe('an argument written as plain text', () => {
  const root = {
    $defs: { level: { enum: ['low', 3] }, point: { type: 'object' }, self: { $ref: '#/$defs/self' } },
  };
  const cases: readonly (readonly [sentence: string, schema: unknown, text: string, value: unknown])[] = [
    ['is text where only text is allowed', { type: 'string' }, '3', '3'],
    ['keeps its white space as text', { type: 'string' }, ' a\n', ' a\n'],
    ['is a number where one is asked for', { type: 'integer' }, ' 3\n', 3],
    ['is what it is when it cannot be what is asked for', { type: 'integer' }, 'three', 'three'],
    ['may be written as Python writes it', { type: 'boolean' }, 'True', true],
    ['is an object where one is asked for', { $ref: '#/$defs/point' }, '{"x": 1}', { x: 1 }],
    ['is null where that is allowed beside text', { type: ['string', 'null'] }, 'null', null],
    ['is text where its JSON is of no allowed type', { type: ['string', 'null'] }, '3', '3'],
    ['follows an enumeration', { $ref: '#/$defs/level' }, '3', 3],
    ['follows an enumeration to text', { $ref: '#/$defs/level' }, 'low', 'low'],
    ['follows one of several schemas', { anyOf: [{ type: 'string' }, { type: 'array' }] }, '[1]', [1]],
    ['follows several schemas at once', { allOf: [{}, { type: 'string' }] }, '[1]', '[1]'],
    ['follows a keyword where no type is named', { minLength: 1 }, '1', '1'],
    ['without a schema is JSON where it can be', undefined, '{"a": 1}', { a: 1 }],
    ['without a schema is text where it cannot', {}, '{a: 1}', '{a: 1}'],
    ['of a schema that refers to itself is read all the same', { $ref: '#/$defs/self' }, '1', 1],
    ['in quotes is that text where no text is allowed', { type: 'number' }, '"3"', '3'],
  ];
  for (const [sentence, schema, text, value] of cases) {
    it(sentence, () => assert.deepEqual(readArgument(text, argumentTypes(schema, root)), value));
  }
});
