/**
 * `allOf`, and keywords beside `$ref` or `anyOf`: two schemas that must both hold, as one.
 */
export type SchemaObject = Readonly<Record<string, unknown>>;
type Schema = SchemaObject | boolean;

export const isObject = (value: unknown): value is SchemaObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const combine: Readonly<Record<string, (a: unknown, b: unknown) => unknown>> = {
  required: (a, b) => [...new Set([...strings(a), ...strings(b)])],
  type: (a, b) => commonTypes(typesOf(a), typesOf(b)),
  enum: (a, b) => commonValues(a, b),
  const: (a, b) => (JSON.stringify(a) === JSON.stringify(b) ? a : undefined),
  minLength: higher,
  minItems: higher,
  minimum: higher,
  exclusiveMinimum: higher,
  maxLength: lower,
  maxItems: lower,
  maximum: lower,
  exclusiveMaximum: lower,
  items: both,
  additionalProperties: both,
};

/** Both schemas at once. `unmerged` hears of keywords where only the first one's word is kept. */
export function mergeSchemas(a: unknown, b: unknown, unmerged: (keyword: string) => void): Schema {
  if (a === false || b === false) return false;
  if (!isObject(a)) return isObject(b) ? b : true;
  if (!isObject(b)) return a;
  const merged: Record<string, unknown> = { ...a };
  for (const [keyword, value] of Object.entries(b)) {
    const mine = Object.hasOwn(a, keyword) ? a[keyword] : undefined;
    if (keyword === 'properties') continue;
    if (mine === undefined) merged[keyword] = value;
    else if (keyword === 'const' && JSON.stringify(mine) !== JSON.stringify(value)) return false;
    else if (Object.hasOwn(combine, keyword)) merged[keyword] = combine[keyword]!(mine, value);
    else if (keyword === 'allOf') merged[keyword] = [...list(mine), ...list(value)];
    else if (JSON.stringify(mine) !== JSON.stringify(value) && !annotations.has(keyword)) unmerged(keyword);
  }
  if (isObject(a.properties) || isObject(b.properties)) merged.properties = mergeProperties(a, b);
  return merged;
}

const annotations = new Set(['title', 'description', 'default', 'examples', '$schema', '$id', '$comment', '$defs']);

/** A property only one side names is an additional property of the other. */
function mergeProperties(a: SchemaObject, b: SchemaObject): SchemaObject {
  const ofA = isObject(a.properties) ? a.properties : {};
  const ofB = isObject(b.properties) ? b.properties : {};
  const seenBy = (schema: SchemaObject, properties: SchemaObject, name: string): unknown =>
    Object.hasOwn(properties, name) ? properties[name] : (schema.additionalProperties ?? true);
  const names = new Set([...Object.keys(ofA), ...Object.keys(ofB)]);
  return Object.fromEntries([...names].map((name) => [name, both(seenBy(a, ofA, name), seenBy(b, ofB, name))]));
}

function both(a: unknown, b: unknown): unknown {
  if (a === true || a === undefined) return b;
  if (b === true || b === undefined) return a;
  return { allOf: [a, b] };
}

function higher(a: unknown, b: unknown): unknown {
  return typeof a === 'number' && typeof b === 'number' ? Math.max(a, b) : a;
}
function lower(a: unknown, b: unknown): unknown {
  return typeof a === 'number' && typeof b === 'number' ? Math.min(a, b) : a;
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const strings = (value: unknown): readonly string[] =>
  list(value).filter((entry): entry is string => typeof entry === 'string');
/** The `type` keyword's value as a list; empty when there is none. */
export const typesOf = (type: unknown): readonly string[] => (typeof type === 'string' ? [type] : strings(type));

function commonTypes(a: readonly string[], b: readonly string[]): readonly string[] {
  const allowed = (types: readonly string[], type: string): boolean =>
    types.includes(type) || (type === 'integer' && types.includes('number'));
  return [...new Set([...a.filter((type) => allowed(b, type)), ...b.filter((type) => allowed(a, type))])];
}

function commonValues(a: unknown, b: unknown): readonly unknown[] {
  const known = new Set(list(b).map((value) => JSON.stringify(value)));
  return list(a).filter((value) => known.has(JSON.stringify(value)));
}
