/**
 * The tickets on this machine: answers offers, runs what was accepted, stops what is cancelled.
 * The slot desk decides who may run; this file only carries it out.
 */

import { apiError } from '../contract/errors.ts';
import type { GenerationRequest } from '../contract/generation/request.ts';
import type { AgentMessage, DeclineReason, GatewayMessage } from '../contract/link/messages.ts';
import { nowMs } from '../transport/clock.ts';
import type { Log } from '../transport/log/log.ts';
import { createSlotDesk, type SlotDesk, type TicketName } from '../yard/slots.ts';
import { createOutputBatch } from './output-batch.ts';
import type { ModelSource, ReadyModel } from './ready-model.ts';

type Offer = Extract<GatewayMessage, { type: 'offer' }>;
type Send = (message: AgentMessage) => void;

export interface TicketsOptions {
  readonly models: Pick<ModelSource, 'find' | 'unavailableBecause' | 'forgiveCrash'>;
  readonly log: Log;
  draining(): boolean;
  /** Why no ticket is taken for want of memory; null while tickets are taken. */
  pressedBecause(): string | null;
}

/** More than a gateway could still say something about. */
const crashesRemembered = 256;

interface Running {
  readonly name: TicketName;
  readonly stopping: AbortController;
}

export class Tickets {
  readonly #options: TicketsOptions;
  /** One desk per load of the model: a new engine child starts with free slots. */
  readonly #desks = new WeakMap<ReadyModel, SlotDesk>();
  readonly #running = new Set<Running>();
  readonly #idle: (() => void)[] = [];
  /** Tickets under which an engine crashed, oldest first: the gateway may say whose fault it was. */
  readonly #crashed = new Map<string, ReadyModel>();

  constructor(options: TicketsOptions) {
    this.#options = options;
  }

  /** Tickets that hold a slot. */
  get running(): number {
    return this.#running.size;
  }

  offer(offer: Offer, send: Send): void {
    const name: TicketName = { requestId: offer.requestId, attempt: offer.attempt };
    const decline = (reason: DeclineReason): void => send({ type: 'decline', ...name, reason });
    if (this.#options.draining()) return decline({ code: 'draining' });
    const pressed = this.#options.pressedBecause();
    if (pressed !== null) return decline({ code: 'model-unavailable', message: `It is short of memory: ${pressed}.` });
    const model = this.#options.models.find(offer.request.model);
    if (model === undefined) return decline({ code: 'model-unavailable', message: this.#whyNot(offer.request.model) });
    const desk = this.#deskOf(model);
    const decision = desk.decide(name, (earlier) => this.cancel(earlier.requestId, earlier.attempt, send));
    if (decision.kind === 'decline') return decline(decision.reason);
    if (decision.kind === 'ignore') return;
    const running: Running = { name, stopping: new AbortController() };
    this.#running.add(running);
    this.#serve(offer, model, desk, running, send)
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
    for (const running of this.#running) {
      if (running.name.requestId !== requestId || running.name.attempt !== attempt) continue;
      // `cancelled` follows when the engine has stopped.
      running.stopping.abort();
      return;
    }
    send({ type: 'cancelled', requestId, attempt });
  }

  /** The crash under this ticket was the request's doing. */
  pardon(requestId: string, attempt: number): void {
    const model = this.#crashed.get(`${requestId}/${attempt}`);
    if (model !== undefined) this.#options.models.forgiveCrash(model);
  }

  count(countId: string, request: GenerationRequest, send: Send): void {
    const { models, log } = this.#options;
    const model = models.find(request.model);
    if (model === undefined) {
      const error = apiError('model_loading', this.#whyNot(request.model), { retryAfterMs: 2_000 });
      return send({ type: 'counted', countId, result: { error } });
    }
    model.count(request, new AbortController().signal).then(
      (result) => send({ type: 'counted', countId, result }),
      (error: unknown) => {
        log.error('count failed', { error: error instanceof Error ? error.stack : String(error) });
        const failure = apiError('internal', 'The agent failed while counting; its log says more.');
        send({ type: 'counted', countId, result: { error: failure } });
      },
    );
  }

  cancelAll(): void {
    for (const { stopping } of this.#running) stopping.abort();
  }

  /** Resolves when no ticket holds a slot. */
  whenIdle(): Promise<void> {
    return this.#running.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Slots of a model that hold a ticket. */
  busySlots(model: ReadyModel): number {
    return this.#desks.get(model)?.busy ?? 0;
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

  #deskOf(model: ReadyModel): SlotDesk {
    let desk = this.#desks.get(model);
    if (desk === undefined) {
      desk = createSlotDesk({ slots: model.slots });
      this.#desks.set(model, desk);
    }
    return desk;
  }

  async #serve(offer: Offer, model: ReadyModel, desk: SlotDesk, running: Running, send: Send): Promise<void> {
    const { name, stopping } = running;
    const result = await model.prepare(offer.request, stopping.signal);
    if (stopping.signal.aborted) return;
    if (!result.ok) return send({ type: 'decline', ...name, reason: result.reason });
    if (!desk.begin(name)) return;
    const { promptTokens, window, maxTokens } = result.answer;
    send({ type: 'accept', ...name, promptTokens, window, maxTokens });
    const batch = createOutputBatch((events) => send({ type: 'output', ...name, events }), nowMs);
    for await (const events of result.answer.generate(offer.scope, stopping.signal)) {
      if (stopping.signal.aborted) break;
      batch.add(events);
      const last = events.at(-1);
      if (last?.type === 'generation-error' && last.error.code === 'engine_crashed') this.#noteCrash(name, model);
    }
    if (!stopping.signal.aborted) batch.flush();
  }
}
