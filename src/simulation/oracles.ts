/**
 * What must never happen, whatever goes wrong. Everything the simulation does passes by here; a
 * broken rule ends the run with a sentence.
 */
import type { AgentMessage } from '../contract/link/messages.ts';
import type { RequestOutcome, YardEffect } from '../yard/events.ts';
import { invariants } from '../yard/invariants.ts';
import type { YardState } from '../yard/state.ts';
import type { Piece, Plan } from './plan.ts';

export class Violation extends Error {
  override readonly name = 'Violation';
}

interface Watched {
  readonly plan: Plan;
  outcome: RequestOutcome | null;
  hasLeft: boolean;
  lastOffered: number;
  /** What the client has seen: pieces 0 to `shown` - 1 of `shownAttempt`. */
  shown: number;
  shownAttempt: number;
}

export class Oracles {
  readonly #requests = new Map<string, Watched>();
  /** Effects of one step: a burst beyond this would stall a gateway. */
  static readonly effectsPerStep = 600;
  #open = 0;

  /** Requests that have not ended. */
  get open(): number {
    return this.#open;
  }

  submitted(requestId: string, plan: Plan): void {
    const watched = { plan, outcome: null, hasLeft: false, lastOffered: 0, shown: 0, shownAttempt: 0 };
    this.#requests.set(requestId, watched);
    this.#open += 1;
  }

  left(requestId: string): void {
    this.#watched(requestId).hasLeft = true;
  }

  /** After every step of the yard. */
  stepped(yard: YardState, effects: readonly YardEffect[]): void {
    const broken = invariants(yard);
    if (broken.length > 0) throw new Violation(`the yard is inconsistent: ${broken.join('; ')}`);
    if (effects.length > Oracles.effectsPerStep) throw new Violation(`one step had ${effects.length} effects`);
    for (const effect of effects) if (effect.type === 'send-offer') this.#offered(yard, effect);
  }

  #offered(yard: YardState, { requestId, attempt, machineId }: YardEffect & { type: 'send-offer' }): void {
    const watched = this.#watched(requestId);
    if (attempt <= watched.lastOffered) throw new Violation(`${requestId} was offered as attempt ${attempt} again`);
    watched.lastOffered = attempt;
    const { model } = watched.plan;
    const machine = yard.machines.get(machineId);
    if (machine?.status !== 'live') throw new Violation(`${requestId} was offered to ${machineId}, which is not live`);
    const slots = machine.models.get(model)?.report.slots ?? 0;
    const taken = [...machine.holds.values()].filter(
      (hold) => hold.ticket.model === model && hold.stage !== 'unconfirmed',
    ).length;
    if (taken > slots) throw new Violation(`${machineId} got ${taken} tickets for ${slots} slots of ${model}`);
  }

  /** A piece of an answer reached the client. */
  shown(yard: YardState, requestId: string, piece: Piece): void {
    const watched = this.#watched(requestId);
    const name = `piece ${piece.index} of ${piece.requestId}/${piece.attempt}`;
    if (watched.outcome !== null) throw new Violation(`${name} was shown after the end of ${requestId}`);
    if (piece.requestId !== requestId) throw new Violation(`${name} was shown as output of ${requestId}`);
    const current = yard.tickets.get(requestId)?.attempt;
    if (piece.attempt !== current) throw new Violation(`${name} was shown while attempt ${current} is the present one`);
    if (watched.shown > 0 && piece.attempt !== watched.shownAttempt) {
      throw new Violation(`${name} was shown after output of attempt ${watched.shownAttempt}`);
    }
    if (piece.index !== watched.shown) throw new Violation(`${name} was shown in place of piece ${watched.shown}`);
    watched.shown += 1;
    watched.shownAttempt = piece.attempt;
  }

  /** A client was told how its request ended. */
  ended(requestId: string, outcome: RequestOutcome): void {
    const watched = this.#watched(requestId);
    if (watched.outcome !== null) throw new Violation(`${requestId} ended twice`);
    watched.outcome = outcome;
    this.#open -= 1;
    const { shown, plan } = watched;
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
    if ((outcome.kind === 'cancelled') !== watched.hasLeft) {
      throw new Violation(
        `${requestId} ended as ${outcome.kind}; its client ${watched.hasLeft ? 'had left' : 'was there'}`,
      );
    }
  }

  /** An engine began or ended work: `running` at once on the slots of one model. */
  engineWorks(machineId: string, model: string, running: number, slots: number): void {
    if (running > slots) throw new Violation(`${machineId} runs ${running} generations of ${model} on ${slots} slots`);
  }

  /** A machine told its load. */
  reported(machineId: string, message: AgentMessage & { type: 'report' }): void {
    for (const { id, busySlots, slots } of message.models) {
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

  /** Asked shortly before or after the gateway began to drain. */
  answeredOrSentAway(requestId: string): void {
    const { outcome } = this.#watched(requestId);
    const isSentAway =
      outcome?.kind === 'rejected' && (outcome.error.code === 'draining' || outcome.error.code === 'queue_full');
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
