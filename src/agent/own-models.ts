/**
 * The models whose files are on this machine: each loaded one is an engine child of its own. Loads what is asked for,
 * one at a time, and makes room for it: the agent alone owns its memory, as it owns its slots. Whoever asks for a
 * model that cannot be loaded now is told why, with the numbers, and when to ask again.
 */
import type { GenerationRequest } from '../contract/generation/request.ts';
import type { MachineModel, ModelWish } from '../contract/link/messages.ts';
import type { Facts } from '../contract/machine/facts.ts';
import type { GgufFacts } from '../engines/gguf/gguf-facts.ts';
import { nowMs as clockMs } from '../transport/clock.ts';
import { residencyMs } from '../yard/loads/make-room.ts';
import { describeOwnModel } from './describe-own-model.ts';
import type { LoadPlan } from './load-plan.ts';
import { ModelHost } from './model-host.ts';
import { ModelPins } from './model-pins.ts';
import { ModelUses } from './model-uses.ts';
import type { OwnModelsOptions } from './own-models-options.ts';
import { OwnRoom } from './own-room.ts';
import type { CountResult, LoadAnswer, ModelSource, ReadyModel } from './ready-model.ts';
import { vocabularyBytes, WeightlessCounts } from './weightless-counts.ts';

/** How often idle models are looked at, ms. */
const lookMs = 5_000;
/** Nobody has asked again for so long: a model that gave way for another takes tickets again, ms. */
const givesWayMs = 10_000;
export class OwnModels implements ModelSource {
  readonly #options: OwnModelsOptions;
  readonly #hosts: readonly ModelHost[];
  readonly #named: ReadonlySet<ModelHost>;
  readonly #nowMs: () => number;
  readonly #pins: ModelPins;
  readonly #room: OwnRoom;
  readonly #counts: WeightlessCounts;
  readonly #uses = new ModelUses<ModelHost>();
  /** To be loaded as soon as there is room without unloading others: at the start, and after a rest. */
  readonly #owed = new Set<ModelHost>();
  /** Others may be unloaded for them: somebody waits. */
  readonly #wanted = new Set<ModelHost>();
  /** Take no new tickets until then, ms: another model waits for their memory. */
  readonly #givingWay = new Map<ModelHost, number>();
  /** To be unloaded once idle: their owner said so. */
  readonly #leaving = new Set<ModelHost>();
  /** The gateway counts on them: they stay, as if they were pinned, until it says otherwise. */
  readonly #kept = new Set<ModelHost>();
  /** When a load was refused in its turn, ms. */
  readonly #refusedAtMs = new Map<ModelHost, number>();
  #resting: string | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  #reading: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: OwnModelsOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? clockMs;
    this.#pins = new ModelPins(options.pinsFile);
    this.#counts = new WeightlessCounts(options);
    const { contextWindow, slots } = options;
    const named = new Set<ModelHost>();
    this.#hosts = options.files.map(({ path, isNamed }) => {
      const host: ModelHost = new ModelHost({
        ...options,
        modelPath: path,
        fixed: { window: contextWindow !== undefined, slots: slots !== undefined },
        inTurn: (work) => this.#inTurn(work),
        plan: (facts) => this.#plan(host, facts),
      });
      if (isNamed) named.add(host);
      return host;
    });
    this.#named = named;
    this.#room = new OwnRoom({
      ...options,
      hosts: this.#hosts,
      nowMs: this.#nowMs,
      busySlots: (host) => this.#busy(host),
      stays: (host) => (this.#pins.has(host.id) ? 'pinned' : this.#kept.has(host) ? 'kept' : null),
      heat: (host) => this.#uses.heat(host, this.#nowMs()),
    });
  }

  start(): void {
    this.#reading = this.#begin();
    this.#timer = setInterval(() => this.#look(), this.#options.lookMs ?? lookMs).unref();
  }

  async #begin(): Promise<void> {
    const [facts] = await Promise.all([
      this.#options.machineFacts(),
      Promise.all(this.#hosts.map((host) => host.read())),
    ]);
    if (this.#isClosed) return;
    if (!this.#room.isRead) this.#room.read(facts);
    const { preload = [], log } = this.#options;
    for (const host of this.#hosts) {
      if (this.#host(host.id) === host) continue;
      log.warn('two files have one model name: the first is served', { model: host.id });
    }
    for (const id of preload) {
      const host = this.#host(id);
      if (host === undefined)
        log.warn('a model to preload is not here', { model: id, here: this.#hosts.map((each) => each.id).join(' ') });
      else this.#owed.add(host);
    }
    for (const host of this.#hosts) {
      const isOnly = this.#hosts.length === 1 && preload.length === 0;
      if (isOnly || this.#named.has(host) || this.#pins.has(host.id)) this.#owed.add(host);
    }
    // Before anybody is told of models: one that is about to be loaded is loading.
    for (const host of this.#owed) if (host.status === 'available') this.#load(host);
    this.#options.onChange();
  }

  /** Something is being read into memory. */
  get isLoading(): boolean {
    return this.#hosts.some(({ status }) => status === 'loading');
  }

  /** The machine was looked at anew. Idle on battery nothing reads its memory: then the reading before is the best there is. */
  sampled(facts: Facts): void {
    if (this.#room.isRead && facts['memory.available_bytes']?.known !== true) return;
    if (!this.isLoading) this.#room.read(facts);
  }

  /** Bytes; undefined where it has no such model, or its file cannot be read. */
  weightBytes(id: string): number | undefined {
    return this.#host(id)?.facts?.weightBytes;
  }

  find(id: string): ReadyModel | undefined {
    const host = this.#host(id);
    if (host?.ready === undefined) return undefined;
    this.#uses.asked(host, this.#nowMs());
    return host.ready;
  }

  count(id: string, request: GenerationRequest, signal: AbortSignal): Promise<CountResult> | undefined {
    const host = this.#host(id);
    if (host?.facts === undefined || this.#resting !== null || !this.#room.isRead) return undefined;
    const ram = this.#room.rooms().at(-1);
    return ram === undefined || ram.bytes < vocabularyBytes
      ? undefined
      : this.#counts.count(host.path, request, signal);
  }

  givesWay(id: string): boolean {
    const host = this.#host(id);
    return host !== undefined && this.#isGivingWay(host);
  }

  describe(): readonly MachineModel[] {
    const seen = new Set<string>();
    return this.#hosts.flatMap((host) => {
      const model = seen.has(host.id) ? null : this.#describe(host);
      seen.add(host.id);
      return model === null ? [] : [model];
    });
  }

  unavailableBecause(id: string): string | undefined {
    return this.#host(id)?.unavailableBecause;
  }

  load(id: string): LoadAnswer | undefined {
    const host = this.#host(id);
    if (host === undefined) return undefined;
    this.#givingWay.delete(host);
    if (host.status === 'ready' || host.status === 'loading') return { ok: true };
    if (host.status === 'failed') return { ok: false, message: host.unavailableBecause };
    if (this.#resting !== null) {
      const message = `This machine is short of memory (${this.#resting}): nothing is loaded until it is calm.`;
      return { ok: false, message, retryAfterMs: 15_000 };
    }
    const room = this.#room.place(host)?.room;
    if (room?.kind === 'never') return { ok: false, message: room.because };
    if (room?.kind === 'wait') {
      for (const other of room.givingWay) this.#giveWay(other);
      return { ok: false, message: `There is no room for it yet: ${room.because}.`, retryAfterMs: room.retryAfterMs };
    }
    // What seemed to be free was not: asking again at once would change nothing.
    const sinceMs = this.#nowMs() - (this.#refusedAtMs.get(host) ?? Number.NEGATIVE_INFINITY);
    if (sinceMs < lookMs)
      return { ok: false, message: host.unavailableBecause, retryAfterMs: Math.ceil(lookMs - sinceMs) };
    this.#wanted.add(host);
    this.#load(host);
    return { ok: true };
  }

  wish(id: string, wish: ModelWish): string | null | undefined {
    const host = this.#host(id);
    if (host === undefined) return undefined;
    if (wish !== 'unload') return this.#pin(host, wish === 'pin');
    if (this.#pins.has(id)) return `${id} is pinned here: unpin it first (metalyard models unpin ${id}).`;
    if (this.#kept.has(host)) {
      return `${id} is to stay loaded on this machine: lower its minimum first (metalyard models min ${id} 0).`;
    }
    this.#owed.delete(host);
    this.#leaving.add(host);
    this.#look();
    this.#options.onChange();
    return null;
  }

  keep(id: string, isKept: boolean): void {
    const host = this.#host(id);
    if (host === undefined) return;
    if (isKept) this.#kept.add(host);
    else this.#kept.delete(host);
    if (isKept) this.#givingWay.delete(host);
    this.#options.onChange();
  }

  keepNone(): void {
    if (this.#kept.size === 0) return;
    this.#kept.clear();
    this.#options.onChange();
  }

  #pin(host: ModelHost, isPinned: boolean): string | null {
    try {
      this.#pins.set(host.id, isPinned);
    } catch (error) {
      return `The pin could not be kept: ${(error as Error).message}`;
    }
    this.#leaving.delete(host);
    this.#givingWay.delete(host);
    const answer = isPinned ? this.load(host.id) : undefined;
    if (isPinned && host.status !== 'ready') this.#owed.add(host);
    this.#options.onChange();
    return answer === undefined || answer.ok
      ? null
      : `It is pinned, and will be loaded when there is room. ${answer.message}`;
  }

  rest(because: string): void {
    this.#resting = because;
    void this.#counts.close();
    for (const host of this.#hosts) {
      if (host.status !== 'ready' && host.status !== 'loading') continue;
      this.#owed.add(host);
      // Not politely: the memory is needed now.
      void host.unload(`The model was unloaded: ${because}.`);
    }
  }

  wake(): void {
    if (this.#resting === null) return;
    this.#resting = null;
    for (const host of this.#owed) if (host.status === 'available') this.#load(host);
  }

  forgiveCrash(model: ReadyModel): void {
    for (const host of this.#hosts) host.forgiveCrash(model);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    await this.#reading;
    await Promise.all([this.#counts.close(), ...this.#hosts.map((host) => host.unload('The agent is closing.'))]);
  }

  #host(id: string): ModelHost | undefined {
    return this.#hosts.find((host) => host.id === id);
  }

  #busy(host: ModelHost): number {
    return host.ready === undefined ? 0 : this.#options.busySlots(host.ready);
  }

  #describe(host: ModelHost): MachineModel | null {
    const { facts } = host;
    const model = host.describe(this.#busy(host));
    if (model === null) return null;
    return describeOwnModel(model, facts, {
      isPinned: this.#pins.has(host.id),
      isKept: this.#kept.has(host),
      givesWay: this.#isGivingWay(host),
      expectedLoad: this.#options.expectedLoad,
      fixed: this.#room.fixed,
      place: () => this.#room.place(host),
    });
  }

  #load(host: ModelHost): void {
    this.#room.promise(host);
    host.load();
  }

  /** In its turn to load: makes the room that was found, as things are now. */
  async #plan(host: ModelHost, model: GgufFacts): Promise<LoadPlan> {
    const room = this.#room.placeInTurn(host)?.room ?? { kind: 'free' };
    const mayUnload = this.#wanted.delete(host);
    if (room.kind === 'unload' && mayUnload) {
      const others = room.ids.flatMap((id) => this.#host(id) ?? []);
      await Promise.all(others.map((other) => this.#unload(other, `make room for ${host.id}`)));
    } else if (room.kind !== 'free') {
      const because =
        room.kind === 'unload' ? `${room.ids.join(' and ')} would have to be unloaded for it` : room.because;
      if (mayUnload) this.#refusedAtMs.set(host, this.#nowMs());
      return { ok: false, failure: { code: 'memory', message: because } };
    }
    this.#owed.delete(host);
    const plan = this.#room.plan(host, model);
    if (!plan.ok) this.#refusedAtMs.set(host, this.#nowMs());
    return plan;
  }

  async #unload(host: ModelHost, to: string): Promise<void> {
    this.#options.log.info('model unloaded', { model: host.id, to });
    this.#givingWay.delete(host);
    this.#leaving.delete(host);
    await host.unload(`It was unloaded to ${to}.`);
  }

  /** Whether it is unloaded for no other model. */
  #stays(host: ModelHost): boolean {
    return this.#pins.has(host.id) || this.#kept.has(host);
  }

  #isGivingWay(host: ModelHost): boolean {
    return this.#leaving.has(host) || this.#nowMs() < (this.#givingWay.get(host) ?? 0);
  }

  #giveWay(id: string): void {
    const host = this.#host(id);
    if (host === undefined) return;
    const isNews = !this.#isGivingWay(host);
    this.#givingWay.set(host, this.#nowMs() + givesWayMs);
    if (isNews) this.#options.onChange();
  }

  /** What is idle and should go, goes; what is owed and has room, comes. */
  #look(): void {
    const { unloadAfterMs, onChange } = this.#options;
    for (const [host, untilMs] of this.#givingWay) {
      if (this.#nowMs() < untilMs) continue;
      this.#givingWay.delete(host);
      onChange();
    }
    for (const host of this.#hosts) {
      const { readySince } = host;
      if (readySince === undefined) {
        this.#leaving.delete(host);
        continue;
      }
      if (this.#busy(host) > 0) this.#uses.busy(host, this.#nowMs());
      else if (this.#leaving.has(host)) void this.#unload(host, 'do as its owner said');
      else if (unloadAfterMs !== undefined && !this.#stays(host)) {
        const idleMs = this.#nowMs() - Math.max(this.#uses.lastAtMs(host) ?? 0, readySince.atMs);
        const isDue = this.#nowMs() - readySince.atMs >= residencyMs(readySince.loadMs);
        if (isDue && idleMs >= unloadAfterMs) void this.#unload(host, 'give its memory back: nobody asked for it');
      }
    }
    if (this.#resting !== null) return;
    for (const host of this.#owed) {
      if (host.status === 'failed') this.#owed.delete(host);
      else if (host.status === 'available' && this.#room.place(host)?.room.kind === 'free') this.#load(host);
    }
  }

  #inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }
}
