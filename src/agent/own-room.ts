/**
 * The room of the models whose files are on this machine: what each holds or is to have, and where another one would go.
 *
 * Room that was granted is taken from that moment on, not only once its model is read: what was unloaded for it is asked for again
 * at once, and would take its own room back while its engine is still ending.
 */
import { availableParallelism } from 'node:os';
import type { Facts } from '../contract/machine/facts.ts';
import { fitModel, plannedBytes } from '../engines/fit.ts';
import type { GgufFacts } from '../engines/gguf/gguf-facts.ts';
import type { Resident } from '../yard/loads/make-room.ts';
import type { DeviceRoom, LoadPlan, LoadWishes } from './load-plan.ts';
import type { ModelHost } from './model-host.ts';
import { type Held, OwnMemory } from './own-memory.ts';
import type { OwnModelsOptions } from './own-models-options.ts';
import { type Place, placeModel } from './place-model.ts';

export interface OwnRoomOptions
  extends Pick<OwnModelsOptions, 'contextWindow' | 'slots' | 'threads' | 'memoryBytes' | 'expectedLoad'> {
  readonly hosts: readonly ModelHost[];
  nowMs(): number;
  /** Tickets a model holds. */
  busySlots(host: ModelHost): number;
  /** Why it is unloaded for no other model; null: it may be. */
  stays(host: ModelHost): Resident['stays'];
  /** Tickets lately. */
  heat(host: ModelHost): number;
}

type Share = Pick<Held, 'device' | 'bytes'>;

export class OwnRoom {
  readonly #options: OwnRoomOptions;
  readonly #memory = new OwnMemory();
  /** What those are to have whose turn to load has not come. Without meaning for any other. */
  readonly #promised = new Map<ModelHost, Share>();

  constructor(options: OwnRoomOptions) {
    this.#options = options;
  }

  /** Whether anything is known of the machine. */
  get isRead(): boolean {
    return this.#memory.isRead;
  }

  /** The machine's memory was read anew. Not while a model loads: it would show half of it. */
  read(facts: Facts): void {
    this.#memory.read(facts, this.#held(this.#options.hosts));
  }

  /** What is left on each device, the best first. */
  rooms(): readonly DeviceRoom[] {
    return this.#memory.rooms(this.#held(this.#options.hosts));
  }

  /** What the owner fixed. */
  get fixed(): Omit<LoadWishes, 'cores' | 'most'> {
    const { contextWindow: window, slots, threads } = this.#options;
    return {
      ...(window === undefined ? {} : { window }),
      ...(slots === undefined ? {} : { slots }),
      ...(threads === undefined ? {} : { threads }),
    };
  }

  /** The model is about to be told to load, where there is room for it, or will be: nobody else gets what it is to have. */
  promise(host: ModelHost): void {
    this.#promised.delete(host);
    const place = this.place(host);
    if (host.facts === undefined || place === null) return;
    if (place.room.kind !== 'free' && place.room.kind !== 'unload') return;
    const fit = fitModel(host.facts, { memory: place.most, cores: 1, ...this.fixed });
    if (fit.ok) this.#promised.set(host, { device: place.device, bytes: plannedBytes(host.facts, fit.plan) });
  }

  /** Null while nothing is known of the machine, or of the file. */
  place(host: ModelHost): Place | null {
    return this.#placeBeside(host, this.#others(host));
  }

  /** The same for a model whose turn to load has come: those that are promised room have theirs later. */
  placeInTurn(host: ModelHost): Place | null {
    return this.#placeBeside(host, this.#holders(host));
  }

  /** Where the model goes and how large, in its turn to load, as things are now. */
  plan(host: ModelHost, model: GgufFacts): LoadPlan {
    const place = this.placeInTurn(host);
    const most = place === null ? {} : { most: { ...place.most, bytes: Math.min(place.most.bytes, place.freeBytes) } };
    const wishes = { cores: availableParallelism(), ...this.fixed, ...most };
    return this.#memory.plan(model, wishes, this.#held(this.#holders(host)));
  }

  /** What a model takes, or is to have once its turn has come; undefined: nothing. */
  #share(host: ModelHost): Share | undefined {
    return host.taken ?? (host.status === 'loading' ? this.#promised.get(host) : undefined);
  }

  #others(host: ModelHost): readonly ModelHost[] {
    return this.#options.hosts.filter((other) => other !== host && this.#share(other) !== undefined);
  }

  #holders(host: ModelHost): readonly ModelHost[] {
    return this.#options.hosts.filter((other) => other !== host && other.taken !== undefined);
  }

  #held(hosts: readonly ModelHost[]): readonly Held[] {
    return hosts.flatMap((host) => {
      const share = this.#share(host);
      if (share === undefined || host.facts === undefined) return [];
      return [{ device: share.device, bytes: share.bytes, weightBytes: host.facts.weightBytes }];
    });
  }

  #placeBeside(host: ModelHost, others: readonly ModelHost[]): Place | null {
    if (!this.isRead || host.facts === undefined) return null;
    const { memoryBytes, hosts, busySlots, stays, heat, expectedLoad } = this.#options;
    const nowMs = this.#options.nowMs();
    const residents = others.flatMap((other) => {
      const { taken, readySince, id, facts } = other;
      if (taken === undefined || readySince === undefined || facts === undefined) return [];
      const resident = {
        id,
        bytes: taken.bytes,
        device: taken.device,
        busySlots: busySlots(other),
        stays: stays(other),
        loadedAtMs: readySince.atMs,
        loadMs: readySince.loadMs,
        againMs: expectedLoad(facts).againMs,
        heat: heat(other),
      };
      return [resident];
    });
    const loadingBytes = others
      .filter(({ readySince }) => readySince === undefined)
      .reduce((total, other) => total + (this.#share(other)?.bytes ?? 0), 0);
    const wishes = {
      ...this.fixed,
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
      shares: hosts.length > 1,
    };
    return placeModel(host.facts, this.#memory.rooms(this.#held(others)), residents, loadingBytes, wishes, nowMs);
  }
}
