/**
 * What a request would take on a machine: its time to the first token, and the rest. Every figure is foreseen from what
 * was measured there; nothing is looked up in the world.
 *
 *     first token = wait for a slot + answer to the offer + start, a load included + reading what is not cached
 *     cost        = first token + a part of the writing + what speaks against it + what others lose
 */

import { stillWanted } from '../../contract/engine/slot-choice.ts';
import type { Pace } from '../../contract/link/prefix.ts';
import { idleMs } from '../pace-meter.ts';
import { expectedOutputTokens } from '../queue/service-times.ts';
import type { ServedModel, Ticket, YardState } from '../state.ts';
import type { Candidate } from './decision.ts';
import { fleetOf, type Spot } from './fleet.ts';
import { loadsFirstMs } from './load-time.ts';
import { paceOf } from './pace.ts';
import { type Penalty, sharesOf } from './penalties.ts';
import type { SlotMemory } from './warmth.ts';

/** How much of the time to write the answer counts: people read along, programs wait for the end. */
const writeShare = 0.25;
/**
 * How far a machine that was never measured is given the benefit of the doubt: it must be tried to be known. A guess
 * that is too good costs one answer.
 */
const hope = 0.2;

/** What a foreseen time is multiplied by. */
export const trustIn = ({ confidence }: Pace): number => 1 - hope * (1 - confidence);

/** A machine as it is weighed for one request; good for this moment. Few fields: a dozen are made in every decision. Times in ms. */
export interface Weighed {
  readonly served: ServedModel;
  /** Of the prompt: foreseen to be in its cache. */
  readonly cachedTokens: number;
  /** The slot that holds them. */
  readonly memory: SlotMemory | null;
  /** What others would have to read again. */
  readonly evictMs: number;
  /** Until it has a slot. */
  readonly waitMs: number;
  readonly cost: number;
}

/** Of a request that is looked at for many machines: what is the same for all of them. */
export interface Asked {
  readonly promptTokens: number;
  readonly answerTokens: number;
  readonly nowMs: number;
}

export function asked(yard: YardState, ticket: Ticket): Asked {
  const { tokensPerEstimate } = fleetOf(yard, ticket.model);
  return {
    promptTokens: Math.max(1, Math.round(ticket.estimatedTokens * tokensPerEstimate.value)),
    answerTokens: Math.max(1, expectedOutputTokens(yard, ticket.model, ticket.maxTokens)),
    nowMs: yard.nowMs,
  };
}

/** The machine as it is, for a prompt of which its cache holds nothing. */
export function weighCold(ask: Asked, served: ServedModel, waitMs: number): Weighed {
  return weigh(ask, served, 0, null, served.spot.evictMs, waitMs);
}

/** What that comes to. */
export const coldCost = (ask: Asked, served: ServedModel): number => costOf(ask, served, 0, served.spot.evictMs, 0);

/** The machine with a slot that holds a share of the prompt; as a cold one when that slot is better left alone. */
export function weighWarm(ask: Asked, ticket: Ticket, memory: SlotMemory, share: number, waitMs: number): Weighed {
  const { served } = memory;
  const cachedTokens = Math.min(ask.promptTokens - 1, Math.round(ask.promptTokens * share), memory.tokens);
  const readPerMs = paceOf(served).readPerS / 1_000;
  const mine = memory.lineage === ticket.prefix?.lineage;
  const lostMs = mine ? 0 : lossMs(memory, memory.tokens - cachedTokens, ask.nowMs);
  const warm = lostMs - cachedTokens / readPerMs < served.spot.evictMs;
  return warm ? weigh(ask, served, cachedTokens, memory, lostMs, waitMs) : weighCold(ask, served, waitMs);
}

function weigh(
  ask: Asked,
  served: ServedModel,
  cachedTokens: number,
  memory: SlotMemory | null,
  evictMs: number,
  waitMs: number,
): Weighed {
  const cost = costOf(ask, served, cachedTokens, evictMs, waitMs);
  return { served, cachedTokens, memory, evictMs, waitMs, cost };
}

/** A sum and nothing that is kept: this runs for dozens of machines in every decision. */
function costOf(ask: Asked, served: ServedModel, cachedTokens: number, evictMs: number, waitMs: number): number {
  const { machine } = served;
  const readMs = readingMs(ask, served, cachedTokens, waitMs);
  const writeMs = writingMs(ask, served);
  const firstMs = waitMs + machine.answerMs.value + startingMs(ask, served) + readMs;
  return firstMs + writeMs * writeShare + workMs(readMs, writeMs) * (machine.slowdown - 1) + evictMs;
}

/** Prompts that are read at the same time share the machine: each delays the other until the shorter is done. */
function readingMs({ promptTokens, nowMs }: Asked, served: ServedModel, cachedTokens: number, waitMs: number): number {
  const pace = paceOf(served);
  const alone = ((promptTokens - cachedTokens) / pace.readPerS) * 1_000 * trustIn(pace);
  const { readingUntilMs } = served.spot;
  let readMs = alone;
  for (let at = 0; at < readingUntilMs.length; at += 1) {
    readMs += Math.min(alone, Math.max(0, readingUntilMs[at]! - nowMs - waitMs));
  }
  return readMs;
}

function startingMs({ nowMs }: Asked, served: ServedModel): number {
  const { machine, report } = served;
  const { startMs, wakeMs } = paceOf(served);
  const asleep = machine.holds.size === 0 && nowMs - machine.workedAtMs >= idleMs;
  return loadsFirstMs(report) + startMs + (asleep ? wakeMs : 0);
}

function writingMs({ answerTokens }: Asked, served: ServedModel): number {
  const pace = paceOf(served);
  return (answerTokens / pace.writePerS) * 1_000 * trustIn(pace);
}

/** What penalties are taken of. */
const workMs = (readMs: number, writeMs: number): number => readMs + writeMs * writeShare;

/** What its cost is made of, while nothing has changed since it was weighed. */
export function partsOf(ask: Asked, { served, cachedTokens, waitMs }: Weighed) {
  return {
    answerMs: served.machine.answerMs.value,
    startMs: startingMs(ask, served),
    readMs: readingMs(ask, served, cachedTokens, waitMs),
    writeMs: writingMs(ask, served),
  };
}

/** What a prompt that shares nothing would make others read again on this machine (`spot.evictMs`), and whom it would push out. */
export function measureEviction(yard: YardState, served: ServedModel): void {
  const { spot, memories, machine, slots, report } = served;
  spot.pushedOut = null;
  spot.evictMs = 0;
  if (spot.room === 0) {
    spot.evictMs = evictionWhenFreeMs(served);
    return;
  }
  let taken = memories.size;
  for (const hold of machine.holds.values()) if (hold.memory === null && hold.ticket.model === report.id) taken += 1;
  if (taken < slots) return;
  for (const memory of memories.values()) {
    if (memory.claimedBy !== null) continue;
    const ms = lossMs(memory, memory.tokens, yard.nowMs);
    if (spot.pushedOut === null || ms < spot.evictMs) [spot.pushedOut, spot.evictMs] = [memory, ms];
  }
}

/** The same for a machine that is full: whose answer ends there next has used its slot a moment ago. */
function evictionWhenFreeMs({ machine, report, spot }: ServedModel): number {
  let least = Number.POSITIVE_INFINITY;
  for (const { ticket, memory } of machine.holds.values()) {
    if (ticket.model !== report.id) continue;
    const turns = memory !== null && memory.lineage === ticket.prefix?.lineage ? memory.turns + 1 : 1;
    least = Math.min(least, ticket.estimatedTokens * usualReadMs(spot) * comesAgain(turns));
  }
  return least === Number.POSITIVE_INFINITY ? 0 : least;
}

/**
 * Reading `tokens` of what a slot holds again, times how likely that is to be wanted, ms. Whoever is pushed out comes back
 * soon, finds this machine taken, and is read wherever there is room, where it pushes out somebody in turn: so it counts
 * what reading takes on a machine as the fleet has them, not on this one.
 */
function lossMs({ served, atMs, turns }: SlotMemory, tokens: number, nowMs: number): number {
  return Math.max(0, tokens) * usualReadMs(served.spot) * stillWanted(nowMs - atMs) * comesAgain(turns);
}

/** What a token takes to be read, as the fleet has its slots, ms. */
const usualReadMs = ({ fleet }: Spot): number =>
  fleet === null || fleet.slots === 0 ? 0 : fleet.readMsPerToken / fleet.slots;
/** How likely a conversation comes again after so many turns. */
const comesAgain = (turns: number): number => turns / (turns + 1);

/** The figures behind it, for people. */
export function explained(ask: Asked, weighed: Weighed): Candidate {
  const { served, cachedTokens, waitMs, evictMs, cost } = weighed;
  const { machineId, name, slowedBy } = served.machine;
  const { answerMs, startMs, readMs, writeMs } = partsOf(ask, weighed);
  return {
    machineId,
    name,
    cachedTokens,
    predicted: { waitMs, answerMs, startMs, readMs, ttftMs: waitMs + answerMs + startMs + readMs, writeMs },
    penalties: penaltiesOf(slowedBy, workMs(readMs, writeMs), evictMs),
    cost,
    pace: paceOf(served),
  };
}

const noPenalties: Candidate['penalties'] = [];

function penaltiesOf(slowedBy: readonly Penalty[], ofMs: number, evictMs: number): Candidate['penalties'] {
  if (slowedBy.length === 0 && evictMs <= 0) return noPenalties;
  const shares = sharesOf(slowedBy, ofMs);
  if (evictMs > 0) shares.push({ name: 'what others had in its cache', ms: evictMs });
  return shares;
}
