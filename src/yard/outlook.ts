/**
 * What those who wait for a model can expect: that it is served, will be, failed, or that nobody is there for it. The same is asked
 * of all machines and of those inside a circle.
 *
 * A machine that declined a load and named no time to ask again is asked again with its reports, and is hoped for no more: a word
 * that is the same every few seconds would otherwise keep a request for as long as it may wait, an hour for batch.
 */
import { type ApiError, noRoom } from '../contract/errors.ts';
import { mayComeBack } from './absentees.ts';
import { isArmed } from './deadlines.ts';
import { type Absence, modelHasNoRoom, modelLoadFailed, noMachine } from './rejections.ts';
import { type Circle, placesIn } from './routing/circles.ts';
import { ruledOut } from './routing/decision-of.ts';
import { arrange, fleetOf } from './routing/fleet.ts';
import type { Loadable } from './routing/loadable.ts';
import { reasonText, type StandingReason } from './routing/reasons.ts';
import { saysOf } from './served-text.ts';
import type { ServedModel, Ticket, YardState } from './state.ts';
import { absenceWithin } from './within.ts';

export type Outlook =
  | { readonly kind: 'served' }
  /**
   * It is being loaded somewhere, or could be. `seen`: why a machine does not load it yet. `notBeforeMs`: everybody who has it
   * said that they will not load it before then; null: somebody may.
   */
  | {
      readonly kind: 'loading';
      readonly isOnItsWay: boolean;
      readonly seen: string | null;
      readonly notBeforeMs: number | null;
    }
  /** It failed, or was refused, on every machine that has it. */
  | { readonly kind: 'failed'; errorFor(ticket: Ticket): ApiError }
  /** Somebody may come, or come back. */
  | { readonly kind: 'absent' };

/** Machines that are looked at for what to say of them. */
const mostLooked = 64;

/** What the ticket can expect. */
export function outlookOf(yard: YardState, { model, circle }: Ticket): Outlook {
  return circle === null ? outlookFor(yard, model) : outlookWithin(yard, circle, model);
}

/** What a request for the model can expect that may go everywhere. A suspect machine may yet come back. */
export function outlookFor(yard: YardState, model: string): Outlook {
  arrange(yard);
  const { lanes, out, size, loadable } = fleetOf(yard, model);
  for (const { open, full } of lanes.values()) if (open.items.length + full.items.length > 0) return { kind: 'served' };
  for (const served of out.get('silent') ?? []) if (served.report.status === 'ready') return { kind: 'served' };
  if ((out.get('loading')?.size ?? 0) > 0) return onItsWay;
  if (loadable.asked.size > 0) return onItsWay;
  const failed = out.get('failed') ?? new Set<ServedModel>();
  const standing: Standing = {
    available: soonest(loadable),
    leaving: out.get('giving-way') ?? [],
    mayRecover: () => size > countSaidNo(out) || mayComeBack(yard, null, model),
  };
  const coming = comingOn(standing);
  if (coming !== null) return coming;
  // What is short of memory, kept from work or away for a moment is worth waiting for; what is broken elsewhere says nothing of it.
  if (failed.size === 0 || failed.size < size || mayComeBack(yard, null, model)) return { kind: 'absent' };
  return failedOn(failed, model);
}

/** The same for requests that are kept to a circle. */
export function outlookWithin(yard: YardState, circle: Circle, model: string): Outlook {
  arrange(yard);
  const { open, full, silent, coming, available, leaving, refusing, barred } = placesIn(circle, model);
  if (open.size + full.size + silent.size > 0) return { kind: 'served' };
  if (coming.size > 0) return onItsWay;
  const mayRecover = (): boolean => !every(barred, hasSaidNo) || mayComeBack(yard, circle, model);
  const loading = comingOn({ available, leaving, mayRecover });
  if (loading !== null) return loading;
  // What a machine said long ago is asked anew first.
  if (refusing.size > 0 || barred.size === 0 || mayComeBack(yard, circle, model)) return { kind: 'absent' };
  const all = [...few(barred)];
  if (!all.every(hasSaidNo)) return { kind: 'absent' };
  if (all.every(({ spot }) => spot.reason === 'failed')) return failedOn(all, model);
  return { kind: 'failed', errorFor: (ticket) => absenceWithin(yard, ticket, circle) };
}

const onItsWay: Outlook = { kind: 'loading', isOnItsWay: true, seen: null, notBeforeMs: null };

/** Machines that could load the model, and those that have it loaded and are to unload it. */
interface Standing {
  readonly available: Iterable<ServedModel>;
  readonly leaving: Iterable<ServedModel>;
  /** Whether any other machine may serve it all the same. */
  mayRecover(): boolean;
}

/** What can be expected of them; null where nobody is hoped for. */
function comingOn({ available, leaving, mayRecover }: Standing): Outlook | null {
  const [leaves] = leaving;
  let seen = leaves === undefined ? null : roomNeededOn(leaves);
  let isHopedFor = leaves !== undefined;
  let firstMs = leaves === undefined ? Number.POSITIVE_INFINITY : 0;
  for (const served of available) {
    if (served.load.isRefused) continue;
    isHopedFor = true;
    const atMs = declinedUntil(served);
    // Of several, the reason of the one that can load it first.
    if (seen === null || (leaves === undefined && atMs < firstMs)) seen = declinedBy(served);
    firstMs = Math.min(firstMs, atMs);
  }
  if (!isHopedFor) return null;
  const isKnown = firstMs > 0 && !mayRecover();
  return { kind: 'loading', isOnItsWay: false, seen, notBeforeMs: isKnown ? firstMs : null };
}

/** Of those that could load it: one that may be asked at any time, else who may be asked first. Those that refused are not hoped for. */
function soonest({ askable, unheard, declined }: Loadable): readonly ServedModel[] {
  const [best] = askable.items;
  const [silent] = unheard;
  const [first] = declined.items;
  const found = best !== undefined && !best.load.isRefused ? best : (silent ?? first);
  return found === undefined ? [] : [found];
}

/** When it is asked again to load the model, ms; 0: at any time. */
const declinedUntil = ({ load }: ServedModel): number =>
  load.stage === 'declined' && isArmed(load.deadline) ? load.deadline.atMs : 0;

function failedOn(failed: Iterable<ServedModel>, model: string): Outlook {
  const error = failureAmong(failed, model);
  if (error === null) throw new Error(`${model} failed nowhere`);
  return { kind: 'failed', errorFor: () => error };
}

/** Of those that list the model and do not serve it: how many could load it or have said that they cannot. */
function countSaidNo(out: ReadonlyMap<StandingReason, ReadonlySet<ServedModel>>): number {
  let refused = 0;
  for (const { load } of out.get('unavailable') ?? []) if (load.isRefused) refused += 1;
  return refused + (out.get('available')?.size ?? 0) + (out.get('failed')?.size ?? 0);
}

/** The name of a machine that loads the model; null: none has said so yet. */
export function loadingOn(yard: YardState, model: string): string | null {
  const [first] = fleetOf(yard, model).out.get('loading') ?? [];
  return first === undefined ? null : first.machine.name;
}

/** What a waiting ticket is told when nobody came for it. */
export function absence(yard: YardState, ticket: Ticket): ApiError {
  const { circle, model } = ticket;
  if (circle === null) return noMachine(yard, ticket, whyAbsent(fleetOf(yard, model).out));
  return absenceWithin(yard, ticket, circle);
}

/** Who could not have the ticket, and why: for its error. '' when nobody is there. */
export function whoCannot(yard: YardState, ticket: Ticket): string {
  const sentences = ruledOut(yard, ticket).map(({ reason, count, machines }) => {
    const more = count > machines.length ? ` and ${count - machines.length} more` : '';
    return `${machines.join(', ')}${more} ${reasonText[reason]}`;
  });
  return sentences.join('; ');
}

/** What the owner can change at once is told before what is broken. */
function failureAmong(there: Iterable<ServedModel>, model: string): ApiError | null {
  let broken: ServedModel | null = null;
  for (const served of there) {
    const { machine, report } = served;
    if (report.status !== 'failed') continue;
    if (report.failure?.errorCode === noRoom) return modelHasNoRoom(machine, model, report.failure.message);
    broken ??= served;
  }
  return broken === null ? null : modelLoadFailed(broken.machine, model, broken.report.failure);
}

/** Of a machine that cannot serve now: the model failed there, or it was asked to load it and said no. */
const hasSaidNo = ({ spot, load }: ServedModel): boolean => spot.reason === 'failed' || load.isRefused;

/** Why connected machines that list the model do not serve it. */
function whyAbsent(out: ReadonlyMap<StandingReason, ReadonlySet<ServedModel>>): Absence {
  const seen: string[] = [];
  const whoBy = new Map<StandingReason, string>();
  for (const [reason, there] of out) {
    const [first] = there;
    if (first === undefined) continue;
    const { name } = first.machine;
    whoBy.set(reason, there.size === 1 ? name : `${name} and ${there.size - 1} more`);
    seen.push(saysOf(first));
    if (there.size > 1) seen.push(`and so ${there.size - 1} more`);
  }
  return { says: seen.length === 0 ? null : seen.join('; '), whoBy };
}

const roomNeededOn = ({ machine }: ServedModel): string => `${machine.name} has to make room for another model first`;
const declinedBy = ({ machine, load }: ServedModel): string | null =>
  load.because === null ? null : `${machine.name}: ${load.because}`;

function every(there: Iterable<ServedModel>, holds: (served: ServedModel) => boolean): boolean {
  for (const served of there) if (!holds(served)) return false;
  return true;
}

function* few(there: ReadonlySet<ServedModel>): Generator<ServedModel, void> {
  let left = mostLooked;
  for (const served of there) {
    if (left === 0) return;
    left -= 1;
    yield served;
  }
}
