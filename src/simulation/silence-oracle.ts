/** A machine that is silent is not taken to be there for longer than its lease. */
import type { YardState } from '../yard/state.ts';
import { Violation } from './violation.ts';

/** Looked at now and then, of a gateway that may be late by itself, ms. */
const slackMs = 5_000;

export class SilenceOracle {
  readonly #leaseLostMs: number;
  /** By the time that the gateway was awake, ms. */
  readonly #heardAtMs = new Map<string, number>();

  /** `leaseLostMs`: the longest that a machine of this fleet may be silent. */
  constructor(leaseLostMs: number) {
    this.#leaseLostMs = leaseLostMs;
  }

  heard(machineId: string, awakeMs: number): void {
    this.#heardAtMs.set(machineId, awakeMs);
  }

  look(yard: YardState, awakeMs: number): void {
    for (const { machineId, status } of yard.machines.values()) {
      const silentMs = awakeMs - (this.#heardAtMs.get(machineId) ?? awakeMs);
      if (status === 'lost' || silentMs <= this.#leaseLostMs + slackMs) continue;
      throw new Violation(`${machineId} is ${status} after a silence of ${silentMs} ms`);
    }
  }
}
