/**
 * Whether a tool call's input fits the tool's schema.
 *
 * Schemas come from strangers, and the validator compiles `pattern` and `patternProperties` with the
 * platform's backtracking engine: one hostile expression would hang the agent. So these, and what
 * can only be judged with them, are taken out first: nothing a user wrote is ever compiled.
 */
import { dereference, type Schema, validate } from '@cfworker/json-schema';
import { isObject } from '../grammar/merge.ts';

export type InputCheck = (input: unknown) => boolean;

/** References followed in one check; a schema that needs more is made to cost time. */
const REFERENCES = 5_000;

/** Prepares a schema once; every call of the tool is then checked with it. */
export function inputCheck(schema: unknown): InputCheck {
  // A copy without anything unsafe; the validator marks the objects it is given.
  const root = withoutUnsafe(schema) as Schema | boolean;
  const known = dereference(root);
  return (input) => {
    // Without references, the work is schema times input. With them `anyOf: [a, a]`, nested, doubles it at
    // every level, so they are counted where the validator looks them up.
    let left = REFERENCES;
    const counted = new Proxy(known, {
      get(target, uri) {
        left -= 1;
        if (left < 0) throw new RangeError('too many references');
        return Reflect.get(target, uri);
      },
    });
    try {
      return validate(input, root, '2020-12', counted, true).valid;
    } catch {
      // It refers to itself, to nothing, or too often: it cannot be judged, and so forbids nothing.
      return true;
    }
  };
}

/** Removed where they stand as keywords; a property that happens to be called so stays. */
const removed = new Set([
  'pattern',
  'patternProperties',
  'not',
  'if',
  'then',
  'else',
  'format',
  // Names and addresses of schemas would be resolved as URLs.
  '$schema',
  '$id',
  'id',
  '$anchor',
  '$dynamicRef',
  '$dynamicAnchor',
  '$recursiveRef',
  '$recursiveAnchor',
]);
const oneSchema = new Set([
  'additionalItems',
  'unevaluatedItems',
  'items',
  'contains',
  'additionalProperties',
  'unevaluatedProperties',
  'propertyNames',
]);
const manySchemas = new Set(['prefixItems', 'items', 'allOf', 'anyOf', 'oneOf']);
const namedSchemas = new Set(['$defs', 'definitions', 'properties', 'dependentSchemas']);

function withoutUnsafe(schema: unknown): unknown {
  if (!isObject(schema)) return schema !== false;
  const safe: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (removed.has(keyword)) continue;
    if (keyword === '$ref' && !(typeof value === 'string' && value.startsWith('#'))) continue;
    if (covered.has(keyword) && 'patternProperties' in schema) continue;
    if (manySchemas.has(keyword) && Array.isArray(value)) safe[keyword] = value.map(withoutUnsafe);
    else if (oneSchema.has(keyword)) safe[keyword] = withoutUnsafe(value);
    else if (namedSchemas.has(keyword) && isObject(value)) {
      safe[keyword] = Object.fromEntries(Object.entries(value).map(([name, part]) => [name, withoutUnsafe(part)]));
    } else if (plain.has(keyword)) safe[keyword] = value;
  }
  return safe;
}

/** With its pattern gone, what that covered would count as additional. */
const covered = new Set(['additionalProperties', 'unevaluatedProperties']);
/** Keywords without schemas in them. Anything else is unknown, and dropped. */
const plain = new Set([
  '$ref',
  'type',
  'enum',
  'const',
  'required',
  'dependentRequired',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minContains',
  'maxContains',
  'minProperties',
  'maxProperties',
]);
