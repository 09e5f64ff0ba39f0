/** What became of each request: one readable log line, one ledger row. Never prompt text. */
import type { Log } from '../transport/log/log.ts';
import type { RequestReport } from '../transport/request-report.ts';
import type { Store } from '../transport/store/store.ts';

export class RequestBook {
  readonly #store: Store;
  readonly #log: Log;

  constructor(store: Store, log: Log) {
    this.#store = store;
    this.#log = log;
  }

  enter(report: RequestReport): void {
    this.#log.request(report);
    this.#store.ledger.record(report);
  }

  /** Resolves when everything entered is on disk. */
  flush(): Promise<void> {
    return this.#store.ledger.flush();
  }
}
