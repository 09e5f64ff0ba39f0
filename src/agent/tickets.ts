/**
 * The tickets on this machine: answers offers, runs what was accepted, stops what is cancelled.
 * The slot desk decides who may run; this file only carries it out.
 */

import { apiError } from '../contract/errors.ts';
import type { GenerationEvent } from '../contract/generation/events.ts';
import type { GenerationRequest } from '../contract/generation/request.ts';
import { limits } from '../contract/limits.ts';
import type { AgentMessage, DeclineReason, GatewayMessage } from '../contract/link/messages.ts';
import type { Pace } from '../contract/link/prefix.ts';
import type { OutputAmount } from '../session/credit.ts';
import type { Log } from '../transport/log/log.ts';
import { realTime, type Time } from '../transport/time.ts';
import { type AssumedPace, PaceMeter } from '../yard/pace-meter.ts';
import { createSlotDesk, type SlotDesk, type TicketName } from '../yard/slots.ts';
import { createOutputBatch, type OutputBatch } from './output-batch.ts';
import type { ModelSource, PreparedAnswer, ReadyModel } from './ready-model.ts';
import { SlotBook } from './slot-book.ts';
import { Standstill } from './standstill.ts';

type Offer = Extract<GatewayMessage, { type: 'offer' }>;
type Send = (message: AgentMessage) => void;

export interface TicketsOptions {
  readonly models: Pick<ModelSource, 'find' | 'count' | 'givesWay' | 'unavailableBecause' | 'forgiveCrash'>;
  readonly log: Log;
  draining(): boolean;
  /** Why no ticket is taken for want of memory; null while tickets are taken. */
  pressedBecause(): string | null;
  /** How fast the machine is taken to be with a model until that was measured; undefined: nobody can tell. */
  assumedPace?(model: string): AssumedPace | undefined;
  /** Real time when absent. */
  readonly time?: Time;
  /** Of an answer, while its client does not read: what is generated before its engine waits, UTF-16 units. */
  readonly gatherChars?: number;
}

/** Where nothing is known to guess from: a slow GPU, a fast processor. */
const unknownPace: AssumedPace = { readPerS: 500, writePerS: 20 };

/** More than a gateway could still say something about. */
const crashesRemembered = 256;
/** More than could be on their way: an offer may have megabytes, and its cancel overtakes it. */
const withdrawnRemembered = 256;

/** What belongs to one load of a model: a new engine child starts with free and empty slots. */
interface Load {
  readonly model: string;
  readonly desk: SlotDesk;
  readonly book: SlotBook;
}

interface Running {
  readonly name: TicketName;
  readonly stopping: AbortController;
  /** Its output, once there can be some. */
  output?: OutputBatch;
  /** The engine paused for its client, or its gateway: how long it took tells nothing of this machine. */
  wasHeldUp: boolean;
}

export class Tickets {
  readonly #options: TicketsOptions;
  readonly #time: Time;
  readonly #loads = new WeakMap<ReadyModel, Load>();
  /** By model id: a model that is loaded again is as fast as before. */
  readonly #meters = new Map<string, PaceMeter>();
  readonly #running = new Set<Running>();
  readonly #idle: (() => void)[] = [];
  /** While it is not known whether anybody wants the work. */
  readonly #standstill = new Standstill();
  /** Attempts that were cancelled before they were heard of, oldest first: their offers may be on their way. */
  readonly #withdrawn = new Set<string>();
  /** Tickets under which an engine crashed, oldest first: the gateway may say whose fault it was. */
  readonly #crashed = new Map<string, ReadyModel>();

  constructor(options: TicketsOptions) {
    this.#options = options;
    this.#time = options.time ?? realTime;
  }

  /** Tickets that hold a slot. */
  get running(): number {
    return this.#running.size;
  }

  offer(offer: Offer, send: Send): void {
    const name: TicketName = { requestId: offer.requestId, attempt: offer.attempt };
    // It was told already that nobody works on it.
    if (this.#withdrawn.delete(keyOf(name))) return;
    const decline = (reason: DeclineReason): void => send({ type: 'decline', ...name, reason });
    if (this.#options.draining()) return decline({ code: 'draining' });
    const pressed = this.#options.pressedBecause();
    if (pressed !== null) return decline({ code: 'model-unavailable', message: `It is short of memory: ${pressed}.` });
    const wanted = offer.model ?? offer.request.model;
    const model = this.#options.models.find(wanted);
    if (model === undefined) return decline({ code: 'model-unavailable', message: this.#whyNot(wanted) });
    const load = this.#loadOf(model, wanted);
    const { desk } = load;
    // It has no slot for anything new: as if all it has were taken.
    if (this.#options.models.givesWay(wanted)) return decline({ code: 'busy', busySlots: desk.busy, slots: desk.busy });
    const decision = desk.decide(name, (earlier) => this.cancel(earlier.requestId, earlier.attempt, send));
    if (decision.kind === 'decline') return decline(decision.reason);
    if (decision.kind === 'ignore') return;
    const running: Running = { name, stopping: new AbortController(), wasHeldUp: this.#standstill.isHeld };
    this.#running.add(running);
    this.#serve(offer, model, load, running, send)
      .catch((error: unknown) => {
        // Tokenizing that is cut short by a cancel ends in an exception.
        if (running.stopping.signal.aborted) return;
        this.#options.log.error('ticket failed', {
          ...name,
          error: error instanceof Error ? error.stack : String(error),
        });
        const failure = apiError('internal', 'The agent failed while serving this request; its log says more.');
        send({ type: 'output', ...name, events: [{ type: 'generation-error', error: failure }] });
      })
      .finally(() => {
        desk.end(name);
        this.#running.delete(running);
        if (running.stopping.signal.aborted) send({ type: 'cancelled', ...name });
        if (this.#running.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
      });
  }

  cancel(requestId: string, attempt: number, send: Send): void {
    const running = this.#find(requestId, attempt);
    // `cancelled` follows when the engine has stopped.
    if (running !== undefined) return running.stopping.abort();
    this.#withdrawn.add(keyOf({ requestId, attempt }));
    for (const oldest of this.#withdrawn) {
      if (this.#withdrawn.size <= withdrawnRemembered) break;
      this.#withdrawn.delete(oldest);
    }
    send({ type: 'cancelled', requestId, attempt });
  }

  /** The client has read on: so much of this attempt's output has been taken, in all. */
  credit(requestId: string, attempt: number, taken: OutputAmount): void {
    this.#find(requestId, attempt)?.output?.grant(taken);
  }

  #find(requestId: string, attempt: number): Running | undefined {
    for (const running of this.#running) {
      if (running.name.requestId === requestId && running.name.attempt === attempt) return running;
    }
    return undefined;
  }

  /** The crash under this ticket was the request's doing. */
  pardon(requestId: string, attempt: number): void {
    const model = this.#crashed.get(`${requestId}/${attempt}`);
    if (model !== undefined) this.#options.models.forgiveCrash(model);
  }

  /** `wanted`: this machine's name of the model. */
  count(countId: string, wanted: string, request: GenerationRequest, send: Send): void {
    const { models, log } = this.#options;
    // Nobody waits for it longer.
    const signal = AbortSignal.timeout(limits.countMs);
    const counting = models.find(wanted)?.count(request, signal) ?? models.count(wanted, request, signal);
    if (counting === undefined) {
      const error = apiError('model_loading', this.#whyNot(wanted), { retryAfterMs: 2_000 });
      return send({ type: 'counted', countId, result: { error } });
    }
    counting.then(
      (result) => send({ type: 'counted', countId, result }),
      (error: unknown) => {
        if (signal.aborted) return;
        log.error('count failed', { error: error instanceof Error ? error.stack : String(error) });
        const failure = apiError('internal', 'The agent failed while counting; its log says more.');
        send({ type: 'counted', countId, result: { error: failure } });
      },
    );
  }

  cancelAll(): void {
    for (const { stopping } of this.#running) stopping.abort();
  }

  /** Engines stand still until `goOn`; what they have written is kept, and every ticket its slot. */
  pause(): void {
    for (const running of this.#running) running.wasHeldUp = true;
    this.#standstill.set(true);
  }

  goOn(): void {
    this.#standstill.set(false);
  }

  /** Resolves when no ticket holds a slot. */
  whenIdle(): Promise<void> {
    return this.#running.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Slots of a model that hold a ticket. */
  busySlots(model: ReadyModel): number {
    return this.#loads.get(model)?.desk.busy ?? 0;
  }

  /** How fast the machine has been with a model lately; undefined before it served it. */
  paceOf(model: string): Pace | undefined {
    return this.#meters.get(model)?.pace(this.#time.nowMs()) ?? assumed(this.#options.assumedPace?.(model));
  }

  /** Tells a gateway that has just opened a session what all slots hold. */
  tellSlots(models: readonly string[], send: Send): void {
    for (const model of models) {
      const ready = this.#options.models.find(model);
      const slots = ready === undefined ? [] : (this.#loads.get(ready)?.book.all ?? []);
      if (slots.length > 0) send({ type: 'slots', model, slots: [...slots] });
    }
  }

  #whyNot(model: string): string {
    return this.#options.models.unavailableBecause(model) ?? 'This machine does not have the model (any more).';
  }

  #noteCrash({ requestId, attempt }: TicketName, model: ReadyModel): void {
    this.#crashed.set(`${requestId}/${attempt}`, model);
    for (const oldest of this.#crashed.keys()) {
      if (this.#crashed.size <= crashesRemembered) return;
      this.#crashed.delete(oldest);
    }
  }

  #loadOf(model: ReadyModel, id: string): Load {
    let load = this.#loads.get(model);
    if (load === undefined) {
      load = { model: id, desk: createSlotDesk({ slots: model.slots }), book: new SlotBook(model.slots) };
      this.#loads.set(model, load);
    }
    return load;
  }

  #meterOf(model: string): PaceMeter {
    let meter = this.#meters.get(model);
    if (meter === undefined) {
      meter = new PaceMeter(this.#options.assumedPace?.(model) ?? unknownPace, this.#time.nowMs());
      this.#meters.set(model, meter);
    }
    return meter;
  }

  async #serve(offer: Offer, model: ReadyModel, load: Load, running: Running, send: Send): Promise<void> {
    const { name, stopping } = running;
    const result = await model.prepare(offer.request, stopping.signal);
    if (stopping.signal.aborted) return;
    if (!result.ok) return send({ type: 'decline', ...name, reason: result.reason });
    if (!load.desk.begin(name)) return;
    const { promptTokens, window, maxTokens } = result.answer;
    send({ type: 'accept', ...name, promptTokens, window, maxTokens });
    const batch = createOutputBatch({
      send: (events) => send({ type: 'output', ...name, events }),
      time: this.#time,
      credit: offer.credit,
      gatherChars: this.#options.gatherChars,
    });
    running.output = batch;
    for await (const events of this.#measured(offer, result.answer, load, running, send)) {
      if (stopping.signal.aborted) break;
      batch.add(events);
      // Not asked for more, the engine pauses, and holds nobody else up.
      if (batch.isFull) {
        running.wasHeldUp = true;
        await batch.whenSent(stopping.signal);
      }
      const last = events.at(-1);
      if (last?.type === 'generation-error' && last.error.code === 'engine_crashed') this.#noteCrash(name, model);
    }
    if (!stopping.signal.aborted) batch.end();
  }

  /** The answer as it comes. What it tells of this machine, its speed and its slots, is kept and told on the way. */
  async *#measured(
    { requestId, attempt, scope, prefix, request }: Offer,
    answer: PreparedAnswer,
    { model, book }: Load,
    running: Running,
    send: Send,
  ): AsyncGenerator<readonly GenerationEvent[], void> {
    const meter = this.#meterOf(request.model);
    const ticket = `${requestId}/${attempt}`;
    let slot: number | undefined;
    let isTold = false;
    /** Before the last word: who hears that may ask the next thing at once. */
    const tell = (held: ReturnType<SlotBook['lost']>): void => {
      isTold = true;
      send({ type: 'slots', model, slots: [held], pace: meter.pace(this.#time.nowMs()) });
    };
    const use = {
      scope,
      hold: this.#standstill,
      ...(prefix === undefined ? {} : { lineage: prefix.lineage }),
      onSlot: (begun: number) => {
        slot = begun;
      },
      onHeld: (held: { readonly slot: number; readonly tokens: number }) => {
        if (prefix !== undefined) tell(book.ended(held.slot, prefix, held.tokens, answer.promptTokens));
      },
    };
    let outputTokens: number | null = null;
    meter.begun(ticket, this.#time.nowMs());
    try {
      for await (const events of answer.generate(use, running.stopping.signal)) {
        for (const event of events) {
          if (event.type === 'generation-start') {
            const readTokens = running.wasHeldUp ? null : event.promptTokens - event.cachedTokens;
            meter.started(ticket, readTokens, this.#time.nowMs());
          } else if (event.type === 'generation-end') {
            outputTokens = event.usage.outputTokens;
            // An engine that names no slots.
            if (slot === undefined && prefix !== undefined && !isTold) {
              const tokens = event.usage.promptTokens + outputTokens;
              tell(book.ended(book.usualSlot(prefix), prefix, tokens, event.usage.promptTokens));
            }
          }
        }
        yield events;
      }
    } finally {
      meter.ended(ticket, running.wasHeldUp ? null : outputTokens, this.#time.nowMs());
      // Its engine failed at it, and has forgotten what it had read.
      if (slot !== undefined && !isTold && prefix !== undefined) tell(book.lost(slot));
    }
  }
}

function assumed(pace: AssumedPace | undefined): Pace | undefined {
  return pace === undefined ? undefined : { ...pace, startMs: 0, wakeMs: 0, confidence: 0 };
}

const keyOf = ({ requestId, attempt }: TicketName): string => `${requestId}/${attempt}`;
