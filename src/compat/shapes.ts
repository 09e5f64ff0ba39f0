/** A small schema and what fits it, for cases about structured output. */
import { expect, quote } from './verdict.ts';
import { type Fields, textOf, user } from './vocabulary.ts';
import type { Json } from './wire/send.ts';

export const format = {
  type: 'json_schema',
  schema: {
    type: 'object',
    properties: { name: { type: 'string', enum: ['Ann', 'Bob'] }, age: { type: 'integer', enum: [31, 42] } },
    required: ['name', 'age'],
    additionalProperties: false,
  },
};

export const person: Fields = { messages: [user('Ann is 31 years old.')], max_tokens: 256 };

/** The text of an answer, which must be one JSON value. */
export function jsonOf(message: Json): Json {
  const words = textOf(message);
  let value: Json;
  try {
    value = JSON.parse(words);
  } catch {
    value = undefined;
  }
  expect(value !== undefined, 'a text that is JSON', quote(words));
  return value;
}

export function expectPerson(message: Json): void {
  const value = jsonOf(message);
  expect(['Ann', 'Bob'].includes(value?.name), 'name, Ann or Bob', quote(value));
  expect([31, 42].includes(value.age), 'age, 31 or 42', quote(value));
  expect(Object.keys(value).length === 2, 'nothing else', quote(value));
}
