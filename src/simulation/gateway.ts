/**
 * The thin shell around the yard, as the real gateway has one: it tells the yard what arrives,
 * carries out what the yard wants, and passes output of the assigned attempt on to clients.
 */
import type { AgentMessage, CancelReason, GatewayMessage } from '../contract/link/messages.ts';
import type { RequestOutcome, YardEffect, YardEvent } from '../yard/events.ts';
import { createYard, step, type YardState } from '../yard/step.ts';
import type { LinkEnd } from './link.ts';
import type { Oracles } from './oracles.ts';
import { type Plan, readPiece, wireRequest } from './plan.ts';
import { Sleeper } from './sleeper.ts';
import type { Tampering } from './tampering.ts';
import type { Timeline } from './timeline.ts';

/** The gateway's end of a link. */
export interface Downlink {
  send(message: GatewayMessage): void;
  close(): void;
}

interface Session {
  readonly machineId: string;
  readonly downlink: Downlink;
}

interface Journal {
  readonly plan: Plan;
  /** The attempt whose output is the request's. */
  assigned: number | null;
  hasShown: boolean;
}

export interface GatewaySurroundings {
  readonly timeline: Timeline;
  readonly oracles: Oracles;
  readonly tampering: Tampering;
  onEnded(requestId: string, outcome: RequestOutcome): void;
}

export class SimulatedGateway {
  readonly yard: YardState = createYard();
  readonly #world: GatewaySurroundings;
  readonly #sessions = new Map<string, Session>();
  readonly #journals = new Map<string, Journal>();
  #sessionCount = 0;
  readonly #sleeper: Sleeper;
  #callOffWake = (): void => {};
  steps = 0;
  /** Machines lost or suspected so far. */
  suspicions = 0;

  constructor(world: GatewaySurroundings) {
    this.#world = world;
    this.#sleeper = new Sleeper(world.timeline);
  }

  /** A long garbage collection, a sleeping host: what arrives meanwhile is read afterwards. */
  freeze(forMs: number): void {
    this.#sleeper.sleep(forMs);
  }

  drain(): void {
    this.#sleeper.whenAwake(() => this.#tell({ type: 'drain-started' }));
  }

  submit(requestId: string, plan: Plan): void {
    this.#sleeper.whenAwake(() => {
      this.#journals.set(requestId, { plan, assigned: null, hasShown: false });
      const { keyId, model, promptTokens: estimatedTokens } = plan;
      this.#tell({ type: 'request-submitted', requestId, keyId, model, estimatedTokens });
    });
  }

  withdraw(requestId: string, reason: CancelReason): void {
    this.#sleeper.whenAwake(() => {
      if (!this.#journals.has(requestId)) return;
      this.#world.oracles.left(requestId);
      this.#tell({ type: 'request-withdrawn', requestId, reason });
    });
  }

  /** A link was opened; its messages come in through what is returned. */
  open(machineId: string, downlink: Downlink): LinkEnd<AgentMessage> {
    const sessionId = `ses_${++this.#sessionCount}`;
    const session = { machineId, sessionId };
    this.#sleeper.whenAwake(() => {
      this.#sessions.set(sessionId, { machineId, downlink });
      this.#tell({ type: 'machine-connected', ...session, name: machineId });
    });
    return {
      receive: (message) =>
        this.#sleeper.whenAwake(() => {
          if (this.#sessions.has(sessionId)) this.#read(session, message);
        }),
      closed: () =>
        this.#sleeper.whenAwake(() => {
          if (!this.#sessions.delete(sessionId)) return;
          downlink.close();
          this.#tell({ type: 'machine-disconnected', ...session });
        }),
    };
  }

  #read(session: { readonly machineId: string; readonly sessionId: string }, message: AgentMessage): void {
    const { machineId } = session;
    this.#tell({ type: 'machine-heard', ...session });
    switch (message.type) {
      case 'report':
        return this.#tell({ ...session, ...message, type: 'machine-reported' });
      case 'accept':
        return this.#tell({ ...message, type: 'offer-accepted', machineId });
      case 'decline':
        return this.#tell({ ...message, type: 'offer-declined', machineId });
      case 'cancelled':
        return this.#tell({ ...message, type: 'ticket-cancelled', machineId });
      case 'output':
        return this.#readOutput(this.#world.tampering.output(message, this.yard));
      default:
        throw new Error(`simulated agents do not say ${message.type}`);
    }
  }

  #readOutput(message: AgentMessage & { type: 'output' }): void {
    const { requestId, attempt } = message;
    for (const event of message.events) {
      const journal = this.#journals.get(requestId);
      if (journal === undefined || journal.assigned !== attempt) return;
      if (event.type === 'progress') {
        this.#tell({ type: 'ticket-progressed', requestId, attempt, phase: 'prefilling' });
      } else if (event.type === 'block-delta') {
        this.#world.oracles.shown(this.yard, requestId, readPiece(event.text));
        if (!journal.hasShown) this.#tell({ type: 'content-shown', requestId, attempt });
        else this.#tell({ type: 'ticket-progressed', requestId, attempt, phase: 'streaming' });
        journal.hasShown = true;
      } else if (event.type === 'generation-end') {
        this.#tell({ type: 'ticket-ended', requestId, attempt, error: null });
      } else if (event.type === 'generation-error') {
        this.#tell({ type: 'ticket-ended', requestId, attempt, error: event.error });
      }
    }
  }

  #tell(event: YardEvent): void {
    const { timeline, oracles, tampering } = this.#world;
    for (const told of tampering.event(event, this.yard)) {
      const effects = step(this.yard, told, timeline.nowMs);
      this.steps += 1;
      oracles.stepped(this.yard, effects);
      for (const effect of effects) for (const wanted of tampering.effect(effect)) this.#carryOut(wanted);
    }
    this.#callOffWake();
    if (this.yard.wakeAtMs !== null) {
      this.#callOffWake = timeline.at(this.yard.wakeAtMs, () =>
        this.#sleeper.whenAwake(() => this.#tell({ type: 'clock-advanced' })),
      );
    }
  }

  #carryOut(effect: YardEffect): void {
    switch (effect.type) {
      case 'send-offer': {
        const { requestId, attempt, offerMs } = effect;
        const { plan } = this.#journal(requestId);
        const [scope, request] = [plan.keyId, wireRequest(plan)];
        return this.#send(effect.sessionId, { type: 'offer', requestId, attempt, offerMs, scope, request });
      }
      case 'send-cancel': {
        const { requestId, attempt, reason } = effect;
        return this.#send(effect.sessionId, { type: 'cancel', requestId, attempt, reason });
      }
      case 'request-assigned':
        this.#journal(effect.requestId).assigned = effect.attempt;
        return;
      case 'attempt-discarded':
        this.#journal(effect.requestId).assigned = null;
        return;
      case 'request-ended':
        this.#journals.delete(effect.requestId);
        this.#world.oracles.ended(effect.requestId, effect.outcome);
        return this.#world.onEnded(effect.requestId, effect.outcome);
      case 'machine-changed':
        if (effect.status !== 'live') this.suspicions += 1;
        if (effect.status === 'lost') {
          this.#sessions.get(effect.sessionId)?.downlink.close();
          this.#sessions.delete(effect.sessionId);
        }
        return;
      case 'send-pardon':
        return this.#send(effect.sessionId, {
          type: 'pardon',
          requestId: effect.requestId,
          attempt: effect.attempt,
        });
      case 'request-queued':
        return;
      default:
        return effect satisfies never;
    }
  }

  #send(sessionId: string, message: GatewayMessage): void {
    const session = this.#sessions.get(sessionId);
    if (session === undefined) throw new Error(`the yard speaks to the closed session ${sessionId}`);
    session.downlink.send(message);
  }

  #journal(requestId: string): Journal {
    const journal = this.#journals.get(requestId);
    if (journal === undefined) throw new Error(`the yard speaks of ${requestId}, which is not open`);
    return journal;
  }
}
