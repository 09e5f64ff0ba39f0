/**
 * Nobody who holds more than its share takes the last free slot while somebody else is about. What runs is not interrupted, so
 * a key with hundreds of requests would else have every slot, and whoever comes would wait for the shortest rest of its answers:
 *
 *     four slots, ann has 500 waiting    ann ann ann ann   bob comes, and waits until one of ann's ends
 *     bob asked a moment ago             ann ann ann  -    bob comes, and is served
 *
 * About is who asked, or had an answer end, within a minute (`keySeenMs`), in a class that is as urgent or more so. A share is the slots
 * by the keys that are about, one at least: a key that holds none is never kept back. A key that is kept to some machines is about where
 * the slot is one of theirs: of what it may not have nothing is left to it. Requests that may not go everywhere leave the last slot of
 * where they may go, too, to keys that are kept to the same machines. What had its turn before and came back has it anyway.
 */
import { type ServiceClass, serviceClasses } from '../../contract/service-class.ts';
import { isArmed } from '../deadlines.ts';
import { roomFor } from '../room.ts';
import { type Circle, placesIn } from '../routing/circles.ts';
import { isVoid, type ModelQueue, type ServedModel, type Ticket, type YardState } from '../state.ts';

/** Of those who asked for the same slots: when a key did last, ms, in a class that is as urgent as this one or more so. The earliest is first. */
export type KeysSeen = Readonly<Record<ServiceClass, Map<string, number>>>;

/** Machines of a circle that are looked at, of more than a person can oversee; and circles. */
const mostLooked = 64;

/** Whether a request of the key, kept to the same machines or to none, came or ended lately. */
export function isAbout(
  yard: YardState,
  { model, keyId, circle }: Pick<Ticket, 'model' | 'keyId' | 'circle'>,
): boolean {
  const atMs = yard.keysSeen.get(placeOf(circle, model))?.batch.get(keyId);
  return atMs !== undefined && yard.nowMs - atMs < yard.limits.keySeenMs;
}

/** A request of the key came or ended. */
export function noteKey(yard: YardState, { model, circle, keyId, serviceClass }: Ticket): void {
  const place = placeOf(circle, model);
  const seen = yard.keysSeen.get(place) ?? open(yard, place);
  for (let at = serviceClasses.indexOf(serviceClass); at < serviceClasses.length; at += 1) {
    const keys = seen[serviceClasses[at]!];
    // Taken out first, so that the Map's order is that of time.
    keys.delete(keyId);
    keys.set(keyId, yard.nowMs);
    forgetOld(yard, keys);
  }
}

/** Whether nothing of the ticket's key, in its class, may have a slot now because the last one that is free is left to others. */
export function leavesLastSlot(yard: YardState, { held }: ModelQueue, ticket: Ticket): boolean {
  const holds = held.get(ticket.keyId) ?? 0;
  if (ticket.lastAttempt > 0 || holds === 0) return false;
  const { free, slots } = roomFor(yard, ticket.model);
  return free === 1 && isAboveShare(holds, slots, othersForLast(yard, ticket));
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
  const others = othersSeen(yard, placeOf(circle, model), ticket);
  return others > 0 && isAboveShare(...heldWithin(keyId, [open, full]), others);
}

/** Sees to it that those who are kept back are looked at again when nobody else is about any more. */
export function lookAgainAtLastSlot(yard: YardState, queue: ModelQueue): void {
  const { model } = queue;
  if (isArmed(queue.lastSlot) || roomFor(yard, model).free === 0) return;
  let firstMs = Number.POSITIVE_INFINITY;
  const everywhere = yard.keysSeen.get(model);
  const within = Array.from(circlesSeen(yard, model), ([, seen]) => seen);
  for (const seen of everywhere === undefined ? within : [everywhere, ...within]) {
    for (const keys of Object.values(seen)) {
      forgetOld(yard, keys);
      for (const atMs of keys.values()) {
        firstMs = Math.min(firstMs, atMs);
        break;
      }
    }
  }
  if (firstMs < Number.POSITIVE_INFINITY) yard.deadlines.arm(queue.lastSlot, firstMs + yard.limits.keySeenMs);
}

/** With one slot more. */
const isAboveShare = (held: number, slots: number, others: number): boolean =>
  others > 0 && held + 1 > Math.max(1, slots / (others + 1));

/** Other keys that might have the last slot of the model: those that may go everywhere, and those that are kept to where it is. */
function othersForLast(yard: YardState, ticket: Ticket): number {
  const { model, keyId, serviceClass } = ticket;
  let count = othersSeen(yard, model, ticket);
  const everywhere = yard.keysSeen.get(model)?.[serviceClass];
  for (const [circle, { [serviceClass]: keys }] of circlesSeen(yard, model)) {
    if (placesIn(circle, model).open.size === 0) continue;
    forgetOld(yard, keys);
    for (const other of keys.keys()) if (other !== keyId && everywhere?.has(other) !== true) count += 1;
  }
  return count;
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

function othersSeen(yard: YardState, place: string, { keyId, serviceClass }: Ticket): number {
  const keys = yard.keysSeen.get(place)?.[serviceClass];
  if (keys === undefined) return 0;
  forgetOld(yard, keys);
  return keys.size - Number(keys.has(keyId));
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

function forgetOld({ nowMs, limits }: YardState, keys: Map<string, number>): void {
  for (const [keyId, atMs] of keys) {
    if (nowMs - atMs < limits.keySeenMs) return;
    keys.delete(keyId);
  }
}
