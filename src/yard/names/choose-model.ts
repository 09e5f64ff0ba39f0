/**
 * Which model is used where the client leaves it open: `auto`, and the tiers that stand for Anthropic's lines. Pure: the
 * same models, needs and patience always give the same choice. docs/models.md says the same in words.
 */
import type { RequestNeeds } from '../../contract/generation/request-needs.ts';
import { byQuality, lackOf, type NamedModel, outlookRank, satisfies } from './named-model.ts';

export interface Wish {
  readonly needs: RequestNeeds;
  /** How long the client waits for a model to be ready, ms. */
  readonly patienceMs: number;
}

/** Names that stand for a choice. */
export const tiers = ['large', 'default', 'small'] as const;
export type Tier = (typeof tiers)[number];

/** A small model of fewer parameters answers nobody's question well: it is only chosen where there is no other. */
const leastParameters = 1e9;

/**
 * The best model that can serve the request and is warm; else the one that is ready first, if the client waits that long;
 * else the best that can serve it at all. Where none can, the one that comes nearest: its refusal says what is amiss.
 */
export function chooseAuto<Model extends NamedModel>(models: readonly Model[], wish: Wish): Model | undefined {
  const able = models.filter((model) => satisfies(model, wish.needs)).toSorted(byQuality);
  const warm = able.find((model) => model.warm);
  if (warm !== undefined) return warm;
  const soon = able
    .filter(({ readyInMs }) => readyInMs !== null && readyInMs <= wish.patienceMs)
    // Sorted already by quality, which decides between equals.
    .toSorted((a, b) => a.readyInMs! - b.readyInMs!)[0];
  if (soon !== undefined) return soon;
  const best = able.toSorted((a, b) => outlookRank[a.outlook] - outlookRank[b.outlook] || byQuality(a, b))[0];
  return best ?? nearest(models, wish.needs);
}

/** `large`: the best there is, loaded or not. `small`: the least of those in memory. `default`: as `auto`. */
export function chooseTier<Model extends NamedModel>(
  tier: Tier,
  models: readonly Model[],
  wish: Wish,
): Model | undefined {
  if (tier === 'default') return chooseAuto(models, wish);
  const best = Math.min(...models.map(standingOf));
  const standing = models.filter((model) => standingOf(model) === best);
  const able = standing.filter((model) => satisfies(model, wish.needs)).toSorted(byQuality);
  if (tier === 'large') return able[0] ?? chooseAuto(models, wish);
  const least = able.toSorted(
    // Reversed, so that the least comes first; of equal rank it is the last by quality.
    (a, b) => Number(b.warm) - Number(a.warm) || Number(isTiny(a)) - Number(isTiny(b)) || byQuality(b, a),
  )[0];
  return least ?? chooseAuto(models, wish);
}

/** What is loaded when it is asked for is as good as there. */
const standingOf = ({ outlook }: NamedModel): number => outlookRank[outlook === 'available' ? 'ready' : outlook];

/** Nobody knows how large a model of unknown size is: it is not taken for a small one while there is another. */
const isTiny = ({ parameters }: NamedModel): boolean => parameters === null || parameters < leastParameters;

/** None can serve the request: first whoever stands best, then who lacks least, then who has most room. */
function nearest<Model extends NamedModel>(models: readonly Model[], needs: RequestNeeds): Model | undefined {
  return models.toSorted(
    (a, b) =>
      outlookRank[a.outlook] - outlookRank[b.outlook] ||
      lackOf(a, needs) - lackOf(b, needs) ||
      b.window - a.window ||
      Number(b.warm) - Number(a.warm) ||
      byQuality(a, b),
  )[0];
}
