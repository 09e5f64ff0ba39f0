/**
 * What those who wait for a model can expect: that it is served, will be, failed, or that nobody is there for it. The same is asked
 * of all machines and of those inside a circle.
 *
 * A machine that declined a load and named no time to ask again is asked again with its reports, and is hoped for no more: a word
 * that is the same every few seconds would otherwise keep a request for as long as it may wait, an hour for batch.
 */
import { type ApiError, noRoom } from '../contract/errors.ts';
import { isOnItsWay } from './loads/see-to-load.ts';
import { modelHasNoRoom, modelLoadFailed, noMachine, noMachineWithin } from './rejections.ts';
import { type Circle, mayComeBack, placesIn } from './routing/circles.ts';
import { ruledOut } from './routing/decision-of.ts';
import { arrange, fleetOf } from './routing/fleet.ts';
import { reasonText, type StandingReason } from './routing/reasons.ts';
import type { ServedModel, Ticket, YardState } from './state.ts';

export type Outlook =
  | { readonly kind: 'served' }
  /** It is being loaded somewhere, or could be. `seen`: why a machine does not load it yet. */
  | { readonly kind: 'loading'; readonly isOnItsWay: boolean; readonly seen: string | null }
  /** Every machine that could serve it has said why it cannot. */
  | { readonly kind: 'failed'; readonly error: ApiError }
  /** Somebody may come, or come back. */
  | { readonly kind: 'absent' };

/** Machines that are named where nobody serves a model. */
const mostNamed = 4;
/** Machines that are looked at for what to say of them. */
const mostLooked = 64;

/** States of a machine that end by themselves, or by a word of its owner's. */
const endingStates: readonly StandingReason[] = ['held', 'pressed', 'draining'];

/** What a request for the model can expect that may go everywhere. A suspect machine may yet come back. */
export function outlookFor(yard: YardState, model: string): Outlook {
  arrange(yard);
  const { lanes, out } = fleetOf(yard, model);
  for (const { open, full } of lanes.values()) if (open.items.length + full.items.length > 0) return { kind: 'served' };
  for (const served of out.get('silent') ?? []) if (served.report.status === 'ready') return { kind: 'served' };
  if ((out.get('loading')?.size ?? 0) > 0) return { kind: 'loading', isOnItsWay: true, seen: null };
  const [leaving] = out.get('giving-way') ?? [];
  let coming: Outlook | null =
    leaving === undefined ? null : { kind: 'loading', isOnItsWay: false, seen: roomNeededOn(leaving) };
  for (const served of out.get('available') ?? []) {
    if (served.load.isRefused) continue;
    if (isOnItsWay(served)) return { kind: 'loading', isOnItsWay: true, seen: null };
    coming ??= { kind: 'loading', isOnItsWay: false, seen: declinedBy(served) };
  }
  if (coming !== null) return coming;
  // What a person holds, or memory does, is over some time: a broken copy elsewhere must not be the last word.
  if (endingStates.some((reason) => (out.get(reason)?.size ?? 0) > 0)) return { kind: 'absent' };
  const error = failureAmong(out.get('failed') ?? [], model);
  return error === null ? { kind: 'absent' } : { kind: 'failed', error };
}

/** The same for requests that are kept to a circle. */
export function outlookWithin(yard: YardState, circle: Circle, model: string): Outlook {
  arrange(yard);
  const { open, full, silent, coming, available, leaving, refusing, barred } = placesIn(circle, model);
  if (open.size + full.size + silent.size > 0) return { kind: 'served' };
  if (coming.size > 0) return { kind: 'loading', isOnItsWay: true, seen: null };
  const [leaves] = leaving;
  if (leaves !== undefined) return { kind: 'loading', isOnItsWay: false, seen: roomNeededOn(leaves) };
  const [there] = available;
  if (there !== undefined) return { kind: 'loading', isOnItsWay: false, seen: declinedBy(there) };
  // What a machine said long ago is asked anew first.
  if (refusing.size > 0 || barred.size === 0 || mayComeBack(circle, model)) return { kind: 'absent' };
  const all = [...few(barred)];
  if (!all.every(hasSaidNo)) return { kind: 'absent' };
  return { kind: 'failed', error: failureAmong(all, model) ?? noMachineWithin(model, saidBy(all)) };
}

/** The name of a machine that loads the model; null: none has said so yet. */
export function loadingOn(yard: YardState, model: string): string | null {
  const [first] = fleetOf(yard, model).out.get('loading') ?? [];
  return first === undefined ? null : first.machine.name;
}

/** What a waiting ticket is told when nobody came for it. */
export function absence(yard: YardState, ticket: Ticket): ApiError {
  const { circle, model } = ticket;
  if (circle === null) return noMachine(yard, model, whyAbsent(fleetOf(yard, model).out));
  const { refusing, barred } = placesIn(circle, model);
  const there = saidBy([...few(refusing), ...few(barred)]);
  const seen = [there, lostFrom(circle, model)].filter((text) => text !== '').join('; ');
  return noMachineWithin(model, seen === '' ? whoCannot(yard, ticket) : seen);
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

/** Why connected machines that list the model do not serve it; null where there are none. */
function whyAbsent(out: ReadonlyMap<StandingReason, ReadonlySet<ServedModel>>): string | null {
  const seen: string[] = [];
  for (const there of out.values()) {
    const [first] = there;
    if (first === undefined) continue;
    seen.push(saysOf(first));
    if (there.size > 1) seen.push(`and so ${there.size - 1} more`);
  }
  return seen.length === 0 ? null : seen.join('; ');
}

/** The same of machines one by one; '' where there are none. */
function saidBy(there: readonly ServedModel[]): string {
  const seen = there.slice(0, mostNamed).map(saysOf);
  if (there.length > mostNamed) seen.push(`and ${there.length - mostNamed} more`);
  return seen.join('; ');
}

/** Machines of the circle that had the model and are gone. */
function lostFrom({ machines }: Circle, model: string): string {
  const names: string[] = [];
  for (const { status, name, models } of machines) {
    if (status === 'lost' && models.has(model)) names.push(name);
    if (names.length === mostNamed) break;
  }
  return names.length === 0 ? '' : `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} not connected`;
}

/** Of a machine that does not serve the model now. */
function saysOf({ machine, unavailable, load, spot }: ServedModel): string {
  const { name, pressed } = machine;
  if (pressed !== null) return `${name} ${reasonText.pressed}: ${pressed}`;
  const why = unavailable ?? (load.isRefused ? load.because : null);
  if (why !== null) return `${name}: ${why}`;
  return `${name} ${spot.reason === null ? 'serves it' : reasonText[spot.reason]}`;
}

const roomNeededOn = ({ machine }: ServedModel): string => `${machine.name} has to make room for another model first`;
const declinedBy = ({ machine, load }: ServedModel): string | null =>
  load.because === null ? null : `${machine.name}: ${load.because}`;

function* few(there: ReadonlySet<ServedModel>): Generator<ServedModel, void> {
  let left = mostLooked;
  for (const served of there) {
    if (left === 0) return;
    left -= 1;
    yield served;
  }
}
