/**
 * Grammar of JSON values without a schema. Whitespace is bounded everywhere: a model under a grammar
 * that allows it endlessly will write line breaks until its tokens run out.
 */
import { type Atom, classChar, type GrammarRules, literal } from './gbnf.ts';

/** Nothing, a space, or a line break with its indentation. */
export const space = (rules: GrammarRules): Atom => rules.rule('space', '(" " | "\\n" " "{0,16})?');

/** One character of a string; an escape never makes half a surrogate pair, so a rule counts code points. */
export function stringChar(rules: GrammarRules): Atom {
  const hex = rules.rule('hex', '[0-9a-fA-F]');
  const unit = `([0-9a-cA-CeEfF] ${hex}{3} | [dD] [0-7] ${hex}{2})`;
  return rules.rule('char', `[^"\\\\\\x00-\\x1f\\x7f] | "\\\\" (["\\\\/bfnrt] | "u" ${unit})`);
}

export const anyString = (rules: GrammarRules): Atom =>
  rules.rule('string', `${literal('"')} ${stringChar(rules)}* ${literal('"')}`);

const digits = '("0" | [1-9] [0-9]{0,14})';
const fraction = '("." [0-9]{1,16})? ([eE] [-+]? [0-9]{1,2})?';
/** At most 15 digits: what a double keeps. */
export const integer = (rules: GrammarRules, signed: boolean): Atom =>
  rules.rule(signed ? 'integer' : 'count', `${signed ? '"-"? ' : ''}${digits}`);
export const number = (rules: GrammarRules, signed: boolean): Atom =>
  rules.rule(signed ? 'number' : 'amount', `${signed ? '"-"? ' : ''}${digits} ${fraction}`);

/** Any JSON value. */
export function anyValue(rules: GrammarRules): Atom {
  const value = valueNames.get(rules);
  if (value !== undefined) return value;
  const name = rules.reserve('value');
  valueNames.set(rules, name);
  const ws = space(rules);
  const text = anyString(rules);
  const pair = rules.rule('pair', `${text} ":" ${ws} ${name}`);
  const object = rules.rule('object', bracketed(rules, '{', `${pair} ("," ${ws} ${pair})*`, '}', true));
  const array = rules.rule('array', bracketed(rules, '[', `${name} ("," ${ws} ${name})*`, ']', true));
  rules.define(name, [object, array, text, number(rules, true), '"true"', '"false"', '"null"']);
  return name;
}
const valueNames = new WeakMap<GrammarRules, Atom>();

/** Any object. */
export function anyObject(rules: GrammarRules): Atom {
  const ws = space(rules);
  const pair = rules.rule('pair', `${anyString(rules)} ":" ${ws} ${anyValue(rules)}`);
  return rules.rule('object', bracketed(rules, '{', `${pair} ("," ${ws} ${pair})*`, '}', true));
}

/** `content` in brackets, with bounded whitespace inside them. */
export function bracketed(
  rules: GrammarRules,
  open: string,
  content: string,
  close: string,
  mayBeEmpty: boolean,
): string {
  const ws = space(rules);
  const full = `${literal(open)} ${ws} ${content} ${ws} ${literal(close)}`;
  return mayBeEmpty ? `${literal(open)} ${ws} ${literal(close)} | ${full}` : full;
}

/** A fixed value, written as `JSON.stringify` does. */
export const constant = (value: unknown): Atom => literal(JSON.stringify(value));

/**
 * A key that is none of `names`, quotes included, without escapes (which could spell one of them).
 * Written as a walk through the names' common beginnings.
 */
export function otherKey(rules: GrammarRules, names: readonly string[]): Atom {
  const plain = (except: readonly string[]): string => `[^"\\\\\\x00-\\x1f\\x7f${except.map(classChar).join('')}]`;
  const rest = rules.rule('key-rest', `${plain([])}* ${literal('"')}`);
  const walk = (tails: readonly string[]): string => {
    const byFirst = new Map<string, string[]>();
    for (const tail of tails) {
      const [first] = tail;
      if (first === undefined) continue;
      byFirst.set(first, [...(byFirst.get(first) ?? []), tail.slice(first.length)]);
    }
    // A name without its last quote is a key already forbidden; anything longer is free.
    const ways = tails.includes('') ? [] : [literal('"')];
    for (const [first, following] of byFirst) {
      ways.push(`${literal(first)} ${rules.rule('key', walk(following))}`);
    }
    ways.push(`${plain([...byFirst.keys()])} ${rest}`);
    return ways.join(' | ');
  };
  // A name that needs an escape cannot be spelled without one.
  const spellable = names.filter((name) => JSON.stringify(name) === `"${name}"` && !name.includes('\u007f'));
  return rules.rule('other-key', `${literal('"')} ${rules.rule('key', walk(spellable))}`);
}
