/** Rules of strings, numbers and fixed values, and the bounds they share with arrays. */
import { type Atom, type GrammarRules, literal } from './gbnf.ts';
import { anyString, constant, integer, number, stringChar } from './json-rules.ts';
import { type SchemaObject, typesOf } from './merge.ts';
import type { SchemaContext } from './schema-rules.ts';

/** Integer ranges up to this size are written out as their values. */
const SMALL_RANGE = 64;

export function constantsRule(rules: GrammarRules, schema: SchemaObject, values: readonly unknown[]): Atom | null {
  const types = typesOf(schema.type);
  const listed = Array.isArray(schema.enum) ? new Set(schema.enum.map((value) => JSON.stringify(value))) : undefined;
  const possible = values.filter(
    (value) => hasType(value, types) && (listed === undefined || listed.has(JSON.stringify(value))),
  );
  return possible.length === 0 ? null : rules.rule('one-of', [...new Set(possible.map(constant))].join(' | '));
}

function hasType(value: unknown, types: readonly string[]): boolean {
  if (types.length === 0) return true;
  const type = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  return types.includes(type) || (type === 'number' && types.includes('integer') && Number.isInteger(value));
}

export function stringRule(context: SchemaContext, schema: SchemaObject, path: string): Atom | null {
  const least = bound(schema.minLength) ?? 0;
  const most = bound(schema.maxLength);
  if (most !== undefined && most < least) return null;
  const bounds = boundsOf(context, least, most, path, 'minLength', 'maxLength');
  if (bounds === '*') return anyString(context.rules);
  return context.rules.rule('text', `${literal('"')} ${stringChar(context.rules)}${bounds} ${literal('"')}`);
}

export function numberRule(
  context: SchemaContext,
  schema: SchemaObject,
  type: 'integer' | 'number',
  path: string,
): Atom | null {
  const keys = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'] as const;
  const [least, most, above, below] = keys.map((key) => (typeof schema[key] === 'number' ? schema[key] : undefined));
  if (type === 'integer') {
    const lowest = Math.max(Math.ceil(least ?? -Infinity), Math.floor(above ?? -Infinity) + 1);
    const highest = Math.min(Math.floor(most ?? Infinity), Math.ceil(below ?? Infinity) - 1);
    if (lowest > highest) return null;
    if (highest - lowest < SMALL_RANGE) {
      const values = Array.from({ length: highest - lowest + 1 }, (_, i) => constant(lowest + i + 0));
      return context.rules.rule('range', values.join(' | '));
    }
  }
  const signed = !((least ?? -1) >= 0 || (above ?? -1) >= 0);
  for (const key of keys) if (key in schema && !(key === 'minimum' && least === 0)) context.report(path, key);
  return type === 'integer' ? integer(context.rules, signed) : number(context.rules, signed);
}

/** A bound that means something: a whole number, 0 or more. */
export const bound = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;

/** `{least,most}`, as far as the budget allows. */
export function boundsOf(
  context: SchemaContext,
  least: number,
  most: number | undefined,
  path: string,
  leastKey: string,
  mostKey: string,
): string {
  if (least === 0 && most === undefined) return '*';
  if (most !== undefined && context.rules.spendRepetitions(most)) return `{${least},${most}}`;
  if (most !== undefined) context.report(path, mostKey);
  if (least === 0) return '*';
  if (context.rules.spendRepetitions(least)) return `{${least},}`;
  context.report(path, leastKey);
  return '*';
}
