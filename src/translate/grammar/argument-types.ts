/**
 * Which JSON types an argument may have, as far as its schema says. Families that write arguments as
 * plain text need it twice: to allow text or JSON in a forced call, and to know what a text means.
 */
import { isObject, typesOf } from './merge.ts';
import { resolvePointer, typeOfKeyword } from './schema-rules.ts';

export type JsonType = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null';
export type ArgumentTypes = ReadonlySet<JsonType> | 'any';

/** References and combinations followed, in depth. */
const DEPTH = 8;

export function argumentTypes(schema: unknown, root: unknown, depth = 0): ArgumentTypes {
  if (!isObject(schema) || depth > DEPTH) return 'any';
  if (typeof schema.$ref === 'string') return argumentTypes(resolvePointer(root, schema.$ref), root, depth + 1);
  const types = typesOf(schema.type).map((type) => (type === 'integer' ? 'number' : type));
  if (types.length > 0) return new Set(types as JsonType[]); // an unknown name is never the type of a value
  if ('const' in schema) return new Set([jsonTypeOf(schema.const)]);
  if (Array.isArray(schema.enum)) return new Set(schema.enum.map(jsonTypeOf));
  const ways = [schema.anyOf, schema.oneOf].find(Array.isArray) as unknown[] | undefined;
  if (ways !== undefined) return union(ways.map((way) => argumentTypes(way, root, depth + 1)));
  if (Array.isArray(schema.allOf)) {
    const parts = schema.allOf.map((part) => argumentTypes(part, root, depth + 1));
    return parts.find((part) => part !== 'any') ?? 'any';
  }
  const keyword = Object.keys(schema).find((key) => Object.hasOwn(typeOfKeyword, key));
  return keyword === undefined ? 'any' : new Set([typeOfKeyword[keyword] as JsonType]);
}

function union(all: readonly ArgumentTypes[]): ArgumentTypes {
  const joined = new Set<JsonType>();
  for (const types of all) {
    if (types === 'any') return 'any';
    for (const type of types) joined.add(type);
  }
  return joined;
}

export function jsonTypeOf(value: unknown): JsonType {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  const type = typeof value;
  return type === 'string' || type === 'number' || type === 'boolean' ? type : 'object';
}

/** Whether an argument of these types is written as plain text. */
export const writtenAsText = (types: ArgumentTypes): boolean => types === 'any' || types.has('string');

/**
 * The value a text stands for. Where text is allowed, only what is clearly another allowed type is not
 * text; where it is not, text that is no JSON stays text, and is found not to fit.
 */
export function readArgument(text: string, types: ArgumentTypes): unknown {
  if (types !== 'any' && types.size === 1 && types.has('string')) return text;
  const value = parseLoosely(text.trim());
  if (value === undefined || typeof value === 'string')
    return value !== undefined && !writtenAsText(types) ? value : text;
  return writtenAsText(types) && types !== 'any' && !types.has(jsonTypeOf(value)) ? text : value;
}

/** JSON, and Python's words for constants: templates print those when they turn values to text. */
function parseLoosely(text: string): unknown {
  if (text === 'True') return true;
  if (text === 'False') return false;
  if (text === 'None') return null;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
