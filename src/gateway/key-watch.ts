/**
 * Keys are changed by other processes (`metalyard keys set`, `revoke`). A new request reads its key; one that waits, for an hour
 * where it is batch, is told of through the yard: it is looked at once a second whether anything was written, and then for a while for
 * requests that had read their key before.
 */
import { limits } from '../contract/limits.ts';
import type { Log } from '../transport/log/log.ts';
import type { Store } from '../transport/store/store.ts';
import { realTime, type Time } from '../transport/time.ts';
import type { YardLoop } from './yard-loop.ts';

const lookMs = 1_000;
/** A request may have read its key so long before it comes to the yard: its body is on its way, or a machine that has its model, ms. */
const onTheWayMs = limits.bodyMs + limits.restartWaitMs;

export class KeyWatch {
  readonly #keys: Pick<Store['keys'], 'changes' | 'current'>;
  readonly #yard: Pick<YardLoop, 'state' | 'tell'>;
  readonly #log: Pick<Log, 'warn'>;
  readonly #time: Pick<Time, 'after' | 'nowMs'>;
  #changedAtMs = Number.NEGATIVE_INFINITY;
  #callOff = (): void => {};
  #seen: string;
  #isLooking = false;

  constructor(
    keys: Pick<Store['keys'], 'changes' | 'current'>,
    yard: Pick<YardLoop, 'state' | 'tell'>,
    log: Pick<Log, 'warn'>,
    time: Pick<Time, 'after' | 'nowMs'> = realTime,
  ) {
    this.#keys = keys;
    this.#yard = yard;
    this.#log = log;
    this.#seen = keys.changes;
    this.#time = time;
    this.#watch();
  }

  #watch(): void {
    this.#callOff = this.#time.after(lookMs, () => {
      void this.look();
      this.#watch();
    });
  }

  async look(): Promise<void> {
    const { changes } = this.#keys;
    const nowMs = this.#time.nowMs();
    if (this.#isLooking || (changes === this.#seen && nowMs - this.#changedAtMs > onTheWayMs)) return;
    if (changes !== this.#seen) this.#changedAtMs = nowMs;
    this.#isLooking = true;
    try {
      for (const keyId of new Set(Array.from(this.#yard.state.tickets.values(), (ticket) => ticket.keyId))) {
        const key = await this.#keys.current(keyId);
        this.#yard.tell(
          key === undefined ? { type: 'key-revoked', keyId } : { type: 'key-placed', keyId, places: key.places },
        );
      }
      this.#seen = changes;
    } catch (error) {
      // It is tried again in a second.
      this.#log.warn('keys could not be read', { why: (error as Error).message });
    } finally {
      this.#isLooking = false;
    }
  }

  stop(): void {
    this.#callOff();
  }
}
