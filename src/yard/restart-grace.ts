/**
 * A gateway that has just started does not know yet what its machines serve: they are on their way back. For a while an
 * unknown model may be one of theirs, and a request that names one waits a moment for them. Time is an argument.
 */
import { limits } from '../contract/limits.ts';

export class RestartGrace {
  readonly #expected: Set<string>;
  readonly #untilMs: number;

  /** `expected`: machines that may serve and were known before this start. */
  constructor(expected: Iterable<string>, startedAtMs: number) {
    this.#expected = new Set(expected);
    this.#untilMs = startedAtMs + limits.restartGraceMs;
  }

  /** Machines that have not told their models. */
  get missing(): number {
    return this.#expected.size;
  }

  /** Those of them that are still waited for. */
  missingAt(nowMs: number): number {
    return nowMs < this.#untilMs ? this.missing : 0;
  }

  /** A machine has told its models, or has none to wait for any more. False: nobody waited for it. */
  heard(machineId: string): boolean {
    return this.#expected.delete(machineId);
  }

  /**
   * How long a request that came at `askedAtMs` and names an unknown model waits yet for a machine, ms; 0 or less: it has
   * waited enough, and its client comes again. Null: the model does not exist.
   */
  waitMs(askedAtMs: number, nowMs: number): number | null {
    if (nowMs >= this.#untilMs) return null;
    return Math.min(this.#untilMs, askedAtMs + limits.restartWaitMs) - nowMs;
  }
}
