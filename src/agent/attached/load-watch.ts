/**
 * How long an attached server's loads of its models took, by the clock of whoever waited for them. A model that is seen loaded, whoever
 * had it loaded, makes the next load a later one: its file is in the system's memory by then, until the system starts anew. Kept over
 * restarts of the agent where there is a file for it.
 */
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import type { LoadTimes } from '../../contract/link/load-times.ts';
import { KeptEntries } from './kept-entries.ts';

const Ms = Type.Integer({ minimum: 0 });

const SeenSchema = Type.Object({
  firstMs: Type.Optional(Ms),
  laterMs: Type.Optional(Ms),
  /** It was loaded since the system started then, epoch ms; null: it was not. */
  loadedSinceMs: Type.Union([Type.Number(), Type.Null()]),
});
type Seen = Static<typeof SeenSchema>;

/** What is kept of loads: of all servers together. */
export type KeptLoads = KeptEntries<Seen>;

/** `path` undefined: kept in memory only. */
export const openKeptLoads = (path: string | undefined): KeptLoads =>
  new KeptEntries<Seen>(path, 1, (value): value is Seen => Value.Check(SeenSchema, value));

/** Two readings of one start of the system differ by no more, ms: clocks are put right. */
const sameStartMs = 60_000;

export class LoadWatch {
  readonly #kept: KeptLoads;
  readonly #server: string;
  readonly #systemStartMs: () => number;

  /** `server`: its address. `systemStartMs`: when the operating system started, epoch ms. */
  constructor(kept: KeptLoads, server: string, systemStartMs: () => number) {
    this.#kept = kept;
    this.#server = server;
    this.#systemStartMs = systemStartMs;
  }

  /** The server lists it as loaded. */
  isLoaded(model: string): void {
    const seen = this.#find(model);
    if (!this.#wasLoaded(seen)) this.#keep(model, seen);
  }

  /** The server begins to load it. To be called when it has, with how long that took, ms: a list may name it a moment before. */
  begin(model: string): (ms: number) => void {
    const kind = this.#wasLoaded(this.#find(model)) ? 'laterMs' : 'firstMs';
    return (ms) => this.#keep(model, { ...this.#find(model), [kind]: Math.round(ms) });
  }

  /** Null: no load of it was seen. `loadMs`: what the next one is taken to last. */
  timesOf(model: string): { readonly loadTimes: LoadTimes; readonly loadMs: number } | null {
    const seen = this.#find(model);
    const { loadedSinceMs: _, ...times } = seen;
    const { firstMs, laterMs } = times;
    const wasLoaded = this.#wasLoaded(seen);
    const loadMs = wasLoaded ? (laterMs ?? firstMs) : (firstMs ?? laterMs);
    if (loadMs === undefined) return null;
    return { loadTimes: { ...times, next: wasLoaded ? 'later' : 'first' }, loadMs };
  }

  #wasLoaded({ loadedSinceMs }: Seen): boolean {
    return loadedSinceMs !== null && Math.abs(loadedSinceMs - this.#systemStartMs()) <= sameStartMs;
  }

  #find(model: string): Seen {
    return this.#kept.find(this.#keyOf(model)) ?? { loadedSinceMs: null };
  }

  /** It is loaded now. */
  #keep(model: string, seen: Omit<Seen, 'loadedSinceMs'>): void {
    this.#kept.keep(this.#keyOf(model), { ...seen, loadedSinceMs: this.#systemStartMs() });
  }

  #keyOf(model: string): string {
    return `${this.#server} ${model}`;
  }
}
