/**
 * Whether an engine is as fast as it should be. Pure. It is held against two things, and the worse one counts:
 * the best this model reached with this build and device on this machine, and, from the first start on, what
 * the memory of its GPU allows. To write a token every weight is read once, so bandwidth / bytes bounds tokens
 * per second; half of that is reached by any engine in good order, and models that read a part of their weights
 * only (mixtures of experts) exceed it.
 */
import type { LoadedModel } from '../contract/engine/raw.ts';
import { known, knownValue } from '../contract/machine/fact.ts';
import type { Facts } from '../contract/machine/facts.ts';

/** What a good engine reaches of the bound at least. */
const reachedShare = 0.5;
/** Above this other things than memory take the time of a token (launches, sampling); tokens per second. */
const boundByMemoryBelow = 120;
/** The middle one of so many is the speed of now: one answer beside a virus scan is no news. */
const remembered = 5;
/** A best of fewer answers may be a mistake of the timer. */
const enoughForBest = 3;

/** Tokens per second the GPU's memory lets expect; undefined where there is no telling. */
export function expectedPerSecond(
  device: LoadedModel['device'],
  weightBytes: number,
  machine: Facts | undefined,
): number | undefined {
  if (device === undefined || device.offloadedLayers < device.totalLayers) return undefined;
  const gpus = (knownValue(machine?.['gpu.all']) ?? []).filter(({ vendor }) => vendor !== 'virtual');
  // With more than one nobody says which of them holds what.
  const bandwidth = gpus.length === 1 ? knownValue(gpus[0]?.bandwidth_gbps) : undefined;
  if (bandwidth === undefined || weightBytes <= 0 || device.backend === 'cpu') return undefined;
  const bound = (bandwidth * 1e9) / weightBytes;
  return bound > boundByMemoryBelow ? undefined : bound * reachedShare;
}

export interface SpeedState {
  /** The best so far, earlier starts included; undefined before there is one. */
  readonly best: number | undefined;
  readonly expected: number | undefined;
  /** Newest last. */
  readonly recent: readonly number[];
}

export function withSpeed(state: SpeedState, perSecond: number): SpeedState {
  const recent = [...state.recent, perSecond].slice(-remembered);
  const best = recent.length < enoughForBest ? state.best : Math.max(middle(recent), state.best ?? 0);
  return { ...state, recent, best };
}

/** Nothing before the first answer; no ratio where there is nothing to hold it against. */
export function speedFacts({ best, expected, recent }: SpeedState): Facts {
  if (recent.length === 0) return {};
  const now = middle(recent);
  const source = `the last ${recent.length} answers`;
  const basis = expected !== undefined && expected > (best ?? 0) ? 'bandwidth' : 'own-best';
  const full = basis === 'bandwidth' ? expected : best;
  return {
    'engine.tokens_per_s': known(round(now), source),
    ...(full === undefined
      ? {}
      : {
          'engine.speed_ratio': known(round(Math.min(1, now / full)), source),
          'engine.speed_basis': known(basis, source),
        }),
  };
}

const round = (value: number): number => Math.round(value * 100) / 100;

/** Of an even number the lower one in the middle. */
function middle(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}
