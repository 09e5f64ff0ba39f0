/**
 * Names of the owner's own for models. An alias stands for a model's id, another alias, a tier or `auto`. A model's own id
 * always means that model, so an alias never hides one; an alias named like a tier (`small`) decides what the tier is.
 */

import { type Tier, tiers } from './choose-model.ts';
import { editDistance } from './near-names.ts';

export interface Alias {
  readonly name: string;
  readonly target: string;
}

/** Target by name. */
export type Aliases = ReadonlyMap<string, string>;

export const twinPrefix = 'claude-yard-';

/** What may be called so: what clients and shells take, and no list of names. */
const form = /^[A-Za-z0-9][A-Za-z0-9._:@/[\]-]{0,99}$/;

export type AliasCheck =
  | { readonly ok: true; readonly warnings: readonly string[] }
  /** A sentence: what speaks against it, and what to do. */
  | { readonly ok: false; readonly why: string };

/** Whether the alias may be set beside those there are. `ids`: the models known now; null: nobody knows them at the moment. */
export function checkAlias({ name, target }: Alias, aliases: Aliases, ids: readonly string[] | null): AliasCheck {
  for (const word of [name, target]) {
    if (!form.test(word)) {
      return no(`"${word.slice(0, 100)}" is no name: give up to 100 letters, digits and . _ : @ / [ ] -`);
    }
  }
  if (name === 'auto')
    return no('"auto" means what it says everywhere. To say what clients get by default: alias set default');
  if (name.startsWith(twinPrefix)) {
    return no(
      `names in ${twinPrefix} belong to the models behind them: ${name.slice(twinPrefix.length)} is the name to set`,
    );
  }
  if (ids?.includes(name) === true) return no(`there is a model ${name}, and its id always means that model`);
  const back = leadsBack(name, new Map([...aliases, [name, target]]));
  if (back !== null) return no(`it would lead back to itself: ${back.join(' -> ')}`);
  const end = followAlias(target, aliases).at(-1) ?? target;
  const isKnown =
    ids === null ||
    ids.includes(end.replace(/@[0-9a-f]{6,64}$/, '')) ||
    ids.includes(end) ||
    isOpenName(end) ||
    (end.startsWith(twinPrefix) && ids.includes(end.slice(twinPrefix.length)));
  return {
    ok: true,
    warnings: isKnown ? [] : [`no machine has told of a model ${end} yet; until one does, ${name} is not found`],
  };
}

const no = (why: string): AliasCheck => ({ ok: false, why });

/** `auto`, the tiers, and Anthropic's names, which stand for tiers. */
export const isOpenName = (name: string): boolean =>
  name === 'auto' || tiers.some((tier) => tier === name) || (name.startsWith('claude-') && !isLikeTwin(name));

/** What no machine may call a model of its own: it would answer for everybody who says "auto", a tier, or one of Anthropic's names. */
export const isReserved = (name: string): boolean => isOpenName(name) || name.startsWith(twinPrefix);

/** It begins as twins do, or with a slip of the fingers in that: one model is meant, and no choice. */
export const isLikeTwin = (name: string): boolean =>
  editDistance(name.slice(0, twinPrefix.length), twinPrefix) <= mostSlips;

/** No line of Anthropic's is nearer to the prefix of twins than four letters. */
const mostSlips = 2;

/** The name and what it stands for, and so on to the end. Ends before a name would come twice. */
export function followAlias(name: string, aliases: Aliases): readonly string[] {
  const chain = [name];
  for (let next = aliases.get(name); next !== undefined && !chain.includes(next); next = aliases.get(next)) {
    chain.push(next);
  }
  return chain;
}

/** The tier a name stands for: its own name, or one of Anthropic's. */
export function tierOf(name: string): Tier | undefined {
  const plain = tiers.find((tier) => tier === name);
  if (plain !== undefined || !isOpenName(name) || name === 'auto') return plain;
  const line = /^claude-(?:[\d-]+-)?(opus|sonnet|haiku)(?![a-z])/.exec(name)?.[1];
  return line === 'opus' ? 'large' : line === 'haiku' ? 'small' : 'default';
}

/**
 * What the name may mean, in the order in which it is tried: the end of its aliases; then, where that is one of Anthropic's names and the
 * owner has said what its tier is, the end of the tier's aliases, and so on. Each once, so it ends whatever stands for what.
 */
export function meaningsOf(name: string, aliases: Aliases): readonly string[] {
  const meanings: string[] = [];
  const tried = new Set<string>();
  for (let next: string | undefined = name; next !== undefined && !tried.has(next); ) {
    tried.add(next);
    const end: string = followAlias(next, aliases).at(-1) ?? next;
    if (meanings.includes(end)) break;
    meanings.push(end);
    const tier = tierOf(end);
    next = tier !== undefined && tier !== end && aliases.has(tier) ? tier : undefined;
  }
  return meanings;
}

/** The way from a name back to itself, by aliases and by tiers that the owner has said; null: there is none. */
function leadsBack(name: string, aliases: Aliases): readonly string[] | null {
  const way = [name];
  for (let at = name; ; ) {
    const tier = tierOf(at);
    const next = aliases.get(at) ?? (tier !== undefined && tier !== at && aliases.has(tier) ? tier : undefined);
    if (next === undefined) return null;
    way.push(next);
    if (next === name) return way;
    // Round and round without the name: that was there before.
    if (way.indexOf(next) < way.length - 1) return null;
    at = next;
  }
}
