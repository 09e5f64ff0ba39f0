/**
 * For about how long those who wait will wait, for telling them. Counts on what is at work: when each slot is foreseen to be
 * free, by the measured pace of its machine (`routing/predict.ts`); then each slot takes a new one each mean service time.
 * While nobody serves the model, on the load that is over first, or on when a machine said that it may be asked for one.
 * Whether somebody may wait at all is decided by measured times alone (`service-times.ts`).
 */
import { roomFor } from '../room.ts';
import { fleetOf } from '../routing/fleet.ts';
import { isLoadMeasured, loadLeftMs, loadTimeMs } from '../routing/load-time.ts';
import { paceOf } from '../routing/pace.ts';
import { type Hold, isVoid, type ServedModel, type Ticket, type YardState } from '../state.ts';
import { measuredMeanMs } from './service-times.ts';

/** Of models with more slots the ends are not looked at one by one: they are spread over the mean anyway. */
const mostSlots = 64;
/** So much must be known of a machine's pace before somebody is told what follows from it. */
const leastConfidence = 0.5;
/** A ticket that takes longer than foreseen is taken to need so much of its time again. */
const overdueShare = 0.25;

/** Ms until the turn of a ticket at this position; null where nothing can be said. Good for this moment. */
export type ExpectedWaits = (ticket: Ticket, position: number) => number | null;

export function expectedWaits(yard: YardState, model: string): ExpectedWaits {
  const { slots } = roomFor(yard, model);
  if (slots === 0) return waitsForLoad(yard, model);
  if (slots > mostSlots) return evenWaits(yard, slots, measuredMeanMs(yard, model));
  const works = servedIn(yard, model).flatMap(worksOn);
  const meanMs = measuredMeanMs(yard, model) ?? foreseenMeanMs(works);
  if (meanMs === null) return () => null;
  const left = works.map(({ hold, isMeasured }) => leftMs(yard.nowMs, hold, isMeasured ? null : meanMs));
  // Slots that are busy with work of others are half done on the whole.
  const unknown = Array.from({ length: Math.max(0, slots - works.length) }, () => meanMs / 2);
  const free = [...left, ...unknown].toSorted((one, other) => one - other);
  return (ticket, position) => {
    const rounds = Math.floor((position - 1) / slots);
    const first = free[(position - 1) % slots] ?? meanMs;
    return Math.ceil(first + rounds * meanMs) + calmMs(yard, ticket);
  };
}

/** Of many slots one is free each so many ms; nothing of this grows with the fleet. */
function evenWaits(yard: YardState, slots: number, meanMs: number | null): ExpectedWaits {
  if (meanMs === null) return () => null;
  return (ticket, position) => Math.ceil((meanMs * position) / slots) + calmMs(yard, ticket);
}

/** The first have their turn when the model is there: as many as it will have slots, or one where that was never told. */
function waitsForLoad(yard: YardState, model: string): ExpectedWaits {
  const loading = loadingCopies(yard, model);
  const those = loading.length > 0 ? loading : declinedCopies(yard, model);
  const untilMs = (served: ServedModel): number =>
    loading.length > 0 ? loadLeftMs(served, yard.nowMs) : untilLoadedMs(served, yard.nowMs);
  let [first] = those;
  if (first === undefined) return () => null;
  for (const served of those) if (untilMs(served) < untilMs(first)) first = served;
  const loadedMs = untilMs(first);
  const slots = Math.max(1, first.plannedSlots);
  const meanMs = measuredMeanMs(yard, model);
  return (ticket, position) => {
    const rounds = Math.floor((position - 1) / slots);
    if (rounds > 0 && meanMs === null) return null;
    return Math.ceil(loadedMs + rounds * (meanMs ?? 0)) + calmMs(yard, ticket);
  };
}

/** Where it is being loaded and that was ever measured; of many, some. */
function loadingCopies(yard: YardState, model: string): ServedModel[] {
  const found: ServedModel[] = [];
  for (const served of fleetOf(yard, model).out.get('loading') ?? []) {
    if (found.length === mostSlots) break;
    if (isLoadMeasured(served.report)) found.push(served);
  }
  return found;
}

/** The same of those that will be asked again when they foresee that they can; of many, some of the first. */
function declinedCopies(yard: YardState, model: string): ServedModel[] {
  const found: ServedModel[] = [];
  for (const served of fleetOf(yard, model).loadable.declined.items.slice(0, mostSlots)) {
    if (served.load.isForeseen && isLoadMeasured(served.report)) found.push(served);
  }
  return found;
}

const untilLoadedMs = ({ report, load }: ServedModel, nowMs: number): number =>
  Math.max(0, load.deadline.atMs - nowMs) + loadTimeMs(report);

/** Batch begins once nobody else has come for a while. */
const calmMs = ({ limits }: YardState, { serviceClass }: Ticket): number =>
  serviceClass === 'batch' ? limits.batchIdleMs : 0;

function servedIn(yard: YardState, model: string): ServedModel[] {
  const lanes = [...fleetOf(yard, model).lanes.values()];
  return lanes.flatMap(({ open, full }) => [...open.items, ...full.items]);
}

interface Work {
  readonly hold: Hold;
  /** What is foreseen of it goes by the measured pace of its machine. */
  readonly isMeasured: boolean;
}

function worksOn(served: ServedModel): Work[] {
  const isMeasured = paceOf(served).confidence >= leastConfidence;
  const holds = [...served.machine.holds.values()].filter(
    (hold) => !isVoid(hold) && hold.ticket.model === served.report.id,
  );
  return holds.map((hold) => ({ hold, isMeasured }));
}

/** Where no answer has ended yet: what is at work, if its machines are known. Nobody is told a guess from a guess. */
function foreseenMeanMs(works: readonly Work[]): number | null {
  if (works.length === 0 || works.some(({ isMeasured }) => !isMeasured)) return null;
  return works.reduce((sum, { hold }) => sum + hold.endAtMs - hold.sinceMs, 0) / works.length;
}

/** `usualMs`: how long it takes on the whole, where its own end is not foreseen. */
function leftMs(nowMs: number, { sinceMs, endAtMs }: Hold, usualMs: number | null): number {
  const untilMs = usualMs === null ? endAtMs : sinceMs + usualMs;
  return untilMs > nowMs ? untilMs - nowMs : (nowMs - sinceMs) * overdueShare;
}
