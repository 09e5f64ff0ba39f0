/**
 * Says in Anthropic's own words why a body does not fit its schema: `max_tokens: Field required`,
 * `messages.0.content.1.tool_use.input: Input should be a valid dictionary`. Clients match on these
 * texts. Walks the schema only after the compiled check has said no; never repeats a value.
 */
import type { TSchema } from 'typebox';

/** The JSON Schema keywords our request schemas are made of. */
interface SchemaNode {
  readonly type?: string;
  readonly const?: unknown;
  readonly anyOf?: readonly SchemaNode[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly items?: SchemaNode;
  readonly minimum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
}

const words: Readonly<Record<string, string>> = {
  object: 'Input should be a valid dictionary',
  array: 'Input should be a valid list',
  string: 'Input should be a valid string',
  integer: 'Input should be a valid integer',
  number: 'Input should be a valid number',
  boolean: 'Input should be a valid boolean',
};

/** The first mismatch as `path: text`, or null when the value fits. */
export function explainMismatch(schema: TSchema, value: unknown): string | null {
  const found = explain(schema as SchemaNode, value);
  if (found === null) return null;
  return found.path.length === 0 ? found.text : `${found.path.join('.')}: ${found.text}`;
}

interface Fault {
  /** From the value that was looked at; whoever looked adds the step to it (`below`). */
  readonly path: readonly string[];
  readonly text: string;
}

const fault = (text: string): Fault => ({ path: [], text });
const below = (step: string, { path, text }: Fault): Fault => ({ path: [step, ...path], text });

function explain(schema: SchemaNode, value: unknown): Fault | null {
  if (schema.anyOf !== undefined) return explainUnion(schema.anyOf, value);
  if ('const' in schema) return value === schema.const ? null : fault(`Input should be '${String(schema.const)}'`);
  if (schema.type === undefined) return null;
  if (!hasType(schema.type, value)) return fault(words[schema.type] ?? `Input should be ${schema.type}`);
  if (typeof value === 'string') return explainString(schema, value);
  if (typeof value === 'number') {
    if (schema.minimum !== undefined && value < schema.minimum) {
      return fault(`Input should be greater than or equal to ${schema.minimum}`);
    }
    return null;
  }
  if (Array.isArray(value)) return explainArray(schema, value);
  if (schema.type === 'object') return explainObject(schema, value as Readonly<Record<string, unknown>>);
  return null;
}

function hasType(type: string, value: unknown): boolean {
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'null') return value === null;
  return typeof value === type;
}

function explainString(schema: SchemaNode, value: string): Fault | null {
  const { minLength, maxLength, pattern } = schema;
  if (minLength !== undefined && value.length < minLength) {
    return fault(`String should have at least ${minLength} character${minLength === 1 ? '' : 's'}`);
  }
  if (maxLength !== undefined && value.length > maxLength) {
    return fault(`String should have at most ${maxLength} characters`);
  }
  if (pattern !== undefined && !new RegExp(pattern).test(value))
    return fault(`String should match pattern '${pattern}'`);
  return null;
}

function explainArray(schema: SchemaNode, value: readonly unknown[]): Fault | null {
  const size = (bound: string, figure: number): Fault =>
    fault(
      `List should have at ${bound} ${figure} item${figure === 1 ? '' : 's'} after validation, not ${value.length}`,
    );
  if (schema.minItems !== undefined && value.length < schema.minItems) return size('least', schema.minItems);
  if (schema.maxItems !== undefined && value.length > schema.maxItems) return size('most', schema.maxItems);
  if (schema.items === undefined) return null;
  for (const [index, item] of value.entries()) {
    const found = explain(schema.items, item);
    if (found !== null) return below(String(index), found);
  }
  return null;
}

function explainObject(schema: SchemaNode, value: Readonly<Record<string, unknown>>): Fault | null {
  // Of a thing of another kind the kind is wrong, not that it lacks what this kind has.
  const kind = schema.properties?.type;
  if (kind !== undefined && 'const' in kind && Object.hasOwn(value, 'type')) {
    const found = explain(kind, value.type);
    if (found !== null) return below('type', found);
  }
  for (const name of schema.required ?? []) {
    if (!Object.hasOwn(value, name)) return below(name, fault('Field required'));
  }
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (!Object.hasOwn(value, name)) continue;
    const found = explain(property, value[name]);
    if (found !== null) return below(name, found);
  }
  return null;
}

/**
 * Unions are told apart by `type` (whose tag then joins the path, as in pydantic), by `role`, or by kind of
 * value. Only one variant is looked into: trying each would double the work with every level.
 */
function explainUnion(variants: readonly SchemaNode[], value: unknown): Fault | null {
  const simple = (variant: SchemaNode): boolean => 'const' in variant || variant.type === undefined;
  if (variants.some((variant) => simple(variant) && explain(variant, value) === null)) return null;
  const fitting = variants.filter((variant) => variant.type !== undefined && hasType(variant.type, value));
  if (fitting.length === 0) {
    const first = variants.find((variant) => variant.type !== 'null');
    if (variants.every((variant) => 'const' in variant)) {
      return fault(`Input should be ${listOf(variants.map((variant) => `'${String(variant.const)}'`))}`);
    }
    // A string or a list: pydantic reports the first form.
    return first === undefined ? fault('Input is invalid') : explain(first, value);
  }
  if (fitting.length === 1) return explain(fitting[0]!, value);
  return explainTagged(fitting, value as Readonly<Record<string, unknown>>);
}

function explainTagged(variants: readonly SchemaNode[], value: Readonly<Record<string, unknown>>): Fault | null {
  for (const tag of ['type', 'role']) {
    const tagged = variants.filter((variant) => variant.properties?.[tag] !== undefined);
    if (tagged.length === 0) continue;
    const chosen = tagged.find((variant) => {
      const schema = variant.properties?.[tag];
      if (schema === undefined) return false;
      const required = variant.required?.includes(tag) ?? false;
      return Object.hasOwn(value, tag) ? explain(schema, value[tag]) === null : !required;
    });
    if (chosen !== undefined) {
      const found = explain(chosen, value);
      const name = tagName(chosen, tag);
      return found !== null && tag === 'type' && name !== null ? below(name, found) : found;
    }
    if (!Object.hasOwn(value, tag)) return below(tag, fault('Field required'));
    const names = tagged.flatMap((variant) => tagsOf(variant.properties?.[tag]));
    return below(tag, fault(`Input should be ${listOf(names.map((name) => `'${name}'`))}`));
  }
  return explain(variants[0]!, value);
}

const tagName = (variant: SchemaNode, tag: string): string | null => tagsOf(variant.properties?.[tag])[0] ?? null;

function tagsOf(schema: SchemaNode | undefined): readonly string[] {
  if (schema === undefined) return [];
  if (typeof schema.const === 'string') return [schema.const];
  return (schema.anyOf ?? []).flatMap(tagsOf);
}

function listOf(names: readonly string[]): string {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}
