/**
 * What must never happen, whatever goes wrong. Everything the simulation does passes by here; a
 * broken rule ends the run with a sentence.
 *
 * - Every piece of an answer is shown once, in order, from one attempt, to the one who asked; its key pays for what was
 *   shown, once.
 * - Every request ends exactly once, within the time it may take; a client never sits before a
 *   stream that neither goes on nor ends.
 * - Nobody is offered whose wait is over, and no key gets much while another one's first request waits (`turn-oracle.ts`).
 * - No machine runs more than it has slots, nor for nobody; no key's request arrives as another's.
 * - No answer is further ahead of its client than its credit and the gateway's patience allow.
 * - What is kept stays within bounds, and the yard agrees with itself.
 *
 * A request that its machine lies about may have any answer: it ends, once and in time, and costs its key no more than was asked for.
 */
import { limits } from '../contract/limits.ts';
import type { MachineModel } from '../contract/link/messages.ts';
import type { RequestReport } from '../transport/request-report.ts';
import type { RequestOutcome, YardEffect } from '../yard/events.ts';
import { invariants } from '../yard/invariants.ts';
import { heartbeatMs, leaseOf } from '../yard/lease.ts';
import { outsideBecause } from '../yard/routing/circles.ts';
import type { YardState } from '../yard/state.ts';
import { classWaitMs } from '../yard/tickets.ts';
import { LedgerOracle } from './ledger-oracle.ts';
import type { Piece, Plan } from './plan.ts';
import type { ProcessClock } from './process-clock.ts';
import { SilenceOracle } from './silence-oracle.ts';
import { StandingOracle } from './standing-oracle.ts';
import type { Timeline } from './timeline.ts';
import { TurnOracle } from './turn-oracle.ts';
import { Violation } from './violation.ts';

type Outcome = RequestOutcome | { readonly kind: 'broken' };

interface Watched {
  readonly plan: Plan;
  outcome: Outcome | null;
  hasLeft: boolean;
  /** The machine that had it did not tell the truth. */
  isLiedAbout: boolean;
  lastOffered: number;
  /** By the time that the gateway was awake, ms: what it promises is counted by that. */
  readonly askedAtMs: number;
  /** What the client has seen: pieces 0 to `shown` - 1 of `shownAttempt`. */
  shown: number;
  shownAttempt: number;
  /** When the last piece was shown, by the same time, ms. */
  shownAtMs: number;
  callOff: () => void;
}

type Offer = YardEffect & { readonly type: 'send-offer' };

/** How a gateway in a rush sends requests away. */
const sentAwayAs: ReadonlySet<string> = new Set(['queue_full', 'queue_too_long', 'overloaded']);
/**
 * Effects of one step: a burst beyond this would stall a gateway. After a burst of requests as many offers as the fleet has
 * slots may run out in the same moment, each with some effects; a thousand machines were seen to have 669.
 */
const mostEffects = (machines: number): number => Math.max(600, 2 * machines);
/** What any bound is generous by, ms. */
const slackMs = 30_000;

/** In so large a fleet, over the slower way. */
export function longestLeaseMs(machines: number): number {
  return leaseOf(heartbeatMs(machines), 'http').lostMs;
}

/** A request may take its tries, each with a wait, an offer, a silence and a lease that runs out, and the work itself. */
function longestLifeMs(plan: Plan, leaseLostMs: number): number {
  const { serviceClass, prefillMs, pieces, pieceMs } = plan;
  const { attempts, offerMs, prefillProgressMs, restartWaitMs } = limits;
  const tryMs =
    Math.max(limits.loadWaitMs, classWaitMs(limits, serviceClass)) +
    offerMs +
    prefillProgressMs +
    leaseLostMs +
    2 * (prefillMs + pieces * pieceMs);
  return restartWaitMs + attempts * tryMs + readingMs(plan) + slackMs;
}

/** Between two pieces, or the last one and the end. A client that reads slowly makes its machine wait. */
function longestGapMs(plan: Plan, leaseLostMs: number): number {
  return limits.decodeProgressMs + leaseLostMs + slackMs + readingMs(plan);
}

/** All that a client may make its machine wait; one that reads nothing is cut. */
function readingMs({ readMs, pieces }: Plan): number {
  return readMs === Number.POSITIVE_INFINITY ? limits.clientStallMs : readMs * pieces;
}

export class Oracles {
  readonly #timeline: Timeline;
  readonly #gatewayClock: ProcessClock;
  readonly #stepsPerLook: number;
  /** The longest a machine may be silent, ms. */
  readonly #leaseLostMs: number;
  readonly #mostEffects: number;
  readonly #requests = new Map<string, Watched>();
  readonly #turns = new TurnOracle();
  readonly #ledger = new LedgerOracle();
  readonly standing = new StandingOracle();
  readonly silence: SilenceOracle;
  /** Second offers that were made, and starts of the gateway: each may have some without having earned them. */
  #hedges = 0;
  starts = 0;
  #open = 0;
  /** Steps of the yard so far. */
  steps = 0;

  /** `stepsPerLook`: how often the whole yard is looked at; 1 is after every step. */
  constructor(
    timeline: Timeline,
    gatewayClock: ProcessClock,
    { stepsPerLook, machines }: { stepsPerLook: number; machines: number },
  ) {
    this.#timeline = timeline;
    this.#gatewayClock = gatewayClock;
    this.#stepsPerLook = stepsPerLook;
    this.#leaseLostMs = longestLeaseMs(machines);
    this.silence = new SilenceOracle(this.#leaseLostMs);
    this.#mostEffects = mostEffects(machines);
  }

  /** Requests that have not ended. */
  get open(): number {
    return this.#open;
  }

  get asked(): number {
    return this.#requests.size;
  }

  planOf(requestId: string): Plan {
    return this.#watched(requestId).plan;
  }

  submitted(requestId: string, plan: Plan): void {
    const watched: Watched = {
      plan,
      outcome: null,
      hasLeft: false,
      isLiedAbout: false,
      lastOffered: 0,
      askedAtMs: this.awakeMs,
      shown: 0,
      shownAttempt: 0,
      shownAtMs: 0,
      callOff() {},
    };
    this.#requests.set(requestId, watched);
    this.#open += 1;
    this.#expectEnd(requestId, watched, this.awakeMs + longestLifeMs(plan, this.#leaseLostMs));
  }

  left(requestId: string): void {
    this.#watched(requestId).hasLeft = true;
  }

  /** From now on its machine says of it what it likes. */
  liedAbout(requestId: string): void {
    const watched = this.#watched(requestId);
    watched.isLiedAbout = true;
    this.#turns.liedAbout(watched.plan);
  }

  /** How long the gateway has been awake, ms: nobody can blame it for what it sleeps through. */
  get awakeMs(): number {
    return this.#gatewayClock.awakeMs;
  }

  /** After every step of the yard. */
  stepped(yard: YardState, effects: readonly YardEffect[]): void {
    this.steps += 1;
    if (this.steps % this.#stepsPerLook === 0) {
      const broken = invariants(yard);
      if (broken.length > 0) throw new Violation(`the yard is inconsistent: ${broken.join('; ')}`);
    }
    if (effects.length > this.#mostEffects) throw new Violation(`one step had ${effects.length} effects`);
    const offers = effects.filter((effect) => effect.type === 'send-offer');
    for (const [index, offer] of offers.entries()) this.#sentOffer(yard, offer, offers.slice(index + 1));
  }

  /** `later`: what the same step offered after it. */
  #sentOffer(yard: YardState, { requestId, attempt, machineId }: Offer, later: readonly Offer[]): void {
    const watched = this.#watched(requestId);
    if (attempt <= watched.lastOffered) throw new Violation(`${requestId} was offered as attempt ${attempt} again`);
    if (yard.tickets.get(requestId)?.hedge?.attempt === attempt) this.#countHedge();
    if (watched.lastOffered === 0) {
      this.#checkWait(requestId, watched);
      this.#turns.turn(yard, watched.plan, this.#firstTurns(later));
    }
    watched.lastOffered = attempt;
    const { model, keyId } = watched.plan;
    this.standing.machineGets(machineId, `${requestId} was offered to it`);
    this.standing.keyGets(keyId, `${requestId} was offered to ${machineId}`, this.awakeMs);
    const machine = yard.machines.get(machineId);
    if (machine?.status !== 'live') throw new Violation(`${requestId} was offered to ${machineId}, which is not live`);
    const circle = yard.tickets.get(requestId)?.circle ?? null;
    if (circle !== null && outsideBecause(circle.confines, machine) !== null) {
      throw new Violation(`${requestId} was offered to ${machineId}, where it may not run`);
    }
    const slots = machine.models.get(model)?.report.slots ?? 0;
    let taken = 0;
    for (const hold of machine.holds.values()) {
      if (hold.ticket.model === model && hold.stage !== 'unconfirmed') taken += 1;
    }
    if (taken > slots) throw new Violation(`${machineId} got ${taken} tickets for ${slots} slots of ${model}`);
  }

  #countHedge(): void {
    const { hedgesAtOnce, hedgeShare } = limits;
    this.#hedges += 1;
    const most = this.starts * hedgesAtOnce + hedgeShare * this.asked;
    if (this.#hedges > most) throw new Violation(`${this.#hedges} second offers were made, ${most} may be`);
  }

  /** Of these offers those that are a request's first. */
  #firstTurns(offers: readonly Offer[]): readonly Plan[] {
    const watched = offers.map(({ requestId }) => this.#watched(requestId));
    return watched.filter(({ lastOffered }) => lastOffered === 0).map(({ plan }) => plan);
  }

  #checkWait(requestId: string, { plan, askedAtMs }: Watched): void {
    const waitedMs = this.awakeMs - askedAtMs;
    // A client that tells no patience waits for a load, too.
    const mayMs = plan.waitMs ?? Math.max(limits.loadWaitMs, classWaitMs(limits, plan.serviceClass));
    if (waitedMs <= mayMs + slackMs) return;
    throw new Violation(`${requestId} was offered after ${waitedMs} ms in the queue, where it may wait ${mayMs} ms`);
  }

  /** An offer reached a machine. */
  offered(machineId: string, requestId: string, scope: string, model: string): void {
    const { plan } = this.#watched(requestId);
    if (plan.keyId === scope && plan.model === model) return;
    throw new Violation(
      `${machineId} got ${requestId} of ${plan.keyId} for ${plan.model} as one of ${scope}, ${model}`,
    );
  }

  /** A machine unloaded a model to load another. */
  unloaded(machineId: string, model: string, busy: number, residentMs: number, loadMs: number): void {
    if (busy > 0) throw new Violation(`${machineId} unloaded ${model} under ${busy} tickets`);
    const leastMs = Math.max(30_000, 4 * loadMs);
    if (residentMs >= leastMs) return;
    throw new Violation(`${machineId} unloaded ${model} after ${residentMs} ms; its load took ${loadMs} ms`);
  }

  /** A piece of an answer reached the client. */
  shown(yard: YardState, requestId: string, piece: Piece): void {
    const watched = this.#watched(requestId);
    const name = `piece ${piece.index} of ${piece.requestId}/${piece.attempt}`;
    if (watched.outcome !== null) throw new Violation(`${name} was shown after the end of ${requestId}`);
    if (watched.isLiedAbout) return;
    if (piece.requestId !== requestId) throw new Violation(`${name} was shown as output of ${requestId}`);
    const current = yard.tickets.get(requestId)?.attempt;
    if (piece.attempt !== current) throw new Violation(`${name} was shown while attempt ${current} is the present one`);
    if (watched.shown > 0 && piece.attempt !== watched.shownAttempt) {
      throw new Violation(`${name} was shown after output of attempt ${watched.shownAttempt}`);
    }
    if (piece.index !== watched.shown) throw new Violation(`${name} was shown in place of piece ${watched.shown}`);
    const state = yard.tickets.get(requestId)?.state;
    if (state !== undefined && state.phase !== 'queued') {
      this.standing.machineGets(state.machine.machineId, `${name} was shown`);
    }
    this.#checkGap(requestId, watched);
    watched.shown += 1;
    watched.shownAttempt = piece.attempt;
    watched.shownAtMs = this.awakeMs;
  }

  /** What is written down of a request when it ends. */
  entered(report: RequestReport): void {
    const { plan, shown, isLiedAbout } = this.#watched(report.requestId);
    this.#ledger.entered(report, plan, isLiedAbout ? 'a lie' : shown);
  }

  /** So many pieces were written to the client and not read. */
  unread(requestId: string, pieces: number, most: number): void {
    if (pieces > most && !this.#watched(requestId).isLiedAbout)
      throw new Violation(`${pieces} unread pieces of ${requestId} are kept, ${most} may be`);
  }

  /** A client was told how its request ended. */
  ended(requestId: string, outcome: RequestOutcome): void {
    const watched = this.#watched(requestId);
    this.#checkGap(requestId, watched);
    this.#ended(requestId, watched, outcome);
    if ((outcome.kind === 'cancelled') !== watched.hasLeft) {
      throw new Violation(
        `${requestId} ended as ${outcome.kind}; its client ${watched.hasLeft ? 'had left' : 'was there'}`,
      );
    }
    const { shown, plan, isLiedAbout } = watched;
    if (isLiedAbout) return;
    if (outcome.kind === 'answered' && shown !== plan.pieces) {
      throw new Violation(`${requestId} counts as answered with ${shown} of ${plan.pieces} pieces shown`);
    }
    if (outcome.kind === 'rejected' && shown > 0) {
      throw new Violation(`${requestId} was rejected (${outcome.error.code}) after ${shown} pieces were shown`);
    }
    if (outcome.kind === 'failed' && shown === 0) {
      throw new Violation(
        `${requestId} failed (${outcome.error.code}) with nothing shown: it could have been repeated`,
      );
    }
    if (outcome.kind === 'failed' && outcome.error.code === 'engine_failed') {
      throw new Violation(`a machine that does as it should is blamed for ${requestId}: ${outcome.error.message}`);
    }
  }

  /** The client's connection broke, because the gateway is gone. */
  broken(requestId: string): void {
    this.#ended(requestId, this.#watched(requestId), { kind: 'broken' });
  }

  #ended(requestId: string, watched: Watched, outcome: Outcome): void {
    if (watched.outcome !== null) throw new Violation(`${requestId} ended twice`);
    watched.outcome = outcome;
    watched.callOff();
    this.#turns.gone(requestId);
    this.#open -= 1;
  }

  #expectEnd(requestId: string, watched: Watched, untilAwakeMs: number): void {
    watched.callOff = this.#timeline.after(Math.max(1, untilAwakeMs - this.awakeMs), () => {
      if (this.awakeMs < untilAwakeMs) return this.#expectEnd(requestId, watched, untilAwakeMs);
      throw new Violation(`${requestId} has not ended in the time it may take: some requests never ended`);
    });
  }

  #checkGap(requestId: string, { plan, shown, shownAtMs }: Watched): void {
    const silentMs = this.awakeMs - shownAtMs;
    if (shown === 0 || silentMs <= longestGapMs(plan, this.#leaseLostMs)) return;
    throw new Violation(`the client of ${requestId} heard nothing for ${silentMs} ms after piece ${shown}`);
  }

  /** An engine began work: `running` at once on the slots of one model. */
  engineWorks(machineId: string, model: string, running: number, slots: number): void {
    if (running > slots) throw new Violation(`${machineId} runs ${running} generations of ${model} on ${slots} slots`);
  }

  /** A machine told its load. */
  reported(machineId: string, models: readonly MachineModel[]): void {
    for (const { id, busySlots, slots } of models) {
      if (busySlots > slots) throw new Violation(`${machineId} reports ${busySlots} of ${slots} slots of ${id} busy`);
    }
  }

  /** Everything that was asked has ended. */
  allEnded(): void {
    const open = [...this.#requests].filter(([, watched]) => watched.outcome === null).map(([requestId]) => requestId);
    if (open.length > 0) throw new Violation(`${open.length} requests never ended: ${open.slice(0, 5).join(', ')}`);
  }

  answered(requestId: string): void {
    const { outcome } = this.#watched(requestId);
    if (outcome?.kind === 'answered') return;
    const why = outcome !== null && 'error' in outcome ? ` (${outcome.error.code}: ${outcome.error.message})` : '';
    throw new Violation(`${requestId}, asked when all was well again, ended as ${outcome?.kind ?? 'nothing'}${why}`);
  }

  /** After how long it is to come back, ms, where it was turned away with this code; null: it was not. */
  toldToComeBack(requestId: string, code: string): number | null {
    const { outcome } = this.#watched(requestId);
    if (outcome?.kind !== 'rejected' || outcome.error.code !== code) return null;
    const { retryAfterMs } = outcome.error;
    if (retryAfterMs === undefined)
      throw new Violation(`${requestId} was turned away (${code}) and not told when to come back`);
    return retryAfterMs;
  }

  /** Asked in a rush. */
  answeredOrSentAway(requestId: string): void {
    const { outcome } = this.#watched(requestId);
    const isSentAway = outcome?.kind === 'rejected' && sentAwayAs.has(outcome.error.code);
    if (!isSentAway) this.answered(requestId);
  }

  /** How many requests ended how: `answered`, `cancelled`, or `rejected queue_full` and the like. */
  tally(): Record<string, number> {
    const tally: Record<string, number> = {};
    for (const { outcome } of this.#requests.values()) {
      if (outcome === null) continue;
      const name = 'error' in outcome ? `${outcome.kind} ${outcome.error.code}` : outcome.kind;
      tally[name] = (tally[name] ?? 0) + 1;
    }
    return Object.fromEntries(Object.entries(tally).toSorted((a, b) => b[1] - a[1]));
  }

  #watched(requestId: string): Watched {
    const watched = this.#requests.get(requestId);
    if (watched === undefined) throw new Violation(`nobody asked ${requestId}`);
    return watched;
  }
}
