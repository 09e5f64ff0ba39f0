/**
 * Machines come, report, fall silent and go. A machine holds a lease that any frame renews:
 * live, `suspect` after 7.5 s of silence (nothing new is offered), `lost` after 15 s or when its
 * link closes (its tickets move or fail); `lease.ts` says for whom it is longer. Only its newest session is listened to.
 */
import type { MachineModel } from '../contract/link/messages.ts';
import { forgetAbsentee, noteAbsentee } from './absentees.ts';
import { correctLoad, moveHold, unclaim } from './capacity.ts';
import { createDeadline } from './deadlines.ts';
import type { YardEvent } from './events.ts';
import { otherOfferGoesOn } from './hedge.ts';
import type { Lease } from './lease.ts';
import { noteKept } from './loads/minimums.ts';
import { endDecline, loadDeclined, noteLoadReport } from './loads/see-to-load.ts';
import { yardName } from './names/model-naming.ts';
import { tellAnew } from './queue/positions.ts';
import { machineLost } from './rejections.ts';
import { createAverage } from './routing/average.ts';
import { choose } from './routing/choose.ts';
import { leaveCircles, sortIntoCircles } from './routing/circles.ts';
import { newSpot, noteChange, withdraw } from './routing/fleet.ts';
import { isLoadMeasured } from './routing/load-time.ts';
import { forgetSlots, remember } from './routing/warmth.ts';
import { newStanding, noteDrop, noteReport } from './standing.ts';
import { isVoid, type Machine, type ServedModel, type YardState } from './state.ts';
import { cancelAttempt, sendCancel, tryAgain } from './tickets.ts';

/** How long a ticket has its slot, until some have been seen, ms. */
const usualTurnMs = 10_000;

interface SessionName {
  readonly machineId: string;
  readonly sessionId: string;
}

/** The machine, if this is its present session. */
export function machineOfSession(yard: YardState, { machineId, sessionId }: SessionName): Machine | null {
  const machine = connectedMachine(yard, machineId);
  return machine?.sessionId === sessionId ? machine : null;
}

export function connectedMachine(yard: YardState, machineId: string): Machine | null {
  const machine = yard.machines.get(machineId);
  return machine === undefined || machine.status === 'lost' ? null : machine;
}

/** A newer session ends the older one. */
export function connect(yard: YardState, session: YardEvent & { type: 'machine-connected' }): void {
  const { machineId, sessionId, name, labels = [], lease = usualLease(yard) } = session;
  const known = yard.machines.get(machineId);
  if (known !== undefined && known.status !== 'lost') lose(yard, known);
  const machine = known ?? newMachine(yard, session);
  yard.machines.set(machineId, machine);
  machine.name = name;
  machine.labels = labels;
  sortIntoCircles(yard, machine);
  machine.sessionId = sessionId;
  machine.draining = false;
  machine.patience = lease;
  if (machine.models.size > 0) machine.formerModels = Array.from(machine.models.values(), (served) => served.report);
  forgetModels(yard, machine);
  renew(yard, machine);
  noteAbsentee(yard, machine);
}

function usualLease({ limits }: YardState): Lease {
  return { suspectMs: limits.leaseSuspectMs, lostMs: limits.leaseLostMs };
}

/** Any frame renews the lease. `lease`: the machine is linked in another way from now on. */
export function renew(yard: YardState, machine: Machine, lease = machine.patience): void {
  machine.patience = lease;
  yard.deadlines.arm(machine.lease, yard.nowMs + lease.suspectMs);
  if (machine.status !== 'live') setStatus(yard, machine, 'live');
}

export function report(
  yard: YardState,
  machine: Machine,
  { models, draining, pressed }: YardEvent & { type: 'machine-reported' },
): void {
  renew(yard, machine);
  noteChange(machine);
  machine.draining = draining;
  machine.pressed = pressed ?? null;
  noteReport(yard, machine);
  if (models.length > 0) machine.formerModels = [];
  const before = machine.models;
  machine.models = new Map();
  const twins = new Map<string, readonly string[]>();
  for (const told of models) {
    const id = nameOf(yard, machine, before, told);
    if (machine.models.has(id)) {
      twins.set(id, [...(twins.get(id) ?? []), told.id]);
      continue;
    }
    const model = id === told.id ? told : { ...told, id };
    const known = before.get(id);
    const isRoomMade = known !== undefined && known.report.room !== 'free' && model.room === 'free';
    const served = known ?? newServedModel(machine, model);
    if (!tellsTheSame(served, model, told.id)) yard.modelsVersion += 1;
    // Another load of it, or none: its slots are empty.
    if (model.status !== 'ready') forgetSlots(yard, served);
    if (model.status === 'loading' && known?.report.status !== 'loading') {
      served.load.sinceMs = yard.nowMs;
      if (isLoadMeasured(model)) tellAnew(yard, id);
    }
    served.report = model;
    if (model.slots > 0) served.plannedSlots = model.slots;
    served.ownName = told.id;
    if (known === undefined && model.kept === true) noteKept(yard, served);
    machine.models.set(model.id, served);
    before.delete(model.id);
    if (isRoomMade) endDecline(yard, served);
    takeWord(yard, served);
    yard.unsettled.add(id);
  }
  for (const [id, served] of machine.models) {
    const names = twins.get(id) ?? [];
    if (names.join() !== served.twinNames.join()) yard.modelsVersion += 1;
    served.twinNames = names;
  }
  noteAbsentee(yard, machine);
  repeatCancels(yard, machine);
  for (const [id, served] of before) {
    yard.modelsVersion += 1;
    forget(yard, served);
    yard.unsettled.add(id);
  }
}

/** All is as it reported last. Where we think so too, as of every idle machine, that costs next to nothing. */
export function beat(yard: YardState, machine: Machine): void {
  renew(yard, machine);
  noteReport(yard, machine);
  for (const served of machine.models.values()) {
    if ((machine.holds.size > 0 || !isAsReported(served)) && takeWord(yard, served))
      yard.unsettled.add(served.report.id);
  }
  repeatCancels(yard, machine);
}

/** What it reports of a model is how it is. Whether we thought otherwise. */
function takeWord(yard: YardState, served: ServedModel): boolean {
  const { report, waitsForNews, unavailable, load } = served;
  const isNews = waitsForNews || unavailable !== null || load.stage !== 'idle';
  served.waitsForNews = false;
  served.unavailable = null;
  noteLoadReport(yard, served);
  return correctLoad(served, report.slots, report.busySlots) || isNews;
}

/** Of a machine on which we hold nothing. */
function isAsReported({ report, slots, foreignBusy, waitsForNews, unavailable }: ServedModel): boolean {
  return !waitsForNews && unavailable === null && slots === report.slots && foreignBusy === report.busySlots;
}

/** Its owner calls it something else. */
export function rename(
  yard: YardState,
  machine: Machine,
  { name, labels }: YardEvent & { type: 'machine-named' },
): void {
  machine.name = name;
  machine.labels = labels;
  sortIntoCircles(yard, machine);
  yard.modelsVersion += 1;
  for (const model of machine.models.keys()) yard.unsettled.add(model);
}

/** What slots of a model hold there. */
export function noteSlots(
  yard: YardState,
  machine: Machine,
  { model, slots, pace }: YardEvent & { type: 'slots-told' },
): void {
  const served = servedAs(machine.models, model);
  if (served === undefined) return;
  // A slot that the model has not is a machine's invention, and nobody would ever forget it.
  const known = slots.filter(({ slot }) => slot < served.report.slots);
  remember(yard, served, known);
  if (pace !== undefined) served.report = { ...served.report, pace };
  noteChange(machine);
}

/** It does not load a model it was asked to load. */
export function declineLoad(
  yard: YardState,
  machine: Machine,
  { model, message, retryAfterMs }: YardEvent & { type: 'load-declined' },
): void {
  const served = servedAs(machine.models, model);
  if (served === undefined) return;
  loadDeclined(yard, served, message, retryAfterMs);
  noteChange(machine);
}

/** The model that the machine itself calls so; nearly always the yard calls it the same. */
function servedAs(models: Machine['models'], ownName: string): ServedModel | undefined {
  const served = models.get(ownName);
  return served?.ownName === ownName ? served : [...models.values()].find((other) => other.ownName === ownName);
}

/** What the yard calls a model the machine tells of; looked at afresh only where it was not told of before. */
function nameOf(yard: YardState, machine: Machine, before: Machine['models'], told: MachineModel): string {
  const served = servedAs(before, told.id);
  if (served?.report.digest === told.digest) return served.report.id;
  return yardName(told, everyModel(yard), everyModel(yard, machine));
}

/** Models of all machines, lost ones too, or of all but one. */
function* everyModel(yard: YardState, except?: Machine): Generator<MachineModel> {
  for (const machine of yard.machines.values()) {
    if (machine === except) continue;
    for (const { report } of machine.models.values()) yield report;
    yield* machine.formerModels;
  }
}

/** Whether a report says nothing new that a list of models shows: of busy slots and speed, nearly every report does. */
function tellsTheSame({ report: before, ownName }: ServedModel, now: MachineModel, nowNamed: string): boolean {
  // A load goes on with every report: lists of models, which are as long as the fleet is large, follow by tenths.
  const shown = ({ busySlots: _, pace: __, loadFraction = 0, ...rest }: MachineModel): string =>
    JSON.stringify([rest, Math.floor(loadFraction * 10)]);
  return ownName === nowNamed && (before === now || shown(before) === shown(now));
}

/**
 * What was cancelled and not confirmed is cancelled again: a cancel or its answer may have got lost. Also under a model
 * that the machine does not list any more: its hold would stay for ever.
 */
function repeatCancels(yard: YardState, machine: Machine): void {
  for (const hold of machine.holds.values()) {
    if (isVoid(hold)) sendCancel(yard, machine, hold.ticket.requestId, hold.attempt, 'superseded');
  }
}

/** The owner keeps the machine from new work, or lets it work again. */
export function hold(yard: YardState, machine: Machine, held: boolean): void {
  machine.held = held;
  noteChange(machine);
  for (const model of machine.models.keys()) yard.unsettled.add(model);
}

/** The lease is due: one step down. */
export function leaseOverdue(yard: YardState, machine: Machine): void {
  switch (machine.status) {
    case 'live':
      setStatus(yard, machine, 'suspect');
      yard.deadlines.arm(machine.lease, yard.nowMs + machine.patience.lostMs - machine.patience.suspectMs);
      return;
    case 'suspect':
      drop(yard, machine);
      return;
    case 'lost':
      forgetMachine(yard, machine);
      return;
    default:
      machine.status satisfies never;
  }
}

/**
 * The machine's connection is gone, and its session may yet go on. What nobody has seen anything of
 * moves at once where there is room; what has been shown waits for the machine to come back.
 */
export function away(yard: YardState, machine: Machine): void {
  if (machine.status !== 'live' && machine.status !== 'suspect') return;
  const untilMs = yard.nowMs + yard.limits.leaseLostMs;
  // Who was silent before is waited for no longer because its connection was given up, too.
  yard.deadlines.arm(machine.lease, machine.status === 'live' ? untilMs : Math.min(untilMs, machine.lease.atMs));
  if (machine.status === 'live') setStatus(yard, machine, 'suspect');
  for (const hold of [...machine.holds.values()]) {
    const { ticket, attempt } = hold;
    if (isVoid(hold) || ticket.contentShown) continue;
    if (otherOfferGoesOn(ticket, attempt)) {
      moveHold(machine, ticket.requestId, attempt, 'cancelling');
      sendCancel(yard, machine, ticket.requestId, attempt, 'superseded');
    } else if (choose(yard, ticket).others.length > 0) {
      cancelAttempt(yard, ticket, 'superseded');
      tryAgain(yard, ticket, machine, machineLost(machine, ticket));
    }
  }
}

/** It is gone, and nobody meant it to be. */
export function drop(yard: YardState, machine: Machine): void {
  noteDrop(yard, machine);
  lose(yard, machine);
}

/** The machine's link is gone, or as good as gone: its tickets move, or fail if they have shown content. */
export function lose(yard: YardState, machine: Machine): void {
  setStatus(yard, machine, 'lost');
  noteAbsentee(yard, machine);
  yard.deadlines.arm(machine.lease, yard.nowMs + yard.limits.machineGoneMs);
  const holds = [...machine.holds.values()];
  machine.holds.clear();
  holds.forEach(unclaim);
  for (const served of machine.models.values()) forgetSlots(yard, served);
  for (const hold of holds) {
    if (isVoid(hold) || otherOfferGoesOn(hold.ticket, hold.attempt)) continue;
    tryAgain(yard, hold.ticket, machine, machineLost(machine, hold.ticket));
  }
}

/** Its owner let it go for good: nobody waits for it to come back. */
export function remove(yard: YardState, machine: Machine): void {
  if (machine.status !== 'lost') lose(yard, machine);
  for (const model of machine.models.keys()) yard.unsettled.add(model);
  forgetMachine(yard, machine);
}

function forgetMachine(yard: YardState, machine: Machine): void {
  forgetModels(yard, machine);
  yard.deadlines.disarm(machine.lease);
  yard.deadlines.disarm(machine.standing.trial);
  leaveCircles(yard, machine);
  forgetAbsentee(yard, machine);
  yard.machines.delete(machine.machineId);
}

function setStatus(yard: YardState, machine: Machine, status: Machine['status']): void {
  yard.modelsVersion += 1;
  machine.status = status;
  noteChange(machine);
  for (const model of machine.models.keys()) yard.unsettled.add(model);
  const { machineId, sessionId } = machine;
  yard.effects.push({ type: 'machine-changed', machineId, sessionId, status });
}

function forgetModels(yard: YardState, machine: Machine): void {
  yard.modelsVersion += 1;
  for (const served of machine.models.values()) forget(yard, served);
  machine.models.clear();
}

function forget(yard: YardState, served: ServedModel): void {
  yard.deadlines.disarm(served.quiet);
  yard.deadlines.disarm(served.load.deadline);
  forgetSlots(yard, served);
  withdraw(served);
}

function newMachine(yard: YardState, { machineId, sessionId, name }: SessionName & { readonly name: string }): Machine {
  yard.machinesSeen += 1;
  return {
    machineId,
    order: yard.machinesSeen,
    name,
    labels: [],
    sessionId,
    status: 'lost',
    draining: false,
    held: false,
    pressed: null,
    models: new Map(),
    formerModels: [],
    absentFrom: new Set(),
    holds: new Map(),
    lease: createDeadline({ kind: 'lease', machineId }),
    patience: usualLease(yard),
    standing: newStanding(machineId),
    answerMs: createAverage(0),
    workedAtMs: yard.nowMs,
    slowedBy: [],
    slowdown: 1,
    circles: new Set(),
    called: null,
    touched: yard.touched,
  };
}

function newServedModel(machine: Machine, report: MachineModel): ServedModel {
  return {
    machine,
    report,
    ownName: '',
    twinNames: [],
    slots: 0,
    plannedSlots: 0,
    foreignBusy: 0,
    waitsForNews: false,
    quiet: createDeadline({ kind: 'quiet', machineId: machine.machineId, model: report.id }),
    unavailable: null,
    spot: newSpot(),
    memories: new Map(),
    turnMs: createAverage(usualTurnMs),
    hopes: 0,
    load: {
      stage: 'idle',
      sinceMs: 0,
      because: null,
      isForeseen: false,
      isRefused: false,
      deadline: createDeadline({ kind: 'load', machineId: machine.machineId, model: report.id }),
    },
  };
}
