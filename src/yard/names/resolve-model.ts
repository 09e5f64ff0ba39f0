/**
 * Which model a client means. A name is, in this order,
 *
 * - a model's own id, or `id@digest`: that model if one of its copies has a digest that begins so;
 * - `claude-yard-<id>`: the same model under a name that pickers which only show `claude-*` list;
 * - an alias of the owner's (`aliases.ts`);
 * - what a machine itself calls a model (`qwen3:8b`), where the yard calls it otherwise;
 * - `auto` or a tier: the choice of `choose-model.ts`. `claude-opus*`, `claude-sonnet*` and `claude-haiku*` are the tiers
 *   large, default and small, and every other `claude-*` name is default: clients made for Anthropic ask for Anthropic's
 *   names and cannot all be told otherwise.
 *
 * Anything else is an error. A `gpt-4` answered by another model would be a silent fallback.
 */
import { type ApiError, apiError } from '../../contract/errors.ts';
import { noNeeds } from '../../contract/generation/request-needs.ts';
import { type Aliases, followAlias, meaningsOf, tierOf, twinPrefix } from './aliases.ts';
import { type AllowList, isAllowed } from './allowed-models.ts';
import { chooseAuto, chooseTier, tiers, type Wish } from './choose-model.ts';
import { byQuality, type NamedModel, outlookRank } from './named-model.ts';
import { nearNames } from './near-names.ts';

/** All there is to resolve a name by. Plain data: it goes to the threads that read large bodies. */
export interface NameBook<Model extends NamedModel = NamedModel> {
  /** What the yard knows now (`availableModels`). */
  readonly models: readonly Model[];
  /** Where the request may not run everywhere: what there is where it may. What is left open is chosen among these. */
  readonly reachable?: readonly Model[];
  readonly aliases: Aliases;
  /** What the API key may use. */
  readonly allowed: AllowList;
}

/** Names shown in an error: enough to choose from, short enough to read. */
const shownNames = 10;

export type ResolvedModel<Model extends NamedModel> =
  | { readonly ok: true; readonly model: Model }
  | { readonly ok: false; readonly error: ApiError };

/** A wish without wishes: for names that stand in a list, with no request behind them. */
const anyWish: Wish = { needs: noNeeds, patienceMs: Number.POSITIVE_INFINITY };

/** Finds the model that `asked` names among those that the key may use. One it may not use is a 403. */
export function resolveModel<Model extends NamedModel>(
  asked: string,
  book: NameBook<Model>,
  wish: Wish = anyWish,
): ResolvedModel<Model> {
  const mine = allowedModels(book);
  const near = book.reachable === undefined ? [] : allowedModels({ ...book, models: book.reachable });
  // What is named and is elsewhere is told by the yard, which knows why it cannot be had there.
  const found = findModel(asked, near, book.aliases, wish) ?? findModel(asked, mine, book.aliases, wish);
  if (found !== undefined) return { ok: true, model: found };
  if (mine.length < book.models.length && findModel(asked, book.models, book.aliases, wish) !== undefined) {
    return { ok: false, error: notAllowed(asked, mine) };
  }
  return { ok: false, error: mine.length === 0 ? noModels(asked) : notFound(asked, mine, book.aliases) };
}

/** Those of the models that the key may use. An alias or a tier on its list stands for what it means at the moment. */
export function allowedModels<Model extends NamedModel>({
  models,
  aliases,
  allowed,
}: NameBook<Model>): readonly Model[] {
  if (allowed === null) return models;
  const meant = new Set(allowed.map((name) => findModel(name, models, aliases, anyWish)?.id));
  return models.filter(({ id, otherNames }) => meant.has(id) || isAllowed(allowed, id, otherNames));
}

function findModel<Model extends NamedModel>(
  asked: string,
  models: readonly Model[],
  aliases: Aliases,
  wish: Wish,
): Model | undefined {
  const own = byId(asked, models);
  if (own !== undefined) return own;
  const isTwin = asked.startsWith(twinPrefix);
  // The owner may have said what the tier of a name is.
  for (const name of meaningsOf(isTwin ? asked.slice(twinPrefix.length) : asked, aliases)) {
    const named = oneNamed(name, models);
    // A twin names one model, and is no choice.
    if (named !== undefined || isTwin) return named;
    if (name === 'auto') return chooseAuto(models, wish);
    if (namesOne(name, models)) return undefined;
    const tier = tierOf(name);
    if (tier === undefined) return undefined;
    if (tier === name || !aliases.has(tier)) return chooseTier(tier, models, wish);
  }
  // Tiers that stand for each other say nothing: each is what it would be without.
  const tier = tierOf(followAlias(asked, aliases).at(-1) ?? asked);
  return tier === undefined ? undefined : chooseTier(tier, models, wish);
}

const oneNamed = <Model extends NamedModel>(name: string, models: readonly Model[]): Model | undefined =>
  byId(name, models) ?? models.toSorted(inListOrder).find(({ otherNames }) => otherNames.includes(name));

/** `claude-qwen3-8b-q4`: the id of a model where Anthropic's names have a line. To answer with another would be a silent fallback. */
const namesOne = (name: string, models: readonly NamedModel[]): boolean =>
  name.startsWith('claude-') &&
  !/^claude-(\d|opus|sonnet|haiku|instant)/.test(name) &&
  models.some(({ id }) => name.endsWith(`-${id}`));

function byId<Model extends NamedModel>(name: string, models: readonly Model[]): Model | undefined {
  const exact = models.find(({ id }) => id === name);
  if (exact !== undefined) return exact;
  const [, id, digest = ''] = /^(.+)@([0-9a-f]{6,64})$/.exec(name) ?? [];
  if (id === undefined) return undefined;
  return models.find(
    (model) =>
      (model.id === id || model.otherNames.includes(id)) && model.digests.some((each) => each.startsWith(digest)),
  );
}

/** Every name that a model list shows, what `auto` means first, each id followed by its twin. */
export function listModels<Model extends NamedModel>(
  available: readonly Model[],
): { readonly listedId: string; readonly model: Model }[] {
  return available.toSorted(inListOrder).flatMap((model) => [
    { listedId: model.id, model },
    { listedId: twinPrefix + model.id, model },
  ]);
}

/** Who stands best, is in memory, is best. */
const inListOrder = (a: NamedModel, b: NamedModel): number =>
  outlookRank[a.outlook] - outlookRank[b.outlook] || Number(b.warm) - Number(a.warm) || byQuality(a, b);

function noModels(asked: string): ApiError {
  return apiError(
    'no_machine',
    `model: ${shortened(asked)} cannot be looked up: no machine has told its models yet. Start an agent, or wait a moment for one to connect.`,
    { retryAfterMs: 5_000 },
  );
}

function notAllowed(asked: string, available: readonly NamedModel[]): ApiError {
  const ids = available.toSorted(inListOrder).map(({ id }) => id);
  const may = ids.length === 0 ? 'None of the models it may use is served now' : `It may use: ${shownList(ids)}`;
  return apiError('permission', `model: ${shortened(asked)} is not among the models this API key may use. ${may}.`);
}

function notFound(asked: string, available: readonly NamedModel[], aliases: Aliases): ApiError {
  const ids = available.toSorted(inListOrder).map(({ id }) => id);
  const [, ...meant] = followAlias(asked, aliases);
  const end = meant.at(-1);
  const alias = end === undefined ? '' : ` It is an alias of ${shortened(end)}, which no machine has.`;
  const usable = [...aliases.keys()].filter((name) => findModel(name, available, aliases, anyWish) !== undefined);
  const meantName = end ?? asked;
  const twins = meantName.startsWith('claude-') ? ids.map((id) => twinPrefix + id) : ids;
  const near = nearNames(meantName, [...twins, ...usable, 'auto', ...tiers]);
  const question = near.length > 0 ? ` Did you mean ${near.join(' or ')}?` : '';
  const auto = chooseAuto(available, anyWish)?.id;
  return apiError(
    'model_not_found',
    `model: ${shortened(asked)} is not served here.${alias}${question} Available: ${shownList(ids)}. "auto" uses ${auto}; claude-* names are served too.`,
  );
}

/** As many as can be read. */
function shownList(ids: readonly string[]): string {
  const more = ids.length > shownNames ? ` and ${ids.length - shownNames} more (GET /v1/models)` : '';
  return ids.slice(0, shownNames).join(', ') + more;
}

/** A name comes from outside and may be of any length. */
function shortened(name: string): string {
  return name.length <= 100 ? name : `${name.slice(0, 100)}...`;
}
