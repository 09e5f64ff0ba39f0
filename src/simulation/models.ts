/**
 * The models on a simulated machine: where the product's tickets find them. They load, are unloaded, and lose their
 * engines; what is asked of them takes virtual time.
 */

import type { LoadAnswer, ModelSource, PrepareResult, ReadyModel, SlotUse } from '../agent/ready-model.ts';
import { apiError, noRoom } from '../contract/errors.ts';
import type { DeclineReason, MachineModel } from '../contract/link/messages.ts';
import type { makeRoom, Room } from '../yard/loads/make-room.ts';
import type { TicketName } from '../yard/slots.ts';
import { SimulatedEngine } from './engine.ts';
import type { Oracles } from './oracles.ts';
import { type Plan, promptMaximum, windowTokens } from './plan.ts';
import type { ProcessClock } from './process-clock.ts';
import type { Random } from './random.ts';
import { isColdModel, residentOf, type Served, toldLoadTime } from './served.ts';

export interface ModelSurroundings {
  readonly machineId: string;
  readonly clock: ProcessClock;
  readonly random: Random;
  readonly oracles: Oracles;
  readonly makeRoom: typeof makeRoom;
  planOf(requestId: string): Plan;
  /** Slots of a model that hold a ticket. */
  busySlots(model: ReadyModel): number;
  /** A model's state has changed. */
  onChange(): void;
  /** What is at work now was begun when so many sessions were over. */
  onWork(begunAfter: number): void;
}

/** What an offer says beside its request: an engine's pieces tell whose they are. */
export interface Asked extends TicketName {
  /** How many sessions were over when it came. */
  readonly sessionsOver: number;
}

type Source = Pick<
  ModelSource,
  'find' | 'count' | 'givesWay' | 'unavailableBecause' | 'forgiveCrash' | 'load' | 'wish' | 'keep' | 'keepNone'
>;

/** As `agent/own-models.ts` has it, ms. */
const givesWayMs = 10_000;

export class SimulatedModels implements Source {
  readonly #world: ModelSurroundings;
  readonly #served: ReadonlyMap<string, Served>;
  /** Told with the machine's load, and not true: predictions that are wrong must do no harm. */
  readonly #octave: number;
  /** The offer that is being answered. */
  asked: Asked | null = null;

  constructor(slots: ReadonlyMap<string, number>, world: ModelSurroundings) {
    this.#world = world;
    const { machineId } = world;
    this.#octave = machineId.length + machineId.charCodeAt(machineId.length - 1);
    const served = Array.from(slots, ([model, count]): [string, Served] => {
      const isCold = isColdModel(model);
      const times = { readyAtMs: 0, loadMs: 0, loadTimes: { next: 'first' } as const, givesWayUntilMs: 0 };
      const status = isCold ? 'available' : 'unloaded';
      return [model, { model, slots: count, ready: null, engine: null, status, isCold, isKept: false, ...times }];
    });
    this.#served = new Map(served);
  }

  /** Undefined where it has no such model. */
  statusOf(model: string): Served['status'] | undefined {
    return this.#served.get(model)?.status;
  }

  /** Loads what is to be loaded from the start. */
  start(): void {
    for (const served of this.#served.values()) if (served.status === 'unloaded') this.#load(served);
  }

  find(id: string): ReadyModel | undefined {
    return this.#served.get(id)?.ready ?? undefined;
  }

  count(): undefined {
    return undefined;
  }

  wish(): undefined {
    return undefined;
  }

  forgiveCrash(): void {}

  unavailableBecause(id: string): string | undefined {
    return this.#served.has(id) ? 'it is not loaded' : undefined;
  }

  givesWay(id: string): boolean {
    return this.#world.clock.nowMs < (this.#served.get(id)?.givesWayUntilMs ?? 0);
  }

  /** Somebody waits for a model: as `agent/own-models.ts` has it, with room for one that is not always loaded. */
  load(id: string): LoadAnswer | undefined {
    const served = this.#served.get(id);
    if (served === undefined) return undefined;
    if (served.status !== 'available') return { ok: true };
    const message = 'there is room for one model';
    const room = this.#roomFor(served);
    if (room.kind === 'never') return { ok: false, message };
    if (room.kind === 'wait') {
      for (const other of room.givingWay) this.#giveWay(this.#served.get(other));
      return { ok: false, message, retryAfterMs: room.retryAfterMs };
    }
    for (const other of room.kind === 'unload' ? room.ids : []) this.#makeAvailable(this.#served.get(other));
    served.givesWayUntilMs = 0;
    this.#load(served);
    return { ok: true };
  }

  keep(id: string, isKept: boolean): void {
    const served = this.#served.get(id);
    if (served === undefined) return;
    served.isKept = isKept;
    if (isKept) served.givesWayUntilMs = 0;
    this.#world.onChange();
  }

  keepNone(): void {
    for (const served of this.#served.values()) served.isKept = false;
  }

  /** One engine dies with all it runs and is started again. */
  crashEngine(): void {
    this.#crash(this.#world.random.pick([...this.#served.values()]));
  }

  /** A model is taken away for a while, in the middle of whatever it does. */
  unload(): void {
    const served = this.#world.random.pick([...this.#served.values()]);
    if (served.status !== 'ready') return;
    this.#crash(served, this.#world.random.between(1_000, 30_000));
  }

  stallGenerations(): void {
    for (const { engine } of this.#served.values()) engine?.stall();
  }

  describe(): MachineModel[] {
    const pace = {
      readPerS: 100 * 2 ** (this.#octave % 5),
      ...{ writePerS: 20, startMs: 50, wakeMs: 500, confidence: 0.5 },
    };
    const shown = [...this.#served.values()].filter(({ status }) => status !== 'unloaded');
    return shown.map((served): MachineModel => {
      const { model, slots, ready, isKept } = served;
      const load = ready === null ? { slots: 0, busySlots: 0 } : { slots, busySlots: this.#world.busySlots(ready) };
      const facts = { digest: model, displayName: model, window: windowTokens, thinking: false, tools: false };
      const loadTime = toldLoadTime(served, this.#octave);
      const more = { ...(this.givesWay(model) ? { givesWay: true } : {}), ...(isKept ? { kept: true } : {}) };
      return { id: model, ...this.#shownStatus(served), createdAtMs: 0, pace, ...facts, ...load, ...loadTime, ...more };
    });
  }

  /** As `agent/describe-own-model.ts` has it: what is to stay leaves no room, and that is told before anybody asks. */
  #shownStatus(served: Served): Pick<MachineModel, 'status' | 'failure'> {
    if (served.status === 'unloaded') return { status: 'loading' };
    const room = served.status === 'available' ? this.#roomFor(served) : null;
    if (room?.kind !== 'never') return { status: served.status };
    return { status: 'failed', failure: apiError('model_load_failed', room.because, { errorCode: noRoom }) };
  }

  /** There is room for one model that is not always loaded. */
  #roomFor(served: Served): Room {
    const others = [...this.#served.values()].filter((other) => other.isCold && other !== served);
    if (others.some(({ status }) => status === 'loading' || status === 'unloaded')) {
      return { kind: 'wait', retryAfterMs: 2_000, because: 'another model is being loaded', givingWay: [] };
    }
    const loaded = others.filter(({ status }) => status === 'ready');
    const residents = loaded.map((other) => residentOf(other, this.#busyOf(other)));
    return this.#world.makeRoom(loaded.length, residents, this.#world.clock.nowMs);
  }

  #busyOf({ ready }: Served): number {
    return ready === null ? 0 : this.#world.busySlots(ready);
  }

  #giveWay(served: Served | undefined): void {
    if (served === undefined) return;
    const isNews = !this.givesWay(served.model);
    served.givesWayUntilMs = this.#world.clock.nowMs + givesWayMs;
    if (isNews) this.#world.onChange();
  }

  /** Another model needs its memory. */
  #makeAvailable(served: Served | undefined): void {
    if (served === undefined) return;
    const { clock, oracles, machineId, onChange } = this.#world;
    const { model, readyAtMs, loadMs } = served;
    oracles.unloaded(machineId, model, this.#busyOf(served), clock.nowMs - readyAtMs, loadMs);
    served.engine?.crash();
    Object.assign(served, { status: 'available', ready: null, engine: null });
    onChange();
  }

  #crash(served: Served, awayMs = 0): void {
    const { clock, onChange } = this.#world;
    if (served.status === 'available') return;
    served.engine?.crash();
    Object.assign(served, { status: 'unloaded', ready: null, engine: null });
    onChange();
    clock.after(awayMs, () => {
      if (served.status === 'unloaded') this.#load(served);
    });
  }

  #load(served: Served): void {
    const { random, clock, onChange } = this.#world;
    const engine = this.#newEngine(served);
    Object.assign(served, { status: 'loading', engine });
    const firstMs = random.chance(0.1) ? random.between(20_000, 70_000) : random.between(500, 5_000);
    const { next } = served.loadTimes;
    const loadMs = next === 'first' ? firstMs : Math.ceil(firstMs / 2);
    clock.after(loadMs, () => {
      if (served.engine !== engine) return;
      served.loadTimes = { ...served.loadTimes, [next === 'first' ? 'firstMs' : 'laterMs']: loadMs, next: 'later' };
      Object.assign(served, { status: 'ready', ready: this.#newReady(served, engine), readyAtMs: clock.nowMs, loadMs });
      onChange();
    });
    onChange();
  }

  #newEngine({ model, slots }: Served): SimulatedEngine {
    const { clock, oracles, machineId } = this.#world;
    return new SimulatedEngine(clock.after, (running) => oracles.engineWorks(machineId, model, running, slots));
  }

  #newReady(served: Served, engine: SimulatedEngine): ReadyModel {
    return {
      slots: served.slots,
      count: () => Promise.reject(new Error('nobody counts here')),
      prepare: (_request, signal) => this.#prepare(served, engine, signal),
    };
  }

  /** Counts the prompt, which takes time. */
  async #prepare(served: Served, engine: SimulatedEngine, signal: AbortSignal): Promise<PrepareResult> {
    const { asked } = this;
    if (asked === null) throw new Error('a prompt is counted that nobody asked for');
    const { clock, random, planOf } = this.#world;
    const plan = planOf(asked.requestId);
    await passed(clock, random.between(1, 200), signal);
    const reason = reasonAgainst(plan, engine);
    if (reason !== null) return { ok: false, reason };
    const { promptTokens, pieces: maxTokens } = plan;
    const generate = (use: SlotUse, abort: AbortSignal) => this.#generate(served, engine, asked, plan, use, abort);
    return { ok: true, answer: { promptTokens, window: windowTokens, maxTokens, generate } };
  }

  #generate(served: Served, engine: SimulatedEngine, asked: Asked, plan: Plan, use: SlotUse, abort: AbortSignal) {
    const { clock, onWork } = this.#world;
    if (plan.isPoison) {
      clock.after(plan.prefillMs / 2, () => {
        if (served.engine === engine && !abort.aborted) this.#crash(served);
      });
    }
    const task = {
      ...{ requestId: asked.requestId, attempt: asked.attempt, plan },
      // Drawn by its prompt: a gateway that expected another one must get along with that. Some engines name none.
      slot: this.#octave % 3 === 2 ? undefined : plan.promptTokens % served.slots,
      hold: use.hold,
      onSlot: (slot: number) => use.onSlot?.(slot),
      onHeld: (held: { readonly slot: number; readonly tokens: number }) => use.onHeld?.(held),
      onStep: () => onWork(asked.sessionsOver),
    };
    return engine.generate(task, abort);
  }
}

function reasonAgainst({ promptTokens: tokens, isRefused }: Plan, engine: SimulatedEngine): DeclineReason | null {
  if (tokens > promptMaximum) {
    return { code: 'context-overflow', tokens, maximum: promptMaximum, window: windowTokens };
  }
  if (isRefused) return { code: 'refused', error: apiError('unsupported_feature', 'not with this model') };
  return engine.isCrashed ? { code: 'model-unavailable', message: 'it has just gone' } : null;
}

/** Rejects when it is aborted, as tokenizing does. */
function passed(clock: ProcessClock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const callOff = clock.after(ms, () => {
      signal.removeEventListener('abort', abort);
      resolve();
    });
    const abort = (): void => {
      callOff();
      reject(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
  });
}
