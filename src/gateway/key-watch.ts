/**
 * Keys are changed by other processes (`metalyard keys set`, `revoke`). A new request reads its key; one that waits, for an hour
 * where it is batch, is told of through the yard: it is looked at once a second whether anything was written.
 */
import type { Log } from '../transport/log/log.ts';
import type { Store } from '../transport/store/store.ts';
import type { YardLoop } from './yard-loop.ts';

const lookMs = 1_000;

export class KeyWatch {
  readonly #keys: Pick<Store['keys'], 'changes' | 'current'>;
  readonly #yard: Pick<YardLoop, 'state' | 'tell'>;
  readonly #log: Pick<Log, 'warn'>;
  readonly #timer = setInterval(() => void this.look(), lookMs).unref();
  #seen: string;
  #isLooking = false;

  constructor(
    keys: Pick<Store['keys'], 'changes' | 'current'>,
    yard: Pick<YardLoop, 'state' | 'tell'>,
    log: Pick<Log, 'warn'>,
  ) {
    this.#keys = keys;
    this.#yard = yard;
    this.#log = log;
    this.#seen = keys.changes;
  }

  async look(): Promise<void> {
    const { changes } = this.#keys;
    if (this.#isLooking || changes === this.#seen) return;
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
    clearInterval(this.#timer);
  }
}
