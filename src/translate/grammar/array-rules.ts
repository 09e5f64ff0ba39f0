/** Rules of arrays and tuples. */
import type { Atom } from './gbnf.ts';
import { bracketed, space } from './json-rules.ts';
import type { SchemaObject } from './merge.ts';
import { bound, boundsOf } from './scalar-rules.ts';
import type { SchemaContext } from './schema-rules.ts';

export function arrayRule(context: SchemaContext, schema: SchemaObject, path: string): Atom | null {
  const tuple = Array.isArray(schema.prefixItems)
    ? schema.prefixItems
    : Array.isArray(schema.items)
      ? schema.items
      : [];
  const others = Array.isArray(schema.items) ? schema.additionalItems : schema.items;
  const least = bound(schema.minItems) ?? 0;
  const most = bound(schema.maxItems);
  if (most !== undefined && most < least) return null;
  const ws = space(context.rules);
  const first = tuple.slice(0, most).map((item, i) => context.visit(item, `${path}/prefixItems/${i}`));
  if (first.includes(null)) return null;
  const item = most !== undefined && most <= first.length ? null : context.visit(others ?? true, `${path}/items`);
  const missing = Math.max(least - first.length, 0);
  if (item === null) {
    if (missing > 0) return null;
    if (first.length === 0) return context.rules.rule('empty', `"[" ${ws} "]"`);
    return context.rules.rule('tuple', bracketed(context.rules, '[', first.join(` "," ${ws} `), ']', false));
  }
  const left = most === undefined ? undefined : most - first.length;
  if (first.length > 0) {
    const more = boundsOf(context, missing, left, path, 'minItems', 'maxItems');
    const content = `${first.join(` "," ${ws} `)} ("," ${ws} ${item})${more}`;
    return context.rules.rule('tuple', bracketed(context.rules, '[', content, ']', false));
  }
  const more = boundsOf(
    context,
    Math.max(missing - 1, 0),
    left === undefined ? undefined : left - 1,
    path,
    'minItems',
    'maxItems',
  );
  const content = `${item} ("," ${ws} ${item})${more}`;
  return context.rules.rule('array', bracketed(context.rules, '[', content, ']', missing === 0));
}
