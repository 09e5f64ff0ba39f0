/**
 * What must hold between any two steps. Tests and the simulation ask for all of it after each step; a gateway at
 * work asks for a part now and then, so that a fault of ours is noticed where nobody looks for one.
 */
import { type ServiceClass, serviceClasses } from '../contract/service-class.ts';
import { modelsAwaited } from './absentees.ts';
import { isArmed } from './deadlines.ts';
import { isHedge } from './hedge.ts';
import { whoToAskWithin } from './loads/load-within.ts';
import { whoToAsk } from './loads/see-to-load.ts';
import type { Demand } from './queue/demand.ts';
import { leavesLastSlot } from './queue/last-slot.ts';
import { positionOf, queueOrder } from './queue/positions.ts';
import { waitingIn } from './queue/queue.ts';
import { mayGo } from './queue/turns.ts';
import { hasRoom, roomOf } from './room.ts';
import { choose } from './routing/choose.ts';
import { type Circle, outsideBecause, placesIn, stages } from './routing/circles.ts';
import { fleetOf, standingOf } from './routing/fleet.ts';
import { mayBeAsked } from './routing/loadable.ts';
import {
  holdKey,
  isVoid,
  type Keeping,
  type Machine,
  type ModelQueue,
  type ServedModel,
  type Ticket,
  type YardState,
} from './state.ts';

/** Broken rules, each as a sentence; empty when all is well. */
export function invariants(yard: YardState): string[] {
  const broken: string[] = [];
  const check: Check = (holds, sentence) => {
    if (!holds) broken.push(sentence());
  };
  for (const ticket of yard.tickets.values()) checkTicket(yard, ticket, check);
  for (const queue of yard.queues.values()) checkQueue(yard, queue, check);
  for (const machine of yard.machines.values()) checkMachine(yard, machine, check);
  const confined = countConfined(yard);
  for (const circle of yard.circles.values()) checkCircle(yard, circle, confined.get(circle) ?? 0, check);
  for (const [model, keeping] of yard.keeping) checkKeeping(yard, model, keeping, check);
  checkCounts(yard, check);
  check(yard.wakeAtMs === yard.deadlines.nextAtMs, () => 'the promised wake is not that of the first deadline');
  check(yard.wakeAtMs === null || yard.wakeAtMs > yard.nowMs, () => 'a deadline that is due was left behind');
  check(yard.unsettled.size === 0 && yard.arrivals.length === 0, () => 'a step ended without being settled');
  return broken;
}

/**
 * A part of `invariants`, of bounded cost: so many tickets, queues and machines at most, from where the `turn` is, and of
 * those only queues that are no longer. What is counted over everything is left out of a yard that is larger.
 */
export function sampleInvariants(yard: YardState, turn: number, most: number): string[] {
  const broken: string[] = [];
  const check: Check = (holds, sentence) => {
    if (!holds) broken.push(sentence());
  };
  for (const ticket of some(yard.tickets, turn, most)) checkTicket(yard, ticket, check);
  for (const queue of some(yard.queues, turn, 1)) if (waitingIn(queue) <= most) checkQueue(yard, queue, check);
  for (const machine of some(yard.machines, turn, most)) checkMachine(yard, machine, check);
  if (yard.tickets.size <= 10 * most) checkCounts(yard, check);
  check(yard.wakeAtMs === yard.deadlines.nextAtMs, () => 'the promised wake is not that of the first deadline');
  check(yard.unsettled.size === 0 && yard.arrivals.length === 0, () => 'a step ended without being settled');
  return broken;
}

/** `most` values of a map, others with each turn. */
function some<Value>(map: ReadonlyMap<string, Value>, turn: number, most: number): Value[] {
  const from = map.size <= most ? 0 : (turn * most) % map.size;
  const chosen: Value[] = [];
  let index = 0;
  for (const value of map.values()) {
    if (index >= from) chosen.push(value);
    if (chosen.length >= most) break;
    index += 1;
  }
  return chosen;
}

type Check = (holds: boolean, sentence: () => string) => void;

function checkTicket(yard: YardState, ticket: Ticket, check: Check): void {
  const { requestId, state } = ticket;
  check(ticket.failedTries < yard.limits.attempts, () => `${requestId} lives on after its last try`);
  check(ticket.failedTries <= ticket.lastAttempt, () => `${requestId} failed more often than it was tried`);
  if (state.phase === 'queued') {
    check(isArmed(ticket.wait), () => `${requestId} would wait for ever`);
    check(!isArmed(ticket.answer), () => `${requestId} is queued and waits for an answer`);
    check(!ticket.contentShown, () => `${requestId} went back to the queue after showing content`);
    check(ticket.toldPosition > 0, () => `${requestId} was not told its position`);
    check(!isArmed(ticket.hedging), () => `${requestId} is queued and about to be offered twice`);
  } else {
    const hold = state.machine.holds.get(holdKey(requestId, ticket.attempt));
    const stage = state.phase === 'offered' ? 'offered' : 'accepted';
    check(hold?.ticket === ticket && hold.stage === stage, () => `${requestId} is ${state.phase} without its slot`);
    check(state.machine.status !== 'lost', () => `${requestId} is ${state.phase} on a lost machine`);
    check(isArmed(ticket.answer), () => `${requestId} is ${state.phase} and nobody watches`);
    check(
      state.phase === 'offered' || !isArmed(ticket.wait),
      () => `${requestId} is accepted and still counted as waiting`,
    );
  }
  const { hedge } = ticket;
  if (hedge === null) return;
  const hold = hedge.machine.holds.get(holdKey(requestId, hedge.attempt));
  check(state.phase === 'offered', () => `${requestId} is ${state.phase} and has a second offer`);
  check(hold?.stage === 'offered', () => `the second offer of ${requestId} has no slot`);
  check(hedge.attempt > ticket.attempt, () => `${requestId} was offered twice under one number`);
  check(hedge.machine.status !== 'lost', () => `${requestId} is offered to a lost machine`);
}

/** Machines that should have been asked to load what this queue waits for and nobody serves. */
function idleLoaders(yard: YardState, queue: ModelQueue): ServedModel[] {
  const waiting = waitingIn(queue);
  // Whether a second copy is worth it changes with every answer.
  const isUnserved = fleetOf(yard, queue.model).slots === 0;
  const confined = [...queue.confined.values()].reduce((sum, { waiting }) => sum + waiting, 0);
  const within = [...queue.confined.keys()].map((circle) => whoToAskWithin(circle, queue.model));
  return [...within, waiting > confined && isUnserved ? whoToAsk(yard, queue) : null].filter(
    (served) => served !== null,
  );
}

/** No more copies are kept than are wanted; where they are too few, something is done, or will be. */
function checkKeeping(yard: YardState, model: string, { copies, mayAsk, patience }: Keeping, check: Check): void {
  const least = yard.minimums.get(model) ?? 0;
  check(copies.size <= least, () => `${copies.size} copies of ${model} are kept where ${least} are wanted`);
  const isSeenTo = copies.size >= least || mayAsk || isArmed(patience);
  check(isSeenTo, () => `${copies.size} of ${least} copies of ${model} are loaded and nobody sees to it`);
}

function checkQueue(yard: YardState, queue: ModelQueue, check: Check): void {
  const { model, lanes } = queue;
  const tickets = queueOrder(queue);
  const isRoom = hasRoom(yard, model);
  const keptBack = lastSlotLook(yard, queue);
  const isIdle = serviceClasses.every((name) => lanes[name].isIdle);
  check(!isIdle, () => `the queue of ${model} is empty and still there`);
  check(tickets.length === waitingIn(queue), () => `the queue of ${model} counts wrongly`);
  for (const idle of idleLoaders(yard, queue)) {
    check(false, () => `${model} is waited for and ${idle.machine.name} could load it, but is not asked`);
  }
  const lastOfKey = { interactive: new Map(), background: new Map(), batch: new Map() } satisfies ByKey<Ticket>;
  tickets.forEach((ticket, index) => {
    const { requestId, keyId, serviceClass } = ticket;
    const mustWait =
      !isRoom ||
      isLookedAtSoon(queue, ticket) ||
      !mayGo(yard, queue, ticket, keptBack) ||
      choose(yard, ticket).best === null;
    check(mustWait, () => `${requestId} waits although a slot for it is free`);
    check(ticket.model === model, () => `${requestId} waits for ${ticket.model} in the queue of ${model}`);
    check(yard.tickets.get(requestId) === ticket, () => `${requestId} has ended and still waits`);
    check(ticket.state.phase === 'queued', () => `${requestId} is ${ticket.state.phase} and still waits`);
    check(positionOf(queue, ticket) === index + 1, () => `${requestId} is told another place than it has`);
    // Those that come back go before the rest.
    if (ticket.lastAttempt > 0) return;
    const before = lastOfKey[serviceClass].get(keyId);
    check(before === undefined || before.sequence < ticket.sequence, () => `the queue of ${model} is out of order`);
    lastOfKey[serviceClass].set(keyId, ticket);
  });
}

type ByKey<Value> = Record<ServiceClass, Map<string, Value>>;

/**
 * What batch may have is looked at every other second: a machine that went away may have made it calm. Who waits by choice is
 * looked at again in time.
 */
const isLookedAtSoon = (queue: ModelQueue, { serviceClass, hope }: Ticket): boolean =>
  isArmed(hope) || (serviceClass === 'batch' && isArmed(queue.calm));

/** `leavesLastSlot`, looked up once for each key and class: it says the same of all that have not had their turn. */
function lastSlotLook(yard: YardState, queue: ModelQueue): (ticket: Ticket) => boolean {
  const known = { interactive: new Map(), background: new Map(), batch: new Map() } satisfies ByKey<boolean>;
  return (ticket) => {
    if (ticket.lastAttempt > 0) return leavesLastSlot(yard, queue, ticket);
    const ofClass: Map<string, boolean> = known[ticket.serviceClass];
    const before = ofClass.get(ticket.keyId);
    const leaves = before ?? leavesLastSlot(yard, queue, ticket);
    if (before === undefined) ofClass.set(ticket.keyId, leaves);
    return leaves;
  };
}

function checkMachine(yard: YardState, machine: Machine, check: Check): void {
  const { name, status, holds } = machine;
  check(isArmed(machine.lease), () => `nobody watches the lease of ${name}`);
  check(status !== 'lost' || holds.size === 0, () => `${name} is lost and holds tickets`);
  for (const served of machine.models.values()) checkSpot(yard, served, check);
  const { called } = machine;
  const isFound =
    called?.name === name &&
    yard.called.names.get(name)?.has(machine) === true &&
    machine.labels.every((label) => called.labels.includes(label) && yard.called.labels.get(label)?.has(machine));
  check(isFound, () => `${name} is not found by what it is called`);
  const awaited = [...modelsAwaited(machine)];
  const isNoted = awaited.length === machine.absentFrom.size && awaited.every((model) => machine.absentFrom.has(model));
  check(isNoted, () => `${name} is awaited with ${awaited} and noted with ${[...machine.absentFrom]}`);
  for (const model of awaited) {
    check(yard.absentees.get(model)?.has(machine) === true, () => `${name} may come back with ${model}, unnoticed`);
  }
  for (const [key, hold] of holds) {
    if (isVoid(hold)) continue;
    const { requestId, attempt, state } = hold.ticket;
    const isCurrent = yard.tickets.get(requestId) === hold.ticket && holdKey(requestId, attempt) === key;
    check(
      (isCurrent && state.phase !== 'queued' && state.machine === machine) ||
        isHedge(hold.ticket, machine, hold.attempt),
      () => `${name} holds a slot for void ${key}`,
    );
  }
}

/** The index says of each machine what the machine itself says. */
function checkSpot(yard: YardState, served: ServedModel, check: Check): void {
  const { machine, spot, report, memories } = served;
  const where = () => `${machine.name} with ${report.id}`;
  if (yard.touched.has(machine)) return;
  if (machine.status === 'lost') return check(spot.fleet === null, () => `${where()} is lost and indexed`);
  const reason = standingOf(served);
  check(spot.reason === reason, () => `${where()} is indexed as ${spot.reason} and is ${reason}`);
  if (reason === 'available') {
    const isAskable = spot.heap !== null && spot.heap === spot.fleet?.loadable.askable;
    check(isAskable === mayBeAsked(served), () => `${where()} is not indexed by whether it may be asked to load it`);
  }
  if (reason !== null) return;
  const room = roomOf(served);
  check(spot.room === room, () => `${where()} is indexed with ${spot.room} slots free and has ${room}`);
  check(spot.heap?.items[spot.index] === served, () => `${where()} is not where its index says`);
  for (const { claimedBy } of memories.values()) {
    const isHeld = claimedBy === null || [...machine.holds.values()].some(({ ticket }) => ticket === claimedBy);
    check(isHeld, () => `${where()} keeps a slot for nobody`);
  }
}

/** Requests that are confined to each circle. */
function countConfined({ tickets }: YardState): ReadonlyMap<Circle, number> {
  const confined = new Map<Circle, number>();
  for (const { circle } of tickets.values()) if (circle !== null) confined.set(circle, (confined.get(circle) ?? 0) + 1);
  return confined;
}

/** A circle holds the machines that meet it, and counts the requests that are `confined` to it. */
function checkCircle(yard: YardState, circle: Circle, confined: number, check: Check): void {
  const { key, confines, machines, tickets } = circle;
  check(confined === tickets, () => `${confined} requests are confined to ${key} and ${tickets} are counted`);
  for (const machine of yard.machines.values()) {
    const isInside = outsideBecause(confines, machine) === null;
    const isHeld = machines.has(machine) && machine.circles.has(circle);
    const isHeldAnywhere = machines.has(machine) || machine.circles.has(circle);
    check(
      isInside ? isHeld : !isHeldAnywhere,
      () => `${machine.name} is inside ${key}: ${isInside}, and held so: ${isHeld}`,
    );
    if (!isInside || yard.touched.has(machine)) continue;
    for (const served of machine.models.values()) checkPlaces(circle, served, check);
  }
}

/** It stands in one place of a circle that its machine is in. */
function checkPlaces(circle: Circle, served: ServedModel, check: Check): void {
  const { machine, report } = served;
  const { stage, lane } = served.spot;
  const places = placesIn(circle, report.id);
  for (const name of stages) {
    const isThere = places[name].has(served);
    check(isThere === (name === stage), () => `${machine.name} is ${stage} and, in ${circle.key}, ${name}`);
  }
  for (const [other, there] of places.lanes) {
    const isThere = stage === 'open' && other === lane;
    check(there.has(served) === isThere, () => `${machine.name} is in a lane of ${circle.key} where it is not`);
  }
  const isListed = stage !== 'open' || (lane !== null && places.lanes.get(lane)?.has(served) === true);
  check(isListed, () => `${machine.name} has room and is in no lane of ${circle.key}`);
}

function checkCounts(yard: YardState, check: Check): void {
  for (const [model, machines] of yard.absentees) {
    for (const machine of machines) {
      const isThere = yard.machines.get(machine.machineId) === machine && machine.absentFrom.has(model);
      check(isThere, () => `${machine.name} is forgotten, or is there, and is awaited with ${model}`);
    }
  }
  let waiting = 0;
  for (const queue of yard.queues.values()) waiting += waitingIn(queue);
  // With the order of the queues, which rules out doubles: whoever is queued stands in its queue.
  let queued = 0;
  for (const ticket of yard.tickets.values()) if (ticket.state.phase === 'queued') queued += 1;
  check(waiting === queued, () => `${queued} requests are queued and ${waiting} stand in queues`);
  check(waiting === yard.waiting, () => `${waiting} requests wait and ${yard.waiting} are counted`);
  const wanted = new Map<Demand, number>();
  for (const { countedIn } of yard.tickets.values()) {
    for (const demand of countedIn) wanted.set(demand, (wanted.get(demand) ?? 0) + 1);
  }
  for (const [place, seen] of yard.keysSeen) {
    for (const keys of Object.values(seen)) {
      for (const [keyId, { demand }] of keys) {
        const { open } = demand;
        const count = wanted.get(demand) ?? 0;
        check(open === count, () => `${keyId} has ${count} requests for ${place} and ${open} are counted`);
      }
    }
  }
}
