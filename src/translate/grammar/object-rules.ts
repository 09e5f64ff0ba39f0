/** Rules of objects. */
import { type Atom, type GrammarRules, literal } from './gbnf.ts';
import { anyObject, anyString, otherKey, space } from './json-rules.ts';
import { isObject, type SchemaObject, strings } from './merge.ts';
import type { SchemaContext } from './schema-rules.ts';

/** Names to keep additional keys away from, characters in all. */
const OTHER_KEY_CHARS = 2_000;

interface Pair {
  readonly text: string;
  readonly optional: boolean;
}

/**
 * Properties in the schema's order. Optional ones make a chain: from each position, either this
 * property and then the rest, or the rest without it. Keys the schema does not name are allowed
 * only where it says so (`additionalProperties`), or where it names none at all: a model given the
 * choice invents some.
 */
export function objectRule(context: SchemaContext, schema: SchemaObject, path: string): Atom | null {
  const { rules } = context;
  const named = isObject(schema.properties) ? schema.properties : {};
  const required = strings(schema.required);
  const names = [...new Set([...Object.keys(named), ...required])];
  const additional = schema.additionalProperties;
  const open = names.length === 0 ? additional !== false : additional === true || isObject(additional);
  if (names.length === 0 && (additional === undefined || additional === true)) return anyObject(rules);

  const ws = space(rules);
  const pairs: Pair[] = [];
  for (const name of names) {
    const own = Object.hasOwn(named, name) ? named[name] : (additional ?? true);
    const value = context.visit(own, `${path}/properties/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`);
    const optional = !required.includes(name);
    if (value !== null) pairs.push({ text: `${literal(`${JSON.stringify(name)}:`)} ${ws} ${value}`, optional });
    else if (!optional) return null;
  }
  const extra = open ? extraPair(context, names, additional, path) : null;
  const content = members(rules, pairs, extra);
  return rules.rule('object', `"{" ${ws} ${content} "}"`);
}

function extraPair(context: SchemaContext, names: readonly string[], schema: unknown, path: string): Atom | null {
  if (names.join('').length > OTHER_KEY_CHARS) {
    context.report(path, 'additionalProperties');
    return null;
  }
  const value = context.visit(schema ?? true, `${path}/additionalProperties`);
  if (value === null) return null;
  const key = names.length === 0 ? anyString(context.rules) : otherKey(context.rules, names);
  return context.rules.rule('pair', `${key} ":" ${space(context.rules)} ${value}`);
}

function members(rules: GrammarRules, pairs: readonly Pair[], extra: Atom | null): string {
  const ws = space(rules);
  /** What may follow once something is written, from position i on; and what may come first. */
  let rest = extra === null ? ws : rules.rule('more', `("," ${ws} ${extra})* ${ws}`);
  let first: Atom = extra === null ? '""' : rules.rule('first', `(${extra} ${rest})?`);
  for (const { text, optional } of pairs.toReversed()) {
    first = optional ? rules.rule('first', `${text} ${rest} | ${first}`) : rules.rule('first', `${text} ${rest}`);
    rest = rules.rule('rest', optional ? `("," ${ws} ${text})? ${rest}` : `"," ${ws} ${text} ${rest}`);
  }
  return first;
}
