/**
 * One address where a server runs, or may: finds out what it is, follows what it lists, and looks for it again when
 * it is gone. The models it holds are its own; whoever gives them names is `attached-models.ts`.
 */
import { type ChatServer, type ListedModel, ServerGone } from '../../contract/engine/chat.ts';
import { attachServer } from '../../engines/attached/attach-server.ts';
import type { AttachTarget } from '../../engines/attached/attach-target.ts';
import { systemStartMs } from '../../machine/host/system-start.ts';
import { nowMs } from '../../transport/clock.ts';
import type { Log } from '../../transport/log/log.ts';
import { pause } from '../../transport/pause.ts';
import { ChatModel } from './chat-model.ts';
import { type KeptLoads, LoadWatch } from './load-watch.ts';
import { modelSlots } from './model-window.ts';
import { probeModel } from './probe.ts';
import type { ProbeStore } from './probe-store.ts';

export interface AttachedServerOptions {
  readonly target: AttachTarget;
  readonly log: Log;
  readonly probes: ProbeStore;
  /** How long loads took. */
  readonly loads: KeptLoads;
  /** The models, or what is known of them, are others now. */
  onChange(): void;
}

/** For one question to an address where somebody may be, ms. */
const askMs = 1_500;
/** Between two looks at a server that answers: often enough to see a model come and go, seldom enough to be no load, ms. */
const lookMs = 5_000;
/** Between two looks for one that does not: where it was named, and where it was only guessed, ms. */
const searchMs = 3_000;
const guessMs = 20_000;
/** A list that failed once is asked for again before all is given up, ms. */
const secondLookMs = 1_000;
/** A model that did not answer a probe is left alone for so long, ms. */
const failedProbeMs = 10 * 60_000;

export class AttachedServer {
  readonly #options: AttachedServerOptions;
  readonly #stopping = new AbortController();
  readonly #models = new Map<string, ChatModel>();
  /** Models that a request of ours had loaded: their memory is ours to give back. */
  readonly #loadedHere = new Set<string>();
  readonly #loads: LoadWatch;
  #looking = new AbortController();
  readonly #firstLook = Promise.withResolvers<void>();
  #server: ChatServer | undefined;
  #running: Promise<void> | undefined;
  /** Why nothing is served from here; told once per reason. */
  #why = 'has not been found yet';
  readonly #probeAfterMs = new WeakMap<ChatModel, number>();
  /** The probe under way. */
  #probing: { readonly stopping: AbortController; readonly done: Promise<void> } | undefined;

  constructor(options: AttachedServerOptions) {
    this.#options = options;
    this.#loads = new LoadWatch(options.loads, options.target.url, systemStartMs);
  }

  get target(): AttachTarget {
    return this.#options.target;
  }

  /** Undefined while nobody answers. */
  get server(): ChatServer | undefined {
    return this.#server;
  }

  /** Those it lists now, by its own names. */
  get models(): ReadonlyMap<string, ChatModel> {
    return this.#models;
  }

  /** Resolves when it is known for the first time whether somebody answers. */
  get firstLook(): Promise<void> {
    return this.#firstLook.promise;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Gives back the memory of the models that were loaded for us; what the owner has loaded stays. */
  giveBack(because: string): void {
    const { log } = this.#options;
    const server = this.#server;
    if (server === undefined || server.unload === null) return;
    for (const model of this.#loadedHere) {
      log.warn('a model that was loaded for us is unloaded', { server: server.title, model, because });
      void server.unload(model, this.#stopping.signal).then((failure) => {
        if (failure !== null) log.warn('the server did not unload it', { model, failure: failure.kind });
        this.look();
      });
    }
    this.#loadedHere.clear();
  }

  /** Looks again now: something went wrong there, or has changed. */
  look(): void {
    this.#looking.abort();
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    this.#probing?.stopping.abort();
    this.look();
    await Promise.all([this.#running, this.#probing?.done]);
  }

  async #run(): Promise<void> {
    const { target } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const found = await attachServer(target, { timeoutMs: askMs, guessing: target.guessed, signal });
      if (signal.aborted) return;
      if (found.kind !== 'server') this.#firstLook.resolve();
      if (found.kind === 'server') await this.#follow(found.server);
      else if (found.kind === 'unusable') this.#tell(`cannot be used: ${found.why}`);
      else if (!target.guessed) this.#tell('does not answer');
      await this.#rest(target.guessed ? guessMs : searchMs);
    }
  }

  /** Until it is gone. */
  async #follow(server: ChatServer): Promise<void> {
    const { log, target, onChange } = this.#options;
    let told = false;
    let misses = 0;
    while (!this.#stopping.signal.aborted) {
      try {
        const listed = await server.list(this.#stopping.signal);
        misses = 0;
        this.#server = server;
        const changed = this.#take(listed, server);
        if (!told) log.info('attached', { server: server.title, url: target.url, models: listed.length });
        told = true;
        this.#firstLook.resolve();
        if (changed) onChange();
        this.#probeNext(server);
      } catch (error) {
        if (!(error instanceof ServerGone)) throw error;
        if (this.#stopping.signal.aborted) return;
        misses += 1;
        if (misses > 1) break;
      }
      await this.#rest(misses > 0 ? secondLookMs : lookMs);
    }
    this.#server = undefined;
    this.#probing?.stopping.abort();
    this.#models.clear();
    if (this.#stopping.signal.aborted) return;
    this.#why = 'does not answer any more';
    log.warn('the attached server is gone; its models are back when it is', { server: server.title, url: target.url });
    onChange();
  }

  /** True when something is different from before. */
  #take(listed: readonly ListedModel[], server: ChatServer): boolean {
    const { target, log } = this.#options;
    const names = new Set(listed.map(({ name }) => name));
    let changed = false;
    for (const name of this.#models.keys()) {
      if (names.has(name)) continue;
      this.#models.delete(name);
      this.#loadedHere.delete(name);
      changed = true;
    }
    for (const model of listed) {
      if (model.state === 'loaded') this.#loads.isLoaded(model.name);
      const known = this.#models.get(model.name);
      // Slots are counted by the model's object: with another number of them it is another one.
      if (known !== undefined && known.slots === modelSlots(server, model, target.slots)) {
        if (JSON.stringify(known.listed) !== JSON.stringify(model)) changed = true;
        known.update(model);
        continue;
      }
      const wishes = { window: target.window, slots: target.slots };
      const options = {
        server,
        wishes,
        log,
        onTrouble: () => this.look(),
        onWork: () => this.#probing?.stopping.abort(),
        onLoading: () => {
          const onLoaded = this.#loads.begin(model.name);
          return (ms: number) => {
            this.#loadedHere.add(model.name);
            onLoaded(ms);
          };
        },
        loadTimes: () => this.#loads.timesOf(model.name),
      };
      this.#models.set(model.name, new ChatModel(model, options));
      changed = true;
    }
    return changed;
  }

  /** Tries out one model that was not yet, if nobody works with the server now. */
  #probeNext(server: ChatServer): void {
    const { target, probes, log, onChange } = this.#options;
    const models = [...this.#models.values()];
    if (target.probe === 'off' || this.#probing !== undefined || !models.every(({ idle }) => idle)) return;
    const next = models.find((model) => {
      const { probed, listed } = model;
      if (probed !== undefined || listed.state === 'loading' || nowMs() < (this.#probeAfterMs.get(model) ?? 0))
        return false;
      return listed.state === 'loaded' || target.probe === 'all';
    });
    if (next === undefined) return;
    const stopping = new AbortController();
    const known = probes.find(server, next.listed);
    const task = { server, model: next.listed, window: next.window.tokens, slots: next.slots };
    const done = (async () => {
      const probed = known ?? (await probeModel(task, stopping.signal));
      if (probed === null) {
        // Put off for somebody's request, or not answered: not at once again in either case.
        this.#probeAfterMs.set(next, nowMs() + (stopping.signal.aborted ? lookMs : failedProbeMs));
        return;
      }
      if (known === undefined) {
        log.info('tried out', { server: server.title, model: next.listed.displayName, ...probed });
        probes.keep(server, next.listed, probed);
      }
      next.learn(probed);
      onChange();
      this.look();
    })().finally(() => {
      this.#probing = undefined;
    });
    this.#probing = { stopping, done };
  }

  #tell(why: string): void {
    if (why === this.#why) return;
    this.#why = why;
    this.#options.log.warn(`the server to attach ${why}`, { url: this.#options.target.url });
  }

  async #rest(ms: number): Promise<void> {
    await pause(ms, AbortSignal.any([this.#looking.signal, this.#stopping.signal]));
    if (this.#looking.signal.aborted) this.#looking = new AbortController();
  }
}
