/**
 * How long a model's requests keep their slots, and how much they say: learned from those that ended,
 * the last ones counting most. Nothing is predicted before anything was measured.
 */
import { roomFor } from '../room.ts';
import type { ModelQueue, Ticket, YardState } from '../state.ts';
import { waitingIn } from './queue.ts';

export interface ServiceTime {
  /** From accepted to ended, ms. */
  meanMs: number;
  /** Tokens of an answer. */
  meanOutputTokens: number;
  count: number;
}

/** What the newest counts, once there are enough: about the last ten make the figure. */
const newestShare = 0.1;
/** Until something was measured, an answer is taken to have this many tokens. */
const usualOutputTokens = 256;
/** Fewer than this are chance, not a measure. */
const fewest = 3;
/** Models whose figures are kept; the one that was used longest ago goes first. */
const modelsKept = 1_000;

/** A request was answered, so many ms after it was accepted. */
export function noteServiceTime(yard: YardState, model: string, tookMs: number, outputTokens: number): void {
  const known = yard.serviceTimes.get(model) ?? { meanMs: 0, meanOutputTokens: 0, count: 0 };
  known.count += 1;
  const share = Math.max(newestShare, 1 / known.count);
  known.meanMs += (tookMs - known.meanMs) * share;
  known.meanOutputTokens += (outputTokens - known.meanOutputTokens) * share;
  // Taken out first, so that the Map's order is that of use.
  yard.serviceTimes.delete(model);
  yard.serviceTimes.set(model, known);
  if (yard.serviceTimes.size > modelsKept) yard.serviceTimes.delete(yard.serviceTimes.keys().next().value!);
}

/** Tokens an answer will probably have; never more than the client asked for. */
export function expectedOutputTokens(yard: YardState, model: string, maxTokens: number): number {
  const mean = yard.serviceTimes.get(model)?.meanOutputTokens ?? usualOutputTokens;
  return Math.min(Math.ceil(mean), maxTokens);
}

/** How long until all who wait in a queue have had their turn, ms; null when nothing was measured. */
export function waitMs(yard: YardState, queue: ModelQueue, slots: number): number | null {
  const meanMs = measuredMeanMs(yard, queue.model);
  return meanMs === null || slots === 0 ? null : (waitingIn(queue) * meanMs) / slots;
}

/** How long requests of the model keep their slots, ms; null before enough were measured. */
export function measuredMeanMs(yard: YardState, model: string): number | null {
  const known = yard.serviceTimes.get(model);
  return known === undefined || known.count < fewest ? null : known.meanMs;
}

/**
 * How long a ticket at this position will probably wait, ms: each slot takes a new one each mean service
 * time. Null when nothing was measured, no machine has a slot, or when it waits for calm (batch).
 */
export function predictedWaitMs(yard: YardState, ticket: Ticket, position: number): number | null {
  const meanMs = measuredMeanMs(yard, ticket.model);
  if (meanMs === null || ticket.serviceClass === 'batch') return null;
  const { slots } = roomFor(yard, ticket.model);
  return slots === 0 ? null : Math.ceil((position * meanMs) / slots);
}
