/**
 * What the agent knows of its machine: all of it once at the start, the changing part every few
 * seconds, and all of it again when a driver was replaced under it. Probing never delays serving.
 */
import { knownValue } from '../contract/machine/fact.ts';
import type { Facts } from '../contract/machine/facts.ts';
import { collectFacts } from '../machine/collect.ts';
import { type LiveFacts, watchFacts } from '../machine/live/live-facts.ts';
import type { Log } from '../transport/log/log.ts';
import { pause } from '../transport/pause.ts';

export interface WatchOptions {
  readonly version: string;
  /** The file of the models, if any is served from here. */
  readonly modelsPath: string | undefined;
  readonly log: Log;
  isWorking(): boolean;
  /** All facts have been read anew. */
  onFacts(): void;
  /** The changing facts have been read; `facts` are all, as they are now. */
  onLive(facts: Facts): void;
}

export interface WatchedMachine {
  /** Undefined until the probes have looked. */
  readonly facts: Facts | undefined;
  readonly live: Facts;
  /** All facts, as soon as they are known; what is known by then when that takes longer than this, ms. */
  whenKnown(patienceMs: number): Promise<Facts>;
  stop(): void;
}

/** What says that a driver is another one now. */
const driverFacts = ['nvidia.driver', 'nvidia.module_version'] as const;

export function watchMachine(options: WatchOptions): WatchedMachine {
  const { log, version, modelsPath } = options;
  let facts: Facts | undefined;
  let live: LiveFacts | undefined;
  let stopped = false;

  async function look(): Promise<void> {
    const all = await collectFacts({ version, ...(modelsPath === undefined ? {} : { modelsPath }) });
    if (stopped) return;
    facts = all;
    live?.stop();
    live = watchFacts({ whole: all, isWorking: options.isWorking, onFacts: (now) => heard(all, now) });
    options.onFacts();
  }

  function heard(whole: Facts, now: Facts): void {
    options.onLive({ ...whole, ...now });
    compare(whole, now);
  }

  function compare(whole: Facts, now: Facts): void {
    const changed = driverFacts.find((name) => {
      const [before, after] = [knownValue(whole[name]), knownValue(now[name])];
      return before !== undefined && after !== undefined && before !== after;
    });
    if (changed === undefined || facts !== whole) return;
    log.warn('a driver was replaced: this machine is examined again', { fact: changed });
    live?.stop();
    live = undefined;
    void look();
  }

  const known = look();
  // A machine that cannot be examined is served from all the same; what failed is in the log.
  known.catch((error: unknown) => log.error('the machine could not be examined', { error: String(error) }));

  return {
    get facts() {
      return facts;
    },
    get live() {
      return live?.facts ?? {};
    },
    async whenKnown(patienceMs) {
      await Promise.race([known.catch(() => {}), pause(patienceMs, new AbortController().signal)]);
      return { ...facts, ...live?.facts };
    },
    stop() {
      stopped = true;
      live?.stop();
    },
  };
}
