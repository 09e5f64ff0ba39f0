/**
 * The tickets on a simulated machine. Does what `agent/tickets.ts` does, with the same slot desk, and
 * generations that take virtual time; models load, are unloaded, and lose their engines.
 */
import { apiError, noRoom } from '../contract/errors.ts';
import type { GenerationEvent } from '../contract/generation/events.ts';
import type { LoadTimes } from '../contract/link/load-times.ts';
import type { AgentMessage, DeclineReason, GatewayMessage, MachineModel } from '../contract/link/messages.ts';
import type { Prefix } from '../contract/link/prefix.ts';
import type { OutputAmount, OutputCredit } from '../session/credit.ts';
import type { makeRoom, Room } from '../yard/loads/make-room.ts';
import type { createSlotDesk, SlotDesk, TicketName } from '../yard/slots.ts';
import { type Generation, startGeneration } from './engine.ts';
import type { Oracles } from './oracles.ts';
import { type Plan, promptMaximum, windowTokens } from './plan.ts';
import type { ProcessClock } from './process-clock.ts';
import type { Random } from './random.ts';
import { isColdModel, residentOf, type Served, toldLoadTime } from './served.ts';

type Offer = Extract<GatewayMessage, { type: 'offer' }>;
type Send = (message: AgentMessage) => void;

export interface TicketSurroundings {
  readonly machineId: string;
  readonly clock: ProcessClock;
  readonly random: Random;
  readonly oracles: Oracles;
  readonly createDesk: typeof createSlotDesk;
  createCredit(window: OutputAmount | undefined): OutputCredit;
  readonly makeRoom: typeof makeRoom;
  planOf(requestId: string): Plan;
  draining(): boolean;
  /** A model's state has changed. */
  onChange(): void;
  /** Sessions that are over. */
  sessionsOver(): number;
  /** A generation is at work that was begun when so many sessions were over. */
  onWork(begunAfter: number): void;
}

/** Pieces that wait for credit before their engine pauses. */
export const gatheredPieces = 3;

interface Running {
  readonly name: TicketName;
  readonly plan: Plan;
  readonly prefix: Prefix | undefined;
  readonly served: Served;
  readonly desk: SlotDesk;
  readonly engine: number;
  readonly send: Send;
  readonly sessionsOver: number;
  readonly credit: OutputCredit;
  /** Output that waits for credit. */
  readonly unsent: GenerationEvent[];
  /** null while its prompt is counted. */
  generation: Generation | null;
  isStopping: boolean;
}

export class SimulatedTickets {
  readonly #world: TicketSurroundings;
  readonly #served: ReadonlyMap<string, Served>;
  readonly #running = new Map<string, Running>();

  constructor(slots: ReadonlyMap<string, number>, world: TicketSurroundings) {
    this.#world = world;
    const served = Array.from(slots, ([model, count]): [string, Served] => {
      const desk = world.createDesk({ slots: count });
      const isCold = isColdModel(model);
      const loadTimes: LoadTimes = { next: 'first' };
      const times = { readyAtMs: 0, loadMs: 0, loadTimes, givesWayUntilMs: 0, isKept: false };
      return [
        model,
        { model, slots: count, desk, engines: 0, status: isCold ? 'available' : 'unloaded', isCold, ...times },
      ];
    });
    this.#served = new Map(served);
  }

  /** Tickets that hold a slot. */
  get running(): number {
    return this.#running.size;
  }

  /** Undefined where it has no such model. */
  statusOf(model: string): Served['status'] | undefined {
    return this.#served.get(model)?.status;
  }

  /** Loads what is not loaded. */
  load(): void {
    for (const served of this.#served.values()) if (served.status === 'unloaded') this.#load(served);
  }

  /** The machine is off: nothing is said any more. */
  powerOff(): void {
    for (const { generation } of this.#running.values()) generation?.kill();
    this.#running.clear();
  }

  offer({ requestId, attempt, request, scope, prefix, credit: window }: Offer, send: Send): void {
    const name = { requestId, attempt };
    const plan = this.#world.planOf(requestId);
    this.#world.oracles.offered(this.#world.machineId, requestId, scope, request.model);
    const served = this.#served.get(request.model);
    const decline = (reason: DeclineReason): void => send({ type: 'decline', ...name, reason });
    if (this.#world.draining()) return decline({ code: 'draining' });
    if (served?.status !== 'ready') return decline({ code: 'model-unavailable', message: 'it is not loaded' });
    const { desk, engines: engine } = served;
    if (this.#givesWay(served)) return decline({ code: 'busy', busySlots: desk.busy, slots: desk.busy });
    const decision = desk.decide(name, (earlier) => this.cancel(earlier, send));
    if (decision.kind === 'decline') return decline(decision.reason);
    if (decision.kind === 'ignore') return;
    const sessionsOver = this.#world.sessionsOver();
    const running: Running = {
      ...{ name, plan, prefix, served, desk, engine, send, sessionsOver },
      credit: this.#world.createCredit(window),
      unsent: [],
      generation: null,
      isStopping: false,
    };
    this.#running.set(writeKey(name), running);
    // Counting the prompt takes time.
    this.#world.clock.after(this.#world.random.between(1, 200), () => this.#counted(running));
  }

  /** Somebody waits for a model: as `agent/own-models.ts` has it, with room for one that is not always loaded. */
  wanted(model: string, send: Send): void {
    const served = this.#served.get(model);
    if (served === undefined || served.status !== 'available') return;
    const message = 'there is room for one model';
    const room = this.#roomFor(served);
    if (room.kind === 'never') return send({ type: 'load-declined', model, message });
    if (room.kind === 'wait') {
      for (const id of room.givingWay) this.#giveWay(this.#served.get(id));
      return send({ type: 'load-declined', model, message, retryAfterMs: room.retryAfterMs });
    }
    for (const id of room.kind === 'unload' ? room.ids : []) this.#makeAvailable(this.#served.get(id));
    served.givesWayUntilMs = 0;
    this.#load(served);
  }

  /** There is room for one model that is not always loaded. */
  #roomFor(served: Served): Room {
    const others = [...this.#served.values()].filter((other) => other.isCold && other !== served);
    if (others.some(({ status }) => status === 'loading' || status === 'unloaded')) {
      return { kind: 'wait', retryAfterMs: 2_000, because: 'another model is being loaded', givingWay: [] };
    }
    const loaded = others.filter(({ status }) => status === 'ready');
    return this.#world.makeRoom(loaded.length, loaded.map(residentOf), this.#world.clock.nowMs);
  }

  keep(model: string, isKept: boolean): void {
    const served = this.#served.get(model);
    if (served === undefined) return;
    served.isKept = isKept;
    if (isKept) served.givesWayUntilMs = 0;
    this.#world.onChange();
  }

  keepNone(): void {
    for (const served of this.#served.values()) served.isKept = false;
  }

  cancel(name: TicketName, send: Send): void {
    const running = this.#running.get(writeKey(name));
    if (running === undefined) return send({ type: 'cancelled', ...name });
    if (running.isStopping) return;
    running.isStopping = true;
    running.generation?.stop(() => this.#finish(running));
  }

  credit(name: TicketName, taken: OutputAmount): void {
    const running = this.#running.get(writeKey(name));
    if (running === undefined || running.isStopping) return;
    running.credit.grant(taken);
    if (running.credit.isLeft) this.#sendUnsent(running);
  }

  cancelAll(): void {
    for (const { name, send } of this.#running.values()) this.cancel(name, send);
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
    for (const { generation } of this.#running.values()) generation?.stall();
  }

  describe(): MachineModel[] {
    // Told and not true: predictions that are wrong must do no harm.
    const octave = this.#world.machineId.length + this.#world.machineId.charCodeAt(this.#world.machineId.length - 1);
    const pace = { readPerS: 100 * 2 ** (octave % 5), writePerS: 20, startMs: 50, wakeMs: 500, confidence: 0.5 };
    const shown = [...this.#served.values()].filter(({ status }) => status !== 'unloaded');
    return shown.map((served): MachineModel => {
      const { model, status, slots, desk } = served;
      const load = status === 'ready' ? { slots, busySlots: desk.busy } : { slots: 0, busySlots: 0 };
      const facts = { digest: model, displayName: model, window: windowTokens, thinking: false, tools: false };
      const loadTime = toldLoadTime(served, octave);
      const more = { ...(this.#givesWay(served) ? { givesWay: true } : {}), ...(served.isKept ? { kept: true } : {}) };
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

  #givesWay({ givesWayUntilMs }: Served): boolean {
    return this.#world.clock.nowMs < givesWayUntilMs;
  }

  #giveWay(served: Served | undefined): void {
    if (served === undefined) return;
    const isNews = !this.#givesWay(served);
    served.givesWayUntilMs = this.#world.clock.nowMs + givesWayMs;
    if (isNews) this.#world.onChange();
  }

  /** Another model needs its memory. */
  #makeAvailable(served: Served | undefined): void {
    if (served === undefined) return;
    const { clock, oracles, machineId, createDesk } = this.#world;
    const { model, desk, readyAtMs, loadMs } = served;
    oracles.unloaded(machineId, model, desk.busy, clock.nowMs - readyAtMs, loadMs);
    for (const running of [...this.#running.values()]) {
      if (running.served === served) running.generation?.kill();
      if (running.served === served) this.#finish(running);
    }
    served.status = 'available';
    served.engines += 1;
    served.desk = createDesk({ slots: served.slots });
    this.#world.onChange();
  }

  #counted(running: Running): void {
    const { name, plan, served, send } = running;
    if (running.isStopping) return this.#finish(running);
    const reason = this.#reasonAgainst(running);
    if (reason !== null) {
      send({ type: 'decline', ...name, reason });
      return this.#finish(running);
    }
    if (!running.desk.begin(name)) return this.#finish(running);
    const { promptTokens } = plan;
    send({ type: 'accept', ...name, promptTokens, window: windowTokens, maxTokens: plan.pieces });
    // Saying so may have been too much for the session.
    if (this.#isStopping(running)) return this.#finish(running);
    running.generation = startGeneration(name, plan, this.#world.clock.after, (event) =>
      this.#generated(running, event),
    );
    if (plan.isPoison) {
      this.#world.clock.after(plan.prefillMs / 2, () => {
        if (this.#running.get(writeKey(name)) === running) this.#crash(served);
      });
    }
    const atWork = [...this.#running.values()].filter((other) => {
      return other.served === served && other.engine === served.engines && other.generation !== null;
    });
    this.#world.oracles.engineWorks(this.#world.machineId, served.model, atWork.length, served.slots);
  }

  #isStopping(running: Running): boolean {
    return running.isStopping;
  }

  #reasonAgainst({ plan, served, engine }: Running): DeclineReason | null {
    const { promptTokens: tokens } = plan;
    if (tokens > promptMaximum) {
      return { code: 'context-overflow', tokens, maximum: promptMaximum, window: windowTokens };
    }
    if (plan.isRefused) return { code: 'refused', error: apiError('unsupported_feature', 'not with this model') };
    if (served.status !== 'ready' || served.engines !== engine) {
      return { code: 'model-unavailable', message: 'it has just gone' };
    }
    return null;
  }

  #generated(running: Running, event: GenerationEvent): void {
    if (running.isStopping) return;
    this.#world.onWork(running.sessionsOver);
    if (event.type === 'generation-end') this.#tellSlot(running);
    this.#say(running, event);
  }

  #say(running: Running, event: GenerationEvent): void {
    running.unsent.push(event);
    const isLast = event.type === 'generation-end' || event.type === 'generation-error';
    // The end waits for nobody.
    if (isLast || running.credit.isLeft) this.#sendUnsent(running);
    else if (running.unsent.length >= gatheredPieces) running.generation?.pause();
    if (isLast) this.#finish(running);
  }

  #sendUnsent({ name, send, credit, unsent, generation }: Running): void {
    if (unsent.length === 0) return;
    const events = unsent.splice(0);
    credit.spend(events);
    send({ type: 'output', ...name, events });
    generation?.resume();
  }

  /** Which slot it was is drawn by its prompt: a gateway that expected another one must get along with that. */
  #tellSlot({ plan, prefix, served, send }: Running): void {
    if (prefix === undefined) return;
    const { lineage, blocks } = prefix;
    const slot = plan.promptTokens % served.slots;
    send({ type: 'slots', model: served.model, slots: [{ slot, lineage, blocks, tokens: plan.promptTokens }] });
  }

  #finish(running: Running): void {
    const { name, desk, send } = running;
    if (this.#running.get(writeKey(name)) !== running) return;
    this.#running.delete(writeKey(name));
    desk.end(name);
    if (running.isStopping) send({ type: 'cancelled', ...name });
  }

  #crash(served: Served, awayMs = 0): void {
    if (served.status === 'available') return;
    for (const running of [...this.#running.values()]) {
      if (running.served !== served || running.generation === null) continue;
      running.generation.kill();
      const error = apiError('engine_crashed', 'the engine process ended unexpectedly');
      if (running.isStopping) this.#finish(running);
      else this.#say(running, { type: 'generation-error', error });
    }
    served.status = 'unloaded';
    served.engines += 1;
    // A new engine has free slots, whatever the old one was doing.
    served.desk = this.#world.createDesk({ slots: served.slots });
    this.#world.onChange();
    this.#world.clock.after(awayMs, () => {
      if (served.status === 'unloaded') this.#load(served);
    });
  }

  #load(served: Served): void {
    const { random, clock, onChange } = this.#world;
    served.status = 'loading';
    const engine = served.engines;
    const firstMs = random.chance(0.1) ? random.between(20_000, 70_000) : random.between(500, 5_000);
    const { next } = served.loadTimes;
    const loadMs = next === 'first' ? firstMs : Math.ceil(firstMs / 2);
    clock.after(loadMs, () => {
      if (served.engines !== engine) return;
      served.status = 'ready';
      served.readyAtMs = clock.nowMs;
      served.loadMs = loadMs;
      served.loadTimes = { ...served.loadTimes, [next === 'first' ? 'firstMs' : 'laterMs']: loadMs, next: 'later' };
      onChange();
    });
    onChange();
  }
}

/** As `agent/own-models.ts` has it, ms. */
const givesWayMs = 10_000;

const writeKey = ({ requestId, attempt }: TicketName): string => `${requestId}/${attempt}`;
