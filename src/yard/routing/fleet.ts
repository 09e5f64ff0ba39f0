/**
 * The machines of one model, arranged so that a decision looks at a few of them however many there are.
 *
 * Machines that are alike in all that decides whether they may serve a request, and of similar speed, share a lane; in a
 * lane those with room are ordered by what an ordinary prompt would take there, those without by when a slot is free.
 * Machines that do not serve stand under their reason. A machine whose state may have changed is noted (`noteChange`)
 * and put in its place before the next decision (`arrange`).
 */
import type { MachineModel } from '../../contract/link/messages.ts';
import { roomOf } from '../room.ts';
import { forbiddenBy, isFailing, isReliable } from '../standing.ts';
import { isVoid, type Machine, type ServedModel, type Ticket, type YardState } from '../state.ts';
import { type Average, createAverage } from './average.ts';
import { type Changes, noChanges, noteChanged } from './changes.ts';
import { noteStage, type Stage, stageOf } from './circles.ts';
import { loadsFirstMs } from './load-time.ts';
import { type Loadable, nobodyLoadable, placeLoadable, takeLoadable } from './loadable.ts';
import { paceOf } from './pace.ts';
import { measureEviction, trustIn } from './predict.ts';
import type { StandingReason } from './reasons.ts';
import { SpotHeap } from './spot-heap.ts';
import type { SlotMemory } from './warmth.ts';

/** How little a machine is wanted: first choice, helps out when those are full, used when no other serves. */
export type Rank = 0 | 1 | 2;

export interface Lane extends Traits {
  readonly key: string;
  /** Its machines read so many tokens of a prompt per second, to a factor of the square root of two: 2 ** octave. */
  readonly readPerS: number;
  readonly octave: number;
  readonly rank: Rank;
  /** With a free slot. */
  readonly open: SpotHeap;
  /** Without. */
  readonly full: SpotHeap;
}

export interface ModelFleet {
  readonly lanes: Map<string, Lane>;
  /** The same, the fastest first. */
  laneOrder: readonly Lane[];
  /** Connected machines that list the model and do not serve it now, by reason. */
  readonly out: Map<StandingReason, Set<ServedModel>>;
  /** Of these, those that have it on disk, by what can be done about it. */
  readonly loadable: Loadable;
  /** Of those in the lanes: all their slots, and those that may be offered now. */
  slots: number;
  free: number;
  /** Over all these slots: how long their machine reads a token, ms. */
  readMsPerToken: number;
  /** For those who wait by choice. */
  readonly changes: Changes;
  /** Requests that wait for a full machine although others have room. */
  readonly hopeful: Set<Ticket>;
  /** All of them. */
  size: number;
  /** Tokens of a prompt for each that was estimated. */
  readonly tokensPerEstimate: Average;
  /** The same as it is told to those who choose by it: lists of models do not change with every request. */
  toldTokensPerEstimate: number;
}

/** Where a served model stands in its fleet. */
export interface Spot {
  fleet: ModelFleet | null;
  lane: Lane | null;
  heap: SpotHeap | null;
  reason: StandingReason | null;
  /** For the circles of its machine; null: it is in no fleet. */
  stage: Stage | null;
  /** Its lane, for the same, while it has room. */
  openIn: Lane | null;
  /** In the heap; -1: in none. */
  index: number;
  /** What the heap is ordered by, ms. */
  key: number;
  /** Slots that may be offered now, and all. */
  room: number;
  slots: number;
  readMsPerToken: number;
  /** When those that are being read are expected to have their first token, ms. */
  readonly readingUntilMs: number[];
  /** When the first of its slots is expected to be free, ms; meaningful while it is full. */
  freeAtMs: number;
  /** What a prompt that shares nothing would make others read again, ms. */
  evictMs: number;
  /** Whose slot it would take; null: one that is empty, or it is not known. */
  pushedOut: SlotMemory | null;
}

export function newSpot(): Spot {
  return {
    fleet: null,
    lane: null,
    heap: null,
    reason: null,
    stage: null,
    openIn: null,
    index: -1,
    key: 0,
    room: 0,
    slots: 0,
    readMsPerToken: 0,
    readingUntilMs: [],
    freeAtMs: 0,
    evictMs: 0,
    pushedOut: null,
  };
}

/** Something about the machine has changed that may change its place. */
export function noteChange(machine: Machine): void {
  machine.touched.add(machine);
}

/** Puts everybody who has changed in their places. */
export function arrange(yard: YardState): void {
  for (const machine of yard.touched) for (const served of machine.models.values()) place(yard, served);
  yard.touched.clear();
}

/** The machine does not list the model any more, or is gone. */
export function withdraw(served: ServedModel): void {
  const { spot } = served;
  const { fleet } = spot;
  if (fleet === null) return;
  noteChanged(fleet, served);
  leaveLane(fleet, served);
  noteStage(served, null, null);
  count(spot, 0, 0, 0);
  fleet.size -= 1;
  spot.fleet = null;
}

export function fleetOf(yard: YardState, model: string): ModelFleet {
  let fleet = yard.fleets.get(model);
  if (fleet === undefined) {
    if (yard.fleets.size >= fleetsKept) forgetEmpty(yard);
    fleet = {
      lanes: new Map(),
      laneOrder: [],
      out: new Map(),
      loadable: nobodyLoadable(),
      slots: 0,
      free: 0,
      readMsPerToken: 0,
      changes: noChanges(),
      hopeful: new Set(),
      size: 0,
      tokensPerEstimate: createAverage(1),
      toldTokensPerEstimate: 1,
    };
    yard.fleets.set(model, fleet);
  }
  return fleet;
}

/** Models that nobody has any more are remembered for what was learned of them, up to so many. */
const fleetsKept = 1_000;

function forgetEmpty({ fleets, queues, keeping }: YardState): void {
  for (const [model, { size, hopeful }] of fleets) {
    if (size === 0 && hopeful.size === 0 && !queues.has(model) && !keeping.has(model)) fleets.delete(model);
  }
}

/** What machines with room are ordered by: reading so much. */
export const usualPromptTokens = 4_000;
/** How long the work of others is taken to last, ms: nobody here knows. */
const foreignWorkMs = 5_000;
/** A ticket that takes longer than foreseen is taken to need so much of its time again. */
const overdueShare = 0.25;

function place(yard: YardState, served: ServedModel): void {
  const { machine, spot } = served;
  if (machine.status === 'lost') return withdraw(served);
  if (spot.fleet === null) {
    spot.fleet = fleetOf(yard, served.report.id);
    spot.fleet.size += 1;
  }
  noteChanged(spot.fleet, served);
  const reason = standingOf(served);
  if (shutReasons.has(reason) !== shutReasons.has(spot.reason)) yard.modelsVersion += 1;
  if (reason !== null) {
    leaveLane(spot.fleet, served);
    count(spot, 0, 0, 0);
    spot.reason = reason;
    spot.readingUntilMs.length = 0;
    spot.evictMs = 0;
    spot.pushedOut = null;
    noteStage(served, stageOf(reason, served), null);
    const there = spot.fleet.out.get(reason);
    if (there === undefined) spot.fleet.out.set(reason, new Set([served]));
    else there.add(served);
    if (reason === 'available') placeLoadable(spot.fleet.loadable, served);
    return;
  }
  measure(yard, served);
  const lane = laneOf(spot.fleet, served);
  const heap = spot.room > 0 ? lane.open : lane.full;
  const from = spot.lane;
  if (spot.heap !== heap) {
    leaveSpot(served);
    spot.lane = lane;
    spot.heap = heap;
  }
  heap.put(served);
  if (heap === lane.open) noteStage(served, 'open', lane);
  else noteStage(served, 'full', null);
  if (from !== null && from !== lane) closeWhenEmpty(spot.fleet, from);
}

/** Why it does not serve at the moment, whether it has room or not; null when it does. */
export function standingOf(served: ServedModel): StandingReason | null {
  const { machine, report, unavailable } = served;
  if (machine.held) return 'held';
  if (machine.pressed !== null) return 'pressed';
  if (forbiddenBy(served).length > 0) return 'forbidden';
  if (machine.draining) return 'draining';
  if (unavailable !== null) return 'unavailable';
  if (report.status === 'loading') return 'loading';
  if (report.status === 'failed') return 'failed';
  if (report.status === 'available') return 'available';
  if (report.givesWay === true) return 'giving-way';
  return machine.status === 'live' ? null : 'silent';
}

/** Kept from new work whatever is loaded there: by its owner, its memory, or a word of its own. */
const shutReasons: ReadonlySet<StandingReason | null> = new Set([
  'held',
  'pressed',
  'forbidden',
  'draining',
  'unavailable',
]);
export const isShut = (served: ServedModel): boolean => shutReasons.has(standingOf(served));

function measure(yard: YardState, served: ServedModel): void {
  const { machine, spot } = served;
  const { nowMs } = yard;
  // On trial it has one slot: a batch request that leaves one free of several would wait for ever.
  const slots = machine.standing.breaker === 'trial' ? Math.min(1, served.slots) : served.slots;
  count(spot, slots, roomOf(served), (slots * 1_000) / paceOf(served).readPerS);
  spot.readingUntilMs.length = 0;
  spot.freeAtMs = Number.POSITIVE_INFINITY;
  for (const hold of machine.holds.values()) {
    if (hold.stage === 'unconfirmed') continue;
    if (isVoid(hold)) {
      spot.freeAtMs = Math.min(spot.freeAtMs, nowMs);
      continue;
    }
    const { phase } = hold.ticket.state;
    if (phase !== 'streaming') spot.readingUntilMs.push(hold.firstAtMs);
    const overdueMs = nowMs - hold.endAtMs;
    const endAtMs = overdueMs < 0 ? hold.endAtMs : nowMs + (nowMs - hold.sinceMs) * overdueShare;
    spot.freeAtMs = Math.min(spot.freeAtMs, endAtMs);
  }
  if (spot.freeAtMs === Number.POSITIVE_INFINITY) spot.freeAtMs = nowMs + foreignWorkMs;
  measureEviction(yard, served);
  if (spot.room === 0) {
    spot.key = spot.freeAtMs;
    return;
  }
  const pace = paceOf(served);
  const readMs = (usualPromptTokens / pace.readPerS) * 1_000 * trustIn(pace) * machine.slowdown;
  spot.key = loadsFirstMs(served.report) + pace.startMs + readMs * (1 + spot.readingUntilMs.length) + spot.evictMs;
}

export const rankOf = (machine: Machine): Rank => (isFailing(machine) ? 2 : isReliable(machine) ? 0 : 1);

/** What decides whether a copy of a model may have a request. */
export interface Traits {
  readonly window: number;
  readonly tools: boolean;
  readonly schemas: boolean;
  readonly vision: boolean;
}

export function traitsOf(report: MachineModel): Traits {
  const { window, tools, tier = 'raw', schemas = tier === 'raw', vision = false } = report;
  return { window, tools, schemas, vision };
}

function laneOf(fleet: ModelFleet, served: ServedModel): Lane {
  const { machine, report } = served;
  const rank = rankOf(machine);
  const { window, tools, schemas, vision } = traitsOf(report);
  const octave = Math.round(Math.log2(paceOf(served).readPerS / machine.slowdown));
  const present = served.spot.lane;
  if (
    present !== null &&
    present.octave === octave &&
    present.rank === rank &&
    present.window === window &&
    present.tools === tools &&
    present.schemas === schemas &&
    present.vision === vision
  ) {
    return present;
  }
  const key = `${rank}/${octave}/${window}/${Number(tools)}${Number(schemas)}${Number(vision)}`;
  let lane = fleet.lanes.get(key);
  if (lane === undefined) {
    const readPerS = 2 ** octave;
    lane = { key, readPerS, octave, rank, window, tools, schemas, vision, open: new SpotHeap(), full: new SpotHeap() };
    fleet.lanes.set(key, lane);
    fleet.laneOrder = [...fleet.lanes.values()].toSorted((a, b) => b.readPerS - a.readPerS);
  }
  return lane;
}

/** Counts its slots among those of the fleet. */
function count(spot: Spot, slots: number, room: number, readMsPerToken: number): void {
  const { fleet } = spot;
  if (fleet === null) return;
  fleet.slots += slots - spot.slots;
  fleet.free += room - spot.room;
  fleet.readMsPerToken += readMsPerToken - spot.readMsPerToken;
  spot.readMsPerToken = readMsPerToken;
  spot.slots = slots;
  spot.room = room;
}

function leaveLane(fleet: ModelFleet, served: ServedModel): void {
  const { lane } = served.spot;
  leaveSpot(served);
  if (lane !== null) closeWhenEmpty(fleet, lane);
}

function closeWhenEmpty(fleet: ModelFleet, lane: Lane): void {
  if (lane.open.items.length + lane.full.items.length > 0) return;
  fleet.lanes.delete(lane.key);
  fleet.laneOrder = fleet.laneOrder.filter((other) => other !== lane);
}

function leaveSpot(served: ServedModel): void {
  const { spot } = served;
  if (spot.heap !== null) {
    spot.heap.remove(served);
    spot.heap = null;
    spot.lane = null;
  }
  if (spot.reason !== null) {
    spot.fleet?.out.get(spot.reason)?.delete(served);
    if (spot.reason === 'available' && spot.fleet !== null) takeLoadable(spot.fleet.loadable, served);
    spot.reason = null;
  }
}
