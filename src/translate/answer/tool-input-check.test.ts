import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inputCheck } from './tool-input-check.ts';

describe('the check of a tool input', () => {
  it('tells what fits from what does not', () => {
    const check = inputCheck({
      type: 'object',
      properties: {
        mode: { enum: ['r', 'w'] },
        size: { type: 'integer', minimum: 1 },
        tags: { type: 'array', items: { type: 'string' } },
      },
      required: ['mode'],
      additionalProperties: false,
    });
    assert.ok(check({ mode: 'r', size: 2, tags: ['a'] }));
    for (const bad of [
      {},
      { mode: 'x' },
      { mode: 'r', size: 0 },
      { mode: 'r', size: 1.5 },
      { mode: 'r', tags: [1] },
      { mode: 'r', x: 1 },
    ]) {
      assert.ok(!check(bad), JSON.stringify(bad));
    }
  });

  it('follows local references, also round in circles', () => {
    const check = inputCheck({
      $ref: '#/$defs/node',
      $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } } } },
    });
    assert.ok(check({ next: { next: {} } }));
    assert.ok(!check({ next: { next: 1 } }));
  });

  it('compiles no expression of a user: the evil ones are not even looked at', () => {
    const evil = '(a+)+$';
    const check = inputCheck({
      type: 'object',
      properties: {
        a: { type: 'string', pattern: evil },
        pattern: { type: 'integer' },
        b: { not: { pattern: evil } },
        c: { anyOf: [{ pattern: '[' }] },
      },
      patternProperties: { [evil]: { type: 'string' } },
      additionalProperties: false,
    });
    const slow = `${'a'.repeat(40)}!`;
    assert.ok(check({ a: slow, b: slow, c: slow, [slow]: slow }));
    assert.ok(!check({ pattern: slow }), 'a property of that name is a property');
  });

  it('gives up on schemas made to cost time', () => {
    const schema = {
      anyOf: [
        { type: 'array', items: { $ref: '#' } },
        { type: 'array', items: { $ref: '#' } },
      ],
    };
    let deep: unknown = 1;
    for (let i = 0; i < 40; i++) deep = [deep];
    assert.ok(inputCheck(schema)(deep), 'undecided counts as fitting');
  });

  it('lets pass what cannot be judged', () => {
    assert.ok(inputCheck({ $ref: '#/$defs/missing' })({}));
    assert.ok(inputCheck({ $ref: 'https://example.com/schema' })({}));
    assert.ok(inputCheck({ $ref: '#' })({}));
    assert.ok(inputCheck({ $id: 'not a url\\', type: 'object' })({}));
  });
});
