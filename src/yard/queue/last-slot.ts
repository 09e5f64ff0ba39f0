/**
 * Nobody who holds its share takes the last free slots while somebody else is about. What runs is not interrupted, so
 * a key with hundreds of requests would else have every slot, and whoever comes would wait for the shortest rest of its answers:
 *
 *     four slots, ann has 500 waiting    ann ann ann ann   bob comes, and waits until one of ann's ends
 *     bob asked a moment ago             ann ann ann  -    bob comes, and is served
 *     bob mostly wants two               ann ann  -   -
 *
 * Kept back is who holds its share. One is left at least; by a key that has wanted more than its share on the average, as many as the
 * others will want (`demand.ts`; of each no more than its share) and do not hold already. Nothing is left to a key that waits itself and
 * is not next: whose turn it is among those who wait is the queue's matter.
 *
 * About is who has a request here, asked, or had an answer end, within a minute (`keySeenMs`), in a class that is as urgent or more so. A share is the slots
 * by the keys that are about, one at least: a key that holds none is never kept back. A key that is kept to some machines is about where
 * the slot is one of theirs: of what it may not have nothing is left to it. Requests that may not go everywhere leave the last one of
 * where they may go, too, to keys that are kept to the same machines. What had its turn before and came back has it anyway.
 */
import { type ServiceClass, serviceClasses } from '../../contract/service-class.ts';
import { isArmed } from '../deadlines.ts';
import { roomFor } from '../room.ts';
import { type Circle, placesIn } from '../routing/circles.ts';
import { fleetOf } from '../routing/fleet.ts';
import { isVoid, type ModelQueue, type ServedModel, type Ticket, type YardState } from '../state.ts';
import { type Demand, foreseenSlots, isMoreThan, nextLookMs, noDemand, noteDemand } from './demand.ts';

/** A key that asked: when it did last, ms, and how much it wants. */
interface KeySeen {
  readonly atMs: number;
  readonly demand: Demand;
}

/** Of those who asked for the same slots, in a class that is as urgent as this one or more so. Who has been silent for longest is first. */
export type KeysSeen = Readonly<Record<ServiceClass, Map<string, KeySeen>>>;

/** Machines of a circle that are looked at, of more than a person can oversee; and circles. */
const mostLooked = 64;

/** Whether a request of the key, kept to the same machines or to none, came or ended lately. */
export function isAbout(
  yard: YardState,
  { model, keyId, circle }: Pick<Ticket, 'model' | 'keyId' | 'circle'>,
): boolean {
  const seen = yard.keysSeen.get(placeOf(circle, model))?.batch.get(keyId);
  return seen !== undefined && !isGone(yard, seen);
}

/** A request of the key came. */
export function noteArrival(yard: YardState, ticket: Ticket): void {
  const { slots } = fleetOf(yard, ticket.model);
  for (const demand of seenNow(yard, ticket)) {
    noteDemand(demand, 1, slots, yard.nowMs);
    ticket.countedIn.push(demand);
  }
}

/** It ended, and is wanted no more where it was counted: its key may have been kept to other machines since. */
export function noteEnd(yard: YardState, ticket: Ticket): void {
  const { slots } = fleetOf(yard, ticket.model);
  for (const demand of ticket.countedIn) noteDemand(demand, -1, slots, yard.nowMs);
  ticket.countedIn.length = 0;
  seenNow(yard, ticket);
}

/** The key is seen now: what it wants in its class and those that are less urgent. */
function seenNow(yard: YardState, { model, circle, keyId, serviceClass }: Ticket): Demand[] {
  const place = placeOf(circle, model);
  const seen = yard.keysSeen.get(place) ?? open(yard, place);
  return serviceClasses.slice(serviceClasses.indexOf(serviceClass)).map((name) => {
    const keys = seen[name];
    const { demand } = keys.get(keyId) ?? { demand: noDemand(yard.nowMs) };
    // Taken out first, so that the Map's order is that of time.
    keys.delete(keyId);
    keys.set(keyId, { atMs: yard.nowMs, demand });
    forgetOld(yard, keys);
    return demand;
  });
}

/** Whether nothing of the ticket's key, in its class, may have a slot now because those that are free are left to others. */
export function leavesLastSlot(yard: YardState, queue: ModelQueue, ticket: Ticket): boolean {
  const holds = queue.held.get(ticket.keyId) ?? 0;
  if (ticket.lastAttempt > 0 || holds === 0) return false;
  const { free, slots } = roomFor(yard, ticket.model);
  if (free === 0) return false;
  const others = othersAbout(yard, ticket);
  const share = shareOf(slots, others.length);
  if (others.length === 0 || holds + 1 <= share) return false;
  const lane = queue.lanes[ticket.serviceClass];
  const before = others.filter(({ keyId }) => !lane.waitsBehind(ticket.keyId, keyId));
  if (before.length === 0 || free === 1) return before.length > 0;
  if (!wantsMore(yard, ticket, share, slots)) return false;
  const wanted = foreseenSlots(
    before.map(({ demand }) => demand),
    share,
    slots,
    yard.nowMs,
  );
  return free <= before.reduce((left, { keyId }) => left - (queue.held.get(keyId) ?? 0), wanted);
}

/** Whether nothing of that key could have the last slot in the ticket's place: what it has read there is of no use to it now. */
export function isBarredBeside(yard: YardState, ticket: Ticket, keyId: string | null): boolean {
  const queue = yard.queues.get(ticket.model);
  if (keyId === null || keyId === ticket.keyId || queue === undefined) return false;
  return leavesLastSlot(yard, queue, { ...ticket, keyId });
}

/** The same of the last one where the ticket may go, if it may not go everywhere. */
export function leavesLastWithin(yard: YardState, ticket: Ticket): boolean {
  const { model, keyId, circle } = ticket;
  if (circle === null || ticket.lastAttempt > 0) return false;
  const { open, full } = placesIn(circle, model);
  if (open.size !== 1) return false;
  for (const { spot } of open) if (spot.room !== 1) return false;
  const { length: others } = othersSeen(yard, placeOf(circle, model), ticket);
  if (others === 0) return false;
  const [held, slots] = heldWithin(keyId, [open, full]);
  return held + 1 > shareOf(slots, others);
}

/** Whether a request waits although slots are free, which its key leaves to others. For telling its client. */
export function isLeftToOthers(yard: YardState, requestId: string): boolean {
  const ticket = yard.tickets.get(requestId);
  if (ticket === undefined || ticket.state.phase !== 'queued') return false;
  const queue = yard.queues.get(ticket.model);
  return (queue !== undefined && leavesLastSlot(yard, queue, ticket)) || leavesLastWithin(yard, ticket);
}

/** Keys of whom somebody waits and leaves what is free to others; some, where they are many. */
export function keysThatLeaveIt(yard: YardState, queue: ModelQueue): readonly string[] {
  if (roomFor(yard, queue.model).free === 0) return [];
  const keys = new Set<string>();
  let looked = 0;
  for (const lane of Object.values(queue.lanes)) {
    for (const next of lane.firstOfKeys()) {
      if (looked === mostLooked) break;
      looked += 1;
      if (leavesLastSlot(yard, queue, next)) keys.add(next.keyId);
    }
  }
  return [...keys];
}

/** Sees to it that those who are kept back are looked at again when nobody else is about any more, or fewer slots are wanted. */
export function lookAgainAtLastSlot(yard: YardState, queue: ModelQueue): void {
  const { model } = queue;
  if (isArmed(queue.lastSlot) || roomFor(yard, model).free === 0) return;
  let firstMs = Number.POSITIVE_INFINITY;
  const everywhere = yard.keysSeen.get(model);
  const within = Array.from(circlesSeen(yard, model), ([, seen]) => seen);
  for (const seen of everywhere === undefined ? within : [everywhere, ...within]) {
    for (const keys of Object.values(seen)) {
      forgetOld(yard, keys);
      for (const { atMs, demand } of keys.values()) {
        if (demand.open > 0) continue;
        firstMs = Math.min(firstMs, atMs);
        break;
      }
    }
  }
  yard.deadlines.arm(queue.lastSlot, Math.min(firstMs + yard.limits.keySeenMs, nextLookMs(yard.nowMs)));
}

const shareOf = (slots: number, others: number): number => Math.max(1, slots / (others + 1));

/** Whether the key has wanted more than its share lately, wherever it was kept to: two things at once, now and then, are no crowd. */
function wantsMore(yard: YardState, { model, keyId, serviceClass }: Ticket, share: number, slots: number): boolean {
  const demands: Demand[] = [];
  const add = (seen: KeysSeen | undefined): void => {
    const known = seen?.[serviceClass].get(keyId);
    if (known !== undefined) demands.push(known.demand);
  };
  add(yard.keysSeen.get(model));
  for (const [, seen] of circlesSeen(yard, model)) add(seen);
  // Of one that asked long ago nothing is known.
  return demands.length === 0 || isMoreThan(share, demands, slots, yard.nowMs);
}

interface Other {
  readonly keyId: string;
  readonly demand: Demand;
}

/** Other keys that might have the last slots of the model: those that may go everywhere, and those that are kept to where one is. */
function othersAbout(yard: YardState, ticket: Ticket): Other[] {
  const { model, keyId, serviceClass } = ticket;
  const others = othersSeen(yard, model, ticket);
  const everywhere = yard.keysSeen.get(model)?.[serviceClass];
  for (const [circle, { [serviceClass]: keys }] of circlesSeen(yard, model)) {
    if (placesIn(circle, model).open.size === 0) continue;
    forgetOld(yard, keys);
    for (const [other, { demand }] of keys) {
      if (other !== keyId && everywhere?.has(other) !== true) others.push({ keyId: other, demand });
    }
  }
  return others;
}

/** Who was seen of those that may not go everywhere. */
function* circlesSeen({ circles, keysSeen }: YardState, model: string): Generator<[Circle, KeysSeen], void> {
  let looked = 0;
  for (const circle of circles.values()) {
    if (looked === mostLooked) return;
    looked += 1;
    const seen = keysSeen.get(placeOf(circle, model));
    if (seen !== undefined) yield [circle, seen];
  }
}

function othersSeen(yard: YardState, place: string, { keyId, serviceClass }: Ticket): Other[] {
  const keys = yard.keysSeen.get(place)?.[serviceClass];
  if (keys === undefined) return [];
  forgetOld(yard, keys);
  const others: Other[] = [];
  for (const [other, { demand }] of keys) if (other !== keyId) others.push({ keyId: other, demand });
  return others;
}

/** Slots that the key holds there, and all there are. */
function heldWithin(keyId: string, there: readonly ReadonlySet<ServedModel>[]): [held: number, slots: number] {
  let [held, slots, looked] = [0, 0, 0];
  for (const set of there) {
    for (const { machine, spot, report } of set) {
      if (looked === mostLooked) return [held, slots];
      looked += 1;
      slots += spot.slots;
      for (const hold of machine.holds.values()) {
        if (!isVoid(hold) && hold.ticket.keyId === keyId && hold.ticket.model === report.id) held += 1;
      }
    }
  }
  return [held, slots];
}

const placeOf = (circle: Circle | null, model: string): string => (circle === null ? model : `${model} ${circle.key}`);

function open(yard: YardState, place: string): KeysSeen {
  const { keysSeen } = yard;
  let looked = 0;
  for (const [other, known] of keysSeen) {
    if (looked === 2) break;
    looked += 1;
    forgetOld(yard, known.batch);
    keysSeen.delete(other);
    // Put behind the rest, so that the next ones are looked at.
    if (known.batch.size > 0) keysSeen.set(other, known);
  }
  const seen: KeysSeen = { interactive: new Map(), background: new Map(), batch: new Map() };
  keysSeen.set(place, seen);
  return seen;
}

function forgetOld(yard: YardState, keys: Map<string, KeySeen>): void {
  for (const [keyId, seen] of keys) {
    if (yard.nowMs - seen.atMs < yard.limits.keySeenMs) return;
    if (isGone(yard, seen)) keys.delete(keyId);
  }
}

const isGone = ({ nowMs, limits }: YardState, { atMs, demand }: KeySeen): boolean =>
  demand.open === 0 && nowMs - atMs >= limits.keySeenMs;
