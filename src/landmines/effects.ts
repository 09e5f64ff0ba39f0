/**
 * What the findings of a machine mean for where work goes, summed up, and the words of doctor for it. The router rules machines
 * out by it or prefers others, an agent leaves backends alone by it. How fast a machine is and what memory it has left are measured there,
 * and what is measured counts: those two are only told. So is that a machine is short of memory: its agent goes by the same rule, sees it
 * sooner and knows when it is over, and the router goes by its word.
 */
import type { Effect } from '../contract/machine/finding.ts';
import { unreachable } from '../contract/unreachable.ts';
import type { Checked } from './check-all.ts';
import { bytes, percent } from './words.ts';

type Backend = Extract<Effect, { kind: 'no-backend' }>['backend'];
type Dearer = Extract<Effect, { kind: 'dearer' }>['because'];

/** Each with the codes of the findings behind it; an empty list means no finding asks for it. */
export interface SchedulingEffects {
  /** Our own engine does not run there. */
  readonly noEngine: readonly string[];
  /** Its agent takes nothing new. */
  readonly paused: readonly string[];
  /** What its work counts more for; each once, however many findings say so. */
  readonly dearer: readonly Dearer[];
  /** Backends that are not used there. */
  readonly barredBackends: Readonly<Partial<Record<Backend, readonly string[]>>>;
  /** Memory that is never budgeted. Findings about the same memory do not add up: the largest counts. */
  readonly reservedMemory: readonly { readonly gpu?: number; readonly bytes: number; readonly code: string }[];
  /** Share of the usual speed to expect, 0..1: the lowest any finding names; 1 without one. */
  readonly speedFactor: number;
  readonly slowerBecause: readonly string[];
  /** Chosen only when nothing better is there. */
  readonly lastResort: readonly string[];
}

export function effectsOf(checked: readonly Pick<Checked, 'result'>[]): SchedulingEffects {
  const noEngine: string[] = [];
  const paused: string[] = [];
  const dearer = new Set<Dearer>();
  const lastResort: string[] = [];
  const slowerBecause: string[] = [];
  const barredBackends: Partial<Record<Backend, string[]>> = {};
  const reserved = new Map<number | undefined, { gpu?: number; bytes: number; code: string }>();
  let speedFactor = 1;
  for (const { result } of checked) {
    if (result.kind !== 'finding' || result.finding.effect === undefined) continue;
    const { code, effect } = result.finding;
    switch (effect.kind) {
      case 'no-engine':
        noEngine.push(code);
        break;
      case 'paused':
        paused.push(code);
        break;
      case 'dearer':
        dearer.add(effect.because);
        break;
      case 'last-resort':
        lastResort.push(code);
        break;
      case 'slower':
        slowerBecause.push(code);
        speedFactor = Math.min(speedFactor, effect.factor);
        break;
      case 'no-backend':
        barredBackends[effect.backend] = [...(barredBackends[effect.backend] ?? []), code];
        break;
      case 'reserve-memory':
        if ((reserved.get(effect.gpu)?.bytes ?? 0) < effect.bytes) {
          const { gpu, bytes: count } = effect;
          reserved.set(gpu, gpu === undefined ? { bytes: count, code } : { gpu, bytes: count, code });
        }
        break;
      default:
        unreachable(effect);
    }
  }
  return {
    noEngine,
    paused,
    dearer: [...dearer],
    barredBackends,
    reservedMemory: [...reserved.values()],
    speedFactor,
    slowerBecause,
    lastResort,
  };
}

/** What the scheduler does about a finding, in the words of doctor and of the page. */
export function effectText(effect: Effect | undefined): string {
  if (effect === undefined) return 'none';
  switch (effect.kind) {
    case 'no-engine':
      return 'nothing is loaded in our own engine on this machine; attached servers serve';
    case 'paused':
      return effect.unloads
        ? 'its agent takes no new requests, and unloads its models if it sees this twice in a row; both until memory was free for a minute'
        : 'its agent takes no new requests until memory was free for a minute';
    case 'dearer':
      return 'its work counts as longer than it takes: others are preferred unless they are much slower';
    case 'no-backend':
      return `${backendNames[effect.backend]} is not used on this machine`;
    case 'reserve-memory':
      return `${bytes(effect.bytes)} of ${effect.gpu === undefined ? 'memory' : `GPU ${effect.gpu}`} are not to be counted on; what is free is measured`;
    case 'slower':
      return `runs at ${percent(effect.factor)} of its usual speed; requests go by the speed that is measured`;
    case 'last-resort':
      return 'chosen only when no other machine is free';
    default:
      return unreachable(effect);
  }
}

const backendNames = { cuda: 'CUDA', rocm: 'ROCm', vulkan: 'Vulkan', metal: 'Metal' } as const satisfies Record<
  Backend,
  string
>;
