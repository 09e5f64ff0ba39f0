/**
 * The machines of a gateway that has just started: until they have told their models nobody knows what a model's name
 * means. Requests wait a moment for them, by the rule of `yard/restart-grace.ts`, and nobody is told that a model does not exist.
 */
import { ApiFailure, apiError } from '../contract/errors.ts';
import type { Store } from '../transport/store/store.ts';
import type { Time } from '../transport/time.ts';
import { RestartGrace } from '../yard/restart-grace.ts';

export interface ReturningMachinesOptions {
  /** Approved machines that were there before this start. */
  readonly expected: Iterable<string>;
  readonly time: Time;
}

/** Machines of the yard that may serve. */
export async function expectedMachines({ machines }: Pick<Store, 'machines'>): Promise<string[]> {
  const known = await machines.list();
  return known.filter(({ standing, drained }) => standing === 'approved' && !drained).map((one) => one.machineId);
}

export class ReturningMachines {
  readonly #grace: RestartGrace;
  readonly #time: Time;
  #told = Promise.withResolvers<void>();

  constructor({ expected, time }: ReturningMachinesOptions) {
    this.#grace = new RestartGrace(expected, time.nowMs());
    this.#time = time;
  }

  /** Machines that are on their way back. */
  get missing(): number {
    return this.#grace.missingAt(this.#time.nowMs());
  }

  /** A machine has told its models, or has none to wait for any more. */
  heard(machineId: string): void {
    if (!this.#grace.heard(machineId)) return;
    this.#told.resolve();
    this.#told = Promise.withResolvers();
  }

  /**
   * Does what needs to know the models, again whenever a machine has come back, as long as a model is unknown.
   * Rejects with what went wrong at last: while machines are missing, that is no 404.
   */
  async await<Value>(attempt: () => Promise<Value>): Promise<Value> {
    const askedAtMs = this.#time.nowMs();
    for (;;) {
      // As it was when the attempt began: it may take a while, and a machine come back meanwhile.
      const { promise: told } = this.#told;
      const { missing } = this.#grace;
      try {
        return await attempt();
      } catch (error) {
        const leftMs = this.#grace.waitMs(askedAtMs, this.#time.nowMs());
        if (missing === 0 || leftMs === null || !isUnknownModel(error)) throw error;
        if (leftMs <= 0) throw new ApiFailure(notBack(missing));
        await this.#toldWithin(told, leftMs);
      }
    }
  }

  async #toldWithin(told: Promise<void>, ms: number): Promise<void> {
    const late = Promise.withResolvers<void>();
    const callOff = this.#time.after(ms, late.resolve);
    await Promise.race([told, late.promise]);
    callOff();
  }
}

const isUnknownModel = (error: unknown): boolean =>
  error instanceof ApiFailure && (error.error.code === 'model_not_found' || error.error.code === 'no_machine');

function notBack(missing: number) {
  const machines = missing === 1 ? 'One machine is' : `${missing} machines are`;
  return apiError(
    'no_machine',
    `model: it cannot be looked up yet. The gateway has just started; ${machines} not back. Ask again in a moment.`,
    { retryAfterMs: 2_000 },
  );
}
