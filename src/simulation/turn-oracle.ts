/** No key gets much while another one's first request waits: what each turn does to those that wait in the same row. */
import { serviceClasses } from '../contract/service-class.ts';
import { isArmed } from '../yard/deadlines.ts';
import { mostOwed, mostSaved } from '../yard/queue/fair-queue.ts';
import { roomFor } from '../yard/room.ts';
import type { Ticket, YardState } from '../yard/state.ts';
import { type Plan, promptMaximum, weightOf } from './plan.ts';
import { Violation } from './violation.ts';

/**
 * A key may have one request more than its turn, one more out of turn because it is warm (`FairQueue.near`), its rival one that is
 * paid for, and all were guesses; and what it had saved; tokens per weight.
 */
const mostPassed = 4 * promptMaximum + mostSaved;

type Row = Pick<Plan, 'model' | 'serviceClass'>;
const isSameRow = (one: Row, other: Row): boolean =>
  one.model === other.model && one.serviceClass === other.serviceClass;

const rowOf = ({ model, serviceClass }: Row): string => `${model} ${serviceClass}`;
const isWaitedIn = (yard: YardState, row: Row): boolean =>
  [...yard.tickets.values()].some((ticket) => isSameRow(ticket, row) && ticket.state.phase === 'queued');

/** While others are about, who holds its share may be kept from the last slots that are free (`yard/queue/last-slot.ts`). */
function holdsItsShare(yard: YardState, { model, serviceClass, keyId }: Ticket): boolean {
  const held = yard.queues.get(model)?.held.get(keyId) ?? 0;
  const about = [...(yard.keysSeen.get(model)?.[serviceClass] ?? [])].filter(([other, { atMs, demand }]) => {
    return other !== keyId && (demand.open > 0 || yard.nowMs - atMs < yard.limits.keySeenMs);
  });
  return about.length > 0 && held + 1 > Math.max(1, roomFor(yard, model).slots / (about.length + 1));
}

export class TurnOracle {
  /** Rows in which somebody waited by choice, or was charged for what is not true, since they were last empty. */
  readonly #catchingUp = new Set<string>();
  /** By key and row: what it had in other rows since its last turn in this, for which others go before it, tokens per weight. */
  readonly #owed = new Map<string, number>();
  /** Of requests since they were the first of their key: what others had, by key, tokens per weight. */
  readonly #passedBy = new Map<string, Map<string, number>>();

  /** What its key was charged for it may be anything. */
  liedAbout(plan: Plan): void {
    for (const serviceClass of serviceClasses) this.#catchingUp.add(rowOf({ model: plan.model, serviceClass }));
  }

  /** It does not wait any more. */
  gone(requestId: string): void {
    this.#passedBy.delete(requestId);
  }

  /** Somebody had a turn: how much has passed by the first of each other key by now? `next`: who has the later turns of this step. */
  turn(yard: YardState, plan: Plan, next: readonly Plan[]): void {
    const rivals = [...yard.tickets.values()].filter((ticket) => {
      return isSameRow(ticket, plan) && ticket.state.phase === 'queued';
    });
    const row = rowOf(plan);
    // Who waits by choice lets others pass, and has the turns later: not to be counted until that is over.
    // So has who may not go to every machine, and who leaves slots to this one.
    const isByChoice = (ticket: Ticket): boolean =>
      isArmed(ticket.hope) || ticket.circle !== null || holdsItsShare(yard, ticket);
    if (rivals.some(isByChoice)) this.#catchingUp.add(row);
    else if (rivals.length === 0) this.#catchingUp.delete(row);
    this.#paid(yard, plan);
    this.#note(yard, plan);
    if (this.#catchingUp.has(row)) return;
    const seen = new Set([plan.keyId]);
    // Who has its turn in a moment is the first of its key, not those that wait behind.
    for (const other of next) if (isSameRow(other, plan)) seen.add(other.keyId);
    // In the order of submission, which is that of the keys' own requests.
    for (const { requestId, keyId, lastAttempt } of rivals) {
      if (lastAttempt > 0 || seen.has(keyId)) continue;
      seen.add(keyId);
      this.#passed(requestId, keyId, plan);
    }
  }

  /** A turn of the same key in another row of the model is one it need not have in this: others may pass by as much more. */
  #paid(yard: YardState, plan: Plan): void {
    for (const [requestId, passedBy] of this.#passedBy) {
      const waiting = yard.tickets.get(requestId);
      if (waiting?.keyId !== plan.keyId || waiting.model !== plan.model || isSameRow(waiting, plan)) continue;
      for (const [keyId, tokens] of passedBy) {
        passedBy.set(keyId, tokens - plan.promptTokens / weightOf(plan.keyId));
      }
    }
  }

  /** The key has paid for this row, and owes in other rows of the model, where somebody waits. */
  #note(yard: YardState, plan: Plan): void {
    const { keyId, model, promptTokens } = plan;
    this.#owed.delete(`${keyId} ${rowOf(plan)}`);
    for (const serviceClass of serviceClasses) {
      const row = { model, serviceClass };
      if (serviceClass === plan.serviceClass || !isWaitedIn(yard, row)) continue;
      const key = `${keyId} ${rowOf(row)}`;
      this.#owed.set(key, Math.min(mostOwed, (this.#owed.get(key) ?? 0) + promptTokens / weightOf(keyId)));
    }
  }

  #passed(requestId: string, keyId: string, by: Plan): void {
    const passedBy = this.#passedBy.get(requestId) ?? new Map<string, number>();
    this.#passedBy.set(requestId, passedBy);
    const before = passedBy.get(by.keyId) ?? -(this.#owed.get(`${keyId} ${rowOf(by)}`) ?? 0);
    const tokens = before + by.promptTokens / weightOf(by.keyId);
    passedBy.set(by.keyId, tokens);
    if (tokens <= mostPassed) return;
    throw new Violation(`${requestId} of ${keyId} waits while ${by.keyId} had ${Math.round(tokens)} tokens per weight`);
  }
}
