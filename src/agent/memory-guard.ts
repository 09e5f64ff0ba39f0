/**
 * Holds the memory governor against what the machine is like now: when its memory is pressed no new
 * ticket is taken, and when that is not enough models are unloaded, whatever they are doing, before
 * the owner's own programs suffer. They are loaded again after a minute of calm, if they still fit.
 */
import type { Facts } from '../contract/machine/facts.ts';
import { pressureOf } from '../landmines/index.ts';
import { createGovernor, type GovernorState } from '../machine/governor/governor.ts';
import type { Log } from '../transport/log/log.ts';

export interface MemoryGuardOptions {
  readonly log: Log;
  nowMs(): number;
  onChange(state: GovernorState): void;
}

export interface MemoryGuard {
  /** Why no ticket is taken, as a sentence; null while tickets are taken. */
  readonly pressedBecause: string | null;
  /** Takes the facts of this moment. */
  sample(facts: Facts): void;
}

export function createMemoryGuard({ log, nowMs, onChange }: MemoryGuardOptions): MemoryGuard {
  const governor = createGovernor();
  return {
    get pressedBecause() {
      return governor.state.admits ? null : governor.state.because;
    },
    sample(facts) {
      if (!governor.sample(pressureOf(facts), nowMs())) return;
      const { admits, unloads, because } = governor.state;
      if (admits) log.info('memory has been calm for a minute: tickets are taken again');
      else if (unloads) log.warn('memory is short: models are unloaded', { because });
      else log.warn('memory is pressed: no new tickets', { because });
      onChange(governor.state);
    },
  };
}
