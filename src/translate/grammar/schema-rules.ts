/**
 * One JSON schema to grammar rules. Every instance the rules accept is valid by the keywords they
 * enforce; not every valid instance is accepted (properties come in the schema's order, numbers have
 * at most 15 digits). Keywords that are not enforced are reported, never passed over in silence.
 *
 * Schemas are hostile input. No regular expression of theirs is compiled, here or in the validator
 * (a `pattern` in a tool schema has crashed a server's grammar parser); work, repetitions and size
 * are bounded, and what exceeds the bounds is refused with an ordinary 400.
 */
import { arrayRule } from './array-rules.ts';
import { type Atom, type GrammarRules, literal, refused } from './gbnf.ts';
import { anyValue } from './json-rules.ts';
import { isObject, mergeSchemas, type SchemaObject, typesOf } from './merge.ts';
import { objectRule } from './object-rules.ts';
import { constantsRule, numberRule, stringRule } from './scalar-rules.ts';

const notEnforced = [
  'pattern',
  'patternProperties',
  'not',
  'if',
  'format',
  'multipleOf',
  'uniqueItems',
  'contains',
  'minProperties',
  'maxProperties',
  'propertyNames',
  'dependentRequired',
  'dependentSchemas',
  'dependencies',
  'unevaluatedProperties',
  'unevaluatedItems',
  '$dynamicRef',
  '$recursiveRef',
] as const;

/** What a schema that names no `type` is about. */
export const typeOfKeyword: Readonly<Record<string, string>> = {
  properties: 'object',
  required: 'object',
  additionalProperties: 'object',
  items: 'array',
  prefixItems: 'array',
  minItems: 'array',
  maxItems: 'array',
  minLength: 'string',
  maxLength: 'string',
  minimum: 'number',
  maximum: 'number',
  exclusiveMinimum: 'number',
  exclusiveMaximum: 'number',
};

/** Bounds on what a schema may unfold to; ordinary ones stay far below. */
const ALL_OF_PARTS = 64;
const DEPTH = 256;

/** What the rules of each kind of value need from the walk over the schema. */
export interface SchemaContext {
  readonly rules: GrammarRules;
  /** The rule of a schema at a path of the document; null when nothing satisfies it. */
  visit(schema: unknown, path: string): Atom | null;
  /** Says that a keyword at `path` is not (wholly) enforced. */
  report(path: string, keyword: string): void;
}

export class SchemaRules implements SchemaContext {
  readonly rules: GrammarRules;
  readonly #root: unknown;
  readonly #unenforced: Set<string>;
  readonly #refs = new Map<string, { readonly name: Atom; impossible: boolean }>();
  readonly #merging = new Set<string>();
  #depth = 0;

  constructor(rules: GrammarRules, root: unknown, unenforced: Set<string>) {
    this.rules = rules;
    this.#root = root;
    this.#unenforced = unenforced;
  }

  /** The rule of the whole schema. Throws `ApiFailure` when nothing can satisfy it. */
  root(): Atom {
    const atom = this.visit(this.#root, '');
    if (atom === null) throw refused('no value satisfies it');
    return atom;
  }

  visit(schema: unknown, path: string): Atom | null {
    this.rules.spendNode();
    this.#depth += 1;
    if (this.#depth > DEPTH) throw refused(`it nests deeper than ${DEPTH} levels, or an \`allOf\` refers to itself`);
    const atom = this.#ruleOf(schema, path);
    this.#depth -= 1;
    return atom;
  }

  #ruleOf(schema: unknown, path: string): Atom | null {
    if (schema === false) return null;
    if (!isObject(schema)) return anyValue(this.rules);
    for (const keyword of notEnforced) if (keyword in schema) this.report(path, keyword);
    if (typeof schema.$ref === 'string') return this.#reference(schema, schema.$ref, path);
    if (Array.isArray(schema.allOf)) return this.#allOf(schema, schema.allOf, path);
    if (Array.isArray(schema.anyOf)) return this.#oneOfMany(schema, 'anyOf', schema.anyOf, path);
    if (Array.isArray(schema.oneOf)) return this.#oneOfMany(schema, 'oneOf', schema.oneOf, path);
    if ('const' in schema) return constantsRule(this.rules, schema, [schema.const]);
    if (Array.isArray(schema.enum)) return constantsRule(this.rules, schema, schema.enum);
    const types = typesOf(schema.type);
    if (types.length === 0 && schema.type === undefined) {
      const keyword = Object.keys(schema).find((key) => Object.hasOwn(typeOfKeyword, key));
      return keyword === undefined ? anyValue(this.rules) : this.#typed(schema, typeOfKeyword[keyword]!, path);
    }
    return this.#union(types.map((type) => this.#typed(schema, type, path)));
  }

  #union(alternatives: readonly (Atom | null)[]): Atom | null {
    const possible = alternatives.filter((atom) => atom !== null);
    return possible.length === 0 ? null : this.rules.union('any', possible);
  }

  #typed(schema: SchemaObject, type: string, path: string): Atom | null {
    switch (type) {
      case 'object':
        return objectRule(this, schema, path);
      case 'array':
        return arrayRule(this, schema, path);
      case 'string':
        return stringRule(this, schema, path);
      case 'integer':
      case 'number':
        return numberRule(this, schema, type, path);
      case 'boolean':
        return this.rules.rule('boolean', '"true" | "false"');
      case 'null':
        return literal('null');
      default:
        this.report(path, 'type');
        return anyValue(this.rules);
    }
  }

  // --- references and combinations

  #reference(schema: SchemaObject, pointer: string, path: string): Atom | null {
    const target = resolvePointer(this.#root, pointer);
    if (target === undefined) {
      this.report(path, '$ref');
      return anyValue(this.rules);
    }
    const { $ref: _, ...beside } = schema;
    if (constrains(beside)) {
      // What stands beside a recursive reference would be merged for ever: it is kept once.
      if (!this.#merging.has(pointer)) {
        this.#merging.add(pointer);
        const atom = this.visit(this.#merge(target, beside, path), path);
        this.#merging.delete(pointer);
        return atom;
      }
      this.report(path, '$ref');
    }
    const known = this.#refs.get(pointer);
    if (known !== undefined) return known.impossible ? null : known.name;
    const reference = { name: this.rules.reserve('ref'), impossible: false };
    this.#refs.set(pointer, reference);
    const atom = this.visit(target, pointer);
    if (atom === null) {
      reference.impossible = true;
      return null;
    }
    this.rules.define(reference.name, [atom]);
    return reference.name;
  }

  #allOf(schema: SchemaObject, parts: readonly unknown[], path: string): Atom | null {
    const { allOf: _, ...base } = schema;
    // The way some generators attach a description to a reference; it stays a reference.
    if (parts.length === 1 && !constrains(base)) return this.visit(parts[0], path);
    let merged: unknown = base;
    // Merging may bring a longer `allOf` in: of references to references, twice as long each time.
    if (parts.length > ALL_OF_PARTS) throw refused(`an \`allOf\` comes to more than ${ALL_OF_PARTS} parts`);
    for (const part of parts) {
      let resolved: unknown = part;
      for (let hops = 0; isObject(resolved) && typeof resolved.$ref === 'string'; hops++) {
        if (hops === 8) throw refused('an `allOf` refers to itself');
        const { $ref, ...beside } = resolved;
        resolved = this.#merge(resolvePointer(this.#root, $ref as string), beside, path);
      }
      merged = this.#merge(merged, resolved, path);
    }
    return this.visit(merged, path);
  }

  #oneOfMany(schema: SchemaObject, keyword: 'anyOf' | 'oneOf', parts: readonly unknown[], path: string): Atom | null {
    const { [keyword]: _, ...base } = schema;
    if (keyword === 'oneOf' && parts.length > 1) this.report(path, 'oneOf');
    const constrained = constrains(base);
    return this.#union(
      parts.map((part, i) => {
        if (!constrained) return this.visit(part, `${path}/${keyword}/${i}`);
        const whole = isObject(part) && '$ref' in part ? { allOf: [base, part] } : this.#merge(base, part, path);
        return this.visit(whole, `${path}/${keyword}/${i}`);
      }),
    );
  }

  #merge(a: unknown, b: unknown, path: string): unknown {
    return mergeSchemas(a, b, (keyword) => this.report(path, keyword));
  }

  report(path: string, keyword: string): void {
    this.#unenforced.add(`${path === '' ? '#' : path}: ${keyword}`);
  }
}

/** Whether a schema says anything of its values that is enforced here. */
const constrains = (schema: SchemaObject): boolean =>
  Object.keys(schema).some((key) => Object.hasOwn(typeOfKeyword, key) || combining.has(key));
const combining = new Set(['type', 'enum', 'const', 'anyOf', 'oneOf', 'allOf', '$ref']);

/** A `$ref` inside the document; undefined for any other. */
export function resolvePointer(root: unknown, pointer: string): unknown {
  if (pointer !== '#' && !pointer.startsWith('#/')) return undefined;
  let at: unknown = root;
  for (const step of pointer.split('/').slice(1)) {
    const key = decodePointer(step);
    if (Array.isArray(at)) at = /^\d+$/.test(key) ? at[Number(key)] : undefined;
    else if (isObject(at) && Object.hasOwn(at, key)) at = at[key];
    else return undefined;
  }
  return at;
}

function decodePointer(step: string): string {
  const plain = step.replaceAll('~1', '/').replaceAll('~0', '~');
  try {
    return decodeURIComponent(plain);
  } catch {
    return plain;
  }
}
