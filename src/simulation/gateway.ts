/**
 * One life of a simulated gateway: the thin shell around the real yard. It tells the yard what
 * arrives, carries out what the yard wants, and passes output of the assigned attempt on to clients,
 * as `gateway/gateway.ts` and `gateway/requests.ts` do.
 */
import { apiError } from '../contract/errors.ts';
import type { AgentMessage, CancelReason, GatewayMessage } from '../contract/link/messages.ts';
import { AnswerJournal } from '../session/answer-journal.ts';
import { CreditGiver, type OutputAmount } from '../session/credit.ts';
import type { IncomingLanes, OutgoingLanes } from '../session/lanes.ts';
import type { Pipe } from '../session/pipe.ts';
import type { YardEffect, YardEvent } from '../yard/events.ts';
import { type LinkWay, leaseOf } from '../yard/lease.ts';
import { RestartGrace } from '../yard/restart-grace.ts';
import { createYard, step, type YardState } from '../yard/step.ts';
import { hasSuspects } from '../yard/suspects.ts';
import { availableModels } from '../yard/view.ts';
import { GatewayLinks, type Session, type SessionMessage } from './gateway-links.ts';
import type { Oracles } from './oracles.ts';
import {
  fingerprintOf,
  type Plan,
  prefixOf,
  readPieces,
  shortestPiece,
  weightOf,
  wireRequest,
  wishesOf,
} from './plan.ts';
import type { ProcessClock } from './process-clock.ts';
import type { Random } from './random.ts';
import { SimulatedReader } from './reader.ts';
import type { Seen } from './seen.ts';
import type { Tampering } from './tampering.ts';
import type { Timeline } from './timeline.ts';

interface OpenRequest {
  readonly plan: Plan;
  readonly reader: SimulatedReader;
  /** The attempt whose output is the request's; 0: none. */
  attempt: number;
  /** Of the machine at work on that attempt, and how far it may be ahead of the client. */
  sessionId: string;
  credit: CreditGiver;
  /** What that attempt has shown. */
  journal: AnswerJournal;
  hasShown: boolean;
  hasEnded: boolean;
  phase: 'prefilling' | 'streaming' | null;
  toldAtMs: number;
}

export interface GatewaySurroundings {
  readonly timeline: Timeline;
  readonly clock: ProcessClock;
  readonly random: Random;
  readonly oracles: Oracles;
  readonly tampering: Tampering;
  /** Which start of the gateway this is. */
  readonly epoch: number;
  newLanes(): { outgoing: OutgoingLanes; incoming: IncomingLanes };
  /** What each offer says of credit. */
  readonly credit: OutputAmount;
  /** What machines generate beyond that before an engine waits, UTF-16 units. */
  readonly gatherChars: number;
  /** Machines that were let in, as the store has it. */
  readonly machineIds: readonly string[];
  /** Machines their owner keeps from new work, as the store has it: it outlives gateways and sessions. */
  readonly heldBack: ReadonlySet<string>;
  /** On how many machines models are to stay loaded, as the store has it. */
  readonly minimums: ReadonlyMap<string, number>;
  /** For the report of the run. */
  readonly seen: Seen;
  /** Machines that count and are not simulated. */
  others(): number;
}

/** How often the yard hears of a machine, and of progress that changes no phase, ms. */
const tellMs = 1_000;

export class SimulatedGateway {
  readonly clock: ProcessClock;
  readonly yard: YardState = createYard();
  readonly links: GatewayLinks;
  readonly #world: GatewaySurroundings;
  readonly #requests = new Map<string, OpenRequest>();
  /** Requests that arrived while it slept, or whose model is not known yet. */
  readonly #unread = new Set<string>();
  readonly #grace: RestartGrace;
  /** Looks again whether their models are known. */
  readonly #lookAgain = new Map<string, () => void>();
  readonly #waiting: YardEvent[] = [];
  #isStepping = false;
  #isDead = false;
  #timerAtMs = Number.POSITIVE_INFINITY;
  #callOffWake = (): void => {};

  constructor(world: GatewaySurroundings) {
    this.#world = world;
    this.clock = world.clock;
    const expected = world.machineIds.filter((machineId) => !world.heldBack.has(machineId));
    this.#grace = new RestartGrace(expected, this.clock.nowMs);
    this.links = new GatewayLinks({
      ...world,
      onOpened: ({ machineId, sessionId, heartbeatMs, way }) => {
        world.seen.sessions += 1;
        const lease = leaseOf(heartbeatMs, way);
        this.#tell({ type: 'machine-connected', machineId, sessionId, name: machineId, lease });
        this.#tell({ type: 'machine-held', machineId, held: world.heldBack.has(machineId) });
      },
      onMessage: (session, message) => this.#hear(session, message),
      onAway: ({ machineId, sessionId }) => this.#tell({ type: 'machine-away', machineId, sessionId }),
      onResumed: ({ machineId, sessionId, heartbeatMs, way }) => {
        world.seen.resumptions += 1;
        this.#tell({ type: 'machine-heard', machineId, sessionId, lease: leaseOf(heartbeatMs, way) });
      },
      onPace: ({ machineId, sessionId, heartbeatMs, way }) =>
        this.#tell({ type: 'machine-heard', machineId, sessionId, lease: leaseOf(heartbeatMs, way) }),
      awaited: () => this.#grace.missingAt(this.clock.nowMs) + world.others(),
      onClosed: ({ machineId, sessionId }) => this.#tell({ type: 'machine-disconnected', machineId, sessionId }),
    });
    this.setMinimums(world.minimums);
  }

  /** Requests in hand. */
  get inHand(): number {
    return this.#requests.size;
  }

  /** The process is gone: its clients see their connections break. */
  die(): void {
    this.#isDead = true;
    for (const requestId of [...this.#unread, ...this.#requests.keys()]) this.#world.oracles.broken(requestId);
  }

  drain(): void {
    this.#whenAlive(() => this.#tell({ type: 'drain-started' }));
  }

  /** The owner of a machine keeps it from new work, or lets it work again. */
  hold(machineId: string, held: boolean): void {
    this.#whenAlive(() => this.#tell({ type: 'machine-held', machineId, held }));
  }

  /** The owner says on how many machines models are to stay loaded. */
  setMinimums(minimums: ReadonlyMap<string, number>): void {
    this.#whenAlive(() => this.#tell({ type: 'minimums-set', minimums: new Map(minimums) }));
  }

  submit(requestId: string, plan: Plan): void {
    this.#unread.add(requestId);
    this.#whenAlive(() => this.#lookUp(requestId, plan, this.clock.nowMs));
  }

  /** As `gateway/returning-machines.ts` does it: after a start nobody knows what the name of a model means. */
  #lookUp(requestId: string, plan: Plan, askedAtMs: number): void {
    this.#lookAgain.delete(requestId);
    // Its client has left meanwhile.
    if (!this.#unread.has(requestId)) return;
    const isKnown = availableModels(this.yard).some(({ id }) => id === plan.model);
    if (isKnown) return this.#submit(requestId, plan);
    const leftMs = this.#grace.missing === 0 ? null : this.#grace.waitMs(askedAtMs, this.clock.nowMs);
    if (leftMs === null || leftMs <= 0) {
      this.#unread.delete(requestId);
      const error = apiError(leftMs === null ? 'model_not_found' : 'no_machine', 'It is not known (yet).');
      return this.#world.oracles.ended(requestId, { kind: 'rejected', error });
    }
    const look = (): void => {
      if (!this.#isDead && this.#lookAgain.get(requestId) === look) this.#lookUp(requestId, plan, askedAtMs);
    };
    this.#lookAgain.set(requestId, look);
    this.clock.after(leftMs, look);
  }

  #submit(requestId: string, plan: Plan): void {
    this.#unread.delete(requestId);
    const request = { attempt: 0, sessionId: '', hasShown: false, hasEnded: false, phase: null, toldAtMs: 0 };
    const [reader, credit] = [this.#newReader(requestId, plan), new CreditGiver(this.#world.credit)];
    this.#requests.set(requestId, { plan, reader, credit, journal: new AnswerJournal(), ...request });
    const { keyId, serviceClass, model, promptTokens: estimatedTokens } = plan;
    const asked = { keyId, serviceClass, weight: weightOf(keyId), model, estimatedTokens, maxTokens: plan.pieces };
    const patience = plan.waitMs === null ? {} : { waitMs: plan.waitMs };
    const fingerprint = hasSuspects(this.yard) ? { fingerprint: fingerprintOf(requestId, plan) } : {};
    this.#tell({
      type: 'request-submitted',
      requestId,
      ...asked,
      ...patience,
      prefix: prefixOf(plan),
      ...wishesOf(plan),
      ...fingerprint,
    });
  }

  #newReader(requestId: string, { readMs }: Plan): SimulatedReader {
    const { timeline, oracles, credit, gatherChars } = this.#world;
    // The piece that was too much, what was on its way, and what the machine gathers: once with its last credit,
    // and once when it ends.
    const aheadPieces = 1 + credit.deltas + 2 * (1 + Math.ceil(gatherChars / shortestPiece));
    return new SimulatedReader(requestId, readMs, {
      ...{ timeline, oracles, aheadPieces },
      clock: this.clock,
      onRoom: () => this.#giveCredit(requestId),
      onHeldUp: () => {
        const { attempt, phase } = this.#request(requestId);
        if (phase === 'streaming') this.#tell({ type: 'ticket-progressed', requestId, attempt, phase });
      },
      onCut: () => this.withdraw(requestId, 'slow-client'),
    });
  }

  #giveCredit(requestId: string): void {
    const { reader, credit, attempt, sessionId } = this.#request(requestId);
    const taken = attempt === 0 || reader.isFull ? null : credit.due();
    if (taken !== null) this.#send(sessionId, { type: 'credit', requestId, attempt, taken });
  }

  withdraw(requestId: string, reason: CancelReason): void {
    this.#whenAlive(() => {
      if (this.#unread.delete(requestId)) {
        this.#world.oracles.left(requestId);
        return this.#world.oracles.ended(requestId, { kind: 'cancelled', reason });
      }
      if (!this.#requests.has(requestId)) return;
      this.#world.oracles.left(requestId);
      this.#tell({ type: 'request-withdrawn', requestId, reason });
    });
  }

  open(pipe: Pipe, way: LinkWay): void {
    if (!this.#isDead) this.links.open(pipe, way);
  }

  #whenAlive(run: () => void): void {
    this.clock.whenAwake(() => {
      if (!this.#isDead) run();
    });
  }

  #hear(session: Session, message: SessionMessage): void {
    const { machineId, sessionId } = session;
    const now = this.clock.nowMs;
    if (message.type !== 'report' && message.type !== 'beat' && now - session.heardAtMs >= tellMs) {
      session.heardAtMs = now;
      this.#tell({ type: 'machine-heard', machineId, sessionId });
    }
    switch (message.type) {
      case 'report': {
        const models = [...message.models, ...(message.available ?? [])];
        const isBack = models.length > 0 && this.#grace.heard(machineId);
        this.#tell({ type: 'machine-reported', machineId, sessionId, models, draining: message.draining });
        if (isBack) for (const look of [...this.#lookAgain.values()]) look();
        return;
      }
      case 'beat':
        return this.#tell({ type: 'machine-beat', machineId, sessionId });
      case 'load-declined':
        return this.#tell({ ...message, machineId, sessionId });
      case 'accept':
        return this.#tell({ ...message, type: 'offer-accepted', machineId });
      case 'decline':
        return this.#tell({ ...message, type: 'offer-declined', machineId });
      case 'slots':
        return this.#tell({ ...message, type: 'slots-told', machineId, sessionId });
      case 'cancelled':
        return this.#tell({ ...message, type: 'ticket-cancelled', machineId });
      case 'output':
        return this.#readOutput(this.#world.tampering.output(message, this.yard));
      default:
        throw new Error(`simulated agents do not say ${message.type}`);
    }
  }

  #readOutput({ requestId, attempt, events }: AgentMessage & { type: 'output' }): void {
    for (const event of events) {
      const request = this.#requests.get(requestId);
      if (request === undefined || request.attempt !== attempt || request.hasEnded) return;
      request.journal.record(event);
      if (event.type === 'progress') this.#progressed(requestId, request, 'prefilling');
      else if (event.type === 'block-delta') {
        this.#progressed(requestId, request, 'streaming');
        for (const piece of readPieces(event.text)) {
          this.#world.oracles.shown(this.yard, requestId, piece);
          request.reader.write();
        }
        this.#world.oracles.journalled(requestId, request.journal);
        request.credit.receive([event]);
        if (!request.hasShown) this.#tell({ type: 'content-shown', requestId, attempt });
        request.hasShown = true;
        this.#giveCredit(requestId);
      } else if (event.type === 'generation-end') {
        request.hasEnded = true;
        const { promptTokens, cachedTokens, outputTokens } = event.usage;
        const usage = { readTokens: promptTokens - cachedTokens, outputTokens };
        this.#tell({ type: 'ticket-ended', requestId, attempt, error: null, usage });
      } else if (event.type === 'generation-error') {
        const fingerprint = fingerprintOf(requestId, request.plan);
        this.#tell({ type: 'ticket-ended', requestId, attempt, error: event.error, fingerprint });
      }
    }
  }

  #progressed(requestId: string, request: OpenRequest, phase: 'prefilling' | 'streaming'): void {
    const now = this.clock.nowMs;
    if (request.phase === phase && now - request.toldAtMs < tellMs) return;
    Object.assign(request, { phase, toldAtMs: now });
    this.#tell({ type: 'ticket-progressed', requestId, attempt: request.attempt, phase });
  }

  /** Effects may cause events; those wait their turn, as in `gateway/yard-loop.ts`. */
  #tell(event: YardEvent): void {
    if (this.#isDead) return;
    const { oracles, tampering } = this.#world;
    this.#waiting.push(event);
    if (this.#isStepping) return;
    this.#isStepping = true;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      for (const told of tampering.event(next, this.yard)) {
        const effects = step(this.yard, told, this.clock.nowMs);
        oracles.stepped(this.yard, effects);
        for (const effect of effects) for (const wanted of tampering.effect(effect)) this.#carryOut(wanted);
      }
    }
    this.#isStepping = false;
    this.#setTimer();
  }

  #setTimer(): void {
    const { wakeAtMs } = this.yard;
    // A timer that is early wakes the yard for nothing, and is then set anew.
    if (wakeAtMs === null || wakeAtMs >= this.#timerAtMs) return;
    this.#callOffWake();
    this.#timerAtMs = wakeAtMs;
    this.#callOffWake = this.clock.after(Math.max(0, wakeAtMs - this.clock.nowMs), () => {
      this.#timerAtMs = Number.POSITIVE_INFINITY;
      this.#tell({ type: 'clock-advanced' });
    });
  }

  #carryOut(effect: YardEffect): void {
    switch (effect.type) {
      case 'send-offer': {
        const { requestId, attempt, offerMs } = effect;
        const { plan } = this.#request(requestId);
        const [scope, prefix, request] = [plan.keyId, prefixOf(plan), wireRequest(plan)];
        const { credit } = this.#world;
        const ticket = { requestId, attempt, offerMs, scope, prefix, credit };
        return this.#send(effect.sessionId, { type: 'offer', ...ticket, request });
      }
      case 'send-cancel': {
        const { requestId, attempt, reason } = effect;
        return this.#send(effect.sessionId, { type: 'cancel', requestId, attempt, reason });
      }
      case 'send-pardon': {
        const { requestId, attempt } = effect;
        return this.#send(effect.sessionId, { type: 'pardon', requestId, attempt });
      }
      case 'send-load':
        return this.#send(effect.sessionId, { type: 'load', model: effect.model });
      case 'send-keep':
        return this.#send(effect.sessionId, { type: 'keep', model: effect.model, isKept: effect.isKept });
      case 'request-assigned':
        Object.assign(this.#request(effect.requestId), {
          attempt: effect.attempt,
          sessionId: effect.sessionId,
          credit: new CreditGiver(this.#world.credit),
          journal: new AnswerJournal(),
          phase: null,
        });
        return;
      case 'attempt-discarded': {
        const request = this.#request(effect.requestId);
        if (request.attempt === effect.attempt) request.attempt = 0;
        return;
      }
      case 'request-ended':
        this.#requests.get(effect.requestId)?.reader.end();
        this.#requests.delete(effect.requestId);
        return this.#world.oracles.ended(effect.requestId, effect.outcome);
      case 'machine-changed':
        if (effect.status !== 'live') this.#world.seen.suspicions += 1;
        if (effect.status === 'lost') this.links.end(effect.sessionId, 'nothing heard in time');
        return;
      case 'request-queued':
        return;
      default:
        return effect satisfies never;
    }
  }

  #send(sessionId: string, message: GatewayMessage): void {
    this.links.sessions.get(sessionId)?.link.send(message);
  }

  #request(requestId: string): OpenRequest {
    const request = this.#requests.get(requestId);
    if (request === undefined) throw new Error(`the yard speaks of ${requestId}, which is not open`);
    return request;
  }
}
