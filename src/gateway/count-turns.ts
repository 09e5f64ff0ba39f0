/**
 * Token counts take turns by key: of one key so many are asked of machines at once, and the others wait here, in their order.
 * Counts cost machines time that answers need, and a client that counts a whole repository must not hold up everybody.
 */
import { ApiFailure, apiError } from '../contract/errors.ts';
import type { KeyId } from '../contract/ids.ts';
import { limits } from '../contract/limits.ts';

interface Counting {
  /** Asked of machines. */
  running: number;
  /** Each begins one that waits. */
  readonly waiting: (() => void)[];
}

export class CountTurns {
  readonly #keys = new Map<KeyId, Counting>();

  /** Runs the work when it is its turn. Throws the ApiFailure of one that came too many, or waited too long. */
  async inTurn<Result>(keyId: KeyId, work: () => Promise<Result>): Promise<Result> {
    const counting = this.#keys.get(keyId) ?? { running: 0, waiting: [] };
    this.#keys.set(keyId, counting);
    if (counting.running < limits.countsPerKey) counting.running += 1;
    else await waitIn(counting);
    try {
      return await work();
    } finally {
      // Whoever waits takes its place.
      const next = counting.waiting.shift();
      if (next !== undefined) next();
      else counting.running -= 1;
      if (counting.running === 0) this.#keys.delete(keyId);
    }
  }
}

function waitIn({ waiting }: Counting): Promise<void> {
  if (waiting.length >= limits.countsWaitingPerKey) throw new ApiFailure(tooMany());
  return new Promise((resolve, reject) => {
    const begin = (): void => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(() => {
      waiting.splice(waiting.indexOf(begin), 1);
      reject(new ApiFailure(tooMany()));
    }, limits.countMs);
    waiting.push(begin);
  });
}

const tooMany = () =>
  apiError(
    'queue_full',
    `This key has more token counts to make than machines get done (${limits.countsPerKey} at once). Send fewer at a time.`,
    { retryAfterMs: 2_000 },
  );
