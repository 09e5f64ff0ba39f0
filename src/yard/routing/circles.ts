/**
 * Requests that may not run everywhere: the client named machines or labels, or the key is confined to some. All that ask for the
 * same share a circle: the machines that meet it, by model and by what they can do for it now. It is kept up to date by what
 * changes there, so that a request which nobody can take costs a look into an empty set when a machine reports, no search.
 */
import { isMachineId } from '../../contract/ids.ts';
import type { KeyPlaces } from '../../contract/key-places.ts';
import { mayComeBack } from '../absentees.ts';
import type { Machine, ServedModel, YardState } from '../state.ts';
import { forgetCalled, machinesWithin, noteCalled } from './called.ts';
import { type Lane, noteChange } from './fleet.ts';
import type { StandingReason, UnsuitableReason } from './reasons.ts';

/** What a client asks of machines. */
export interface Wishes {
  /** One of these, by id or name; null: any. */
  readonly machines: readonly string[] | null;
  /** With all of these labels. */
  readonly labels: readonly string[];
}

/** Where a request may run. */
export interface Confines {
  readonly wishes: Wishes | null;
  readonly places: KeyPlaces | null;
}

/** What a served model can do for a request that waits for it. */
export const stages = [
  'open',
  'full',
  /** It may be heard again. */
  'silent',
  /** It is being loaded, or was asked for. */
  'coming',
  'available',
  /** It could be loaded, but was not when it was last asked for, and no time was named. */
  'refusing',
  /** Loaded, and to be unloaded for another model. */
  'leaving',
  /** Its owner, its memory or a failure is in the way. */
  'barred',
] as const;
export type Stage = (typeof stages)[number];

export interface Places extends Readonly<Record<Stage, Set<ServedModel>>> {
  /** Those of `open` by their lane; no lane without any. */
  readonly lanes: Map<Lane, Set<ServedModel>>;
}

export interface Circle {
  readonly key: string;
  readonly confines: Confines;
  readonly machines: Set<Machine>;
  /** By model. */
  readonly models: Map<string, Places>;
  /** Requests that have not ended. */
  tickets: number;
}

/** Circles that nobody asks for at the moment and that are kept: whoever asks once asks again. */
const keptIdle = 64;

/** The label that makes a machine a trusted one. */
export const trustedLabel = 'trusted';

/** Why the machine is outside; null: it is inside. */
export function outsideBecause({ wishes, places }: Confines, machine: Machine): UnsuitableReason | null {
  if (places !== null) {
    // By id alone: whoever runs a machine chooses its name.
    if (places.machines !== null && !places.machines.includes(machine.machineId)) return 'key-machine';
    if (!hasLabels(places.labels, machine)) return 'key-label';
    if (places.trustedOnly && !machine.labels.includes(trustedLabel)) return 'not-trusted';
  }
  if (wishes === null) return null;
  if (wishes.machines !== null && !isNamed(wishes.machines, machine)) return 'other-machine';
  return hasLabels(wishes.labels, machine) ? null : 'label';
}

/** By its id, or by a name that is no id: whoever runs a machine chooses its name, and may choose the id of another. */
const isNamed = (names: readonly string[], { machineId, name }: Machine): boolean =>
  names.includes(machineId) || (names.includes(name) && !isMachineId(name));
const hasLabels = (labels: readonly string[], machine: Machine): boolean =>
  labels.every((label) => machine.labels.includes(label));

/** The circle of a new request; null when it may go everywhere. To be left when the request ends. */
export function joinCircle(yard: YardState, confines: Confines): Circle | null {
  if (confines.wishes === null && confines.places === null) return null;
  const key = JSON.stringify([confines.wishes, confines.places]);
  const known = yard.circles.get(key);
  const circle = known ?? drawCircle(yard, key, confines);
  circle.tickets += 1;
  return circle;
}

/** A request of the circle has ended. */
export function leaveCircle(yard: YardState, circle: Circle | null): void {
  if (circle === null) return;
  circle.tickets -= 1;
  if (circle.tickets > 0) return;
  // Behind all others: the Map's order is that of use.
  yard.circles.delete(circle.key);
  yard.circles.set(circle.key, circle);
  let idle = 0;
  for (const each of yard.circles.values()) if (each.tickets === 0) idle += 1;
  if (idle > keptIdle) for (const each of yard.circles.values()) if (each.tickets === 0) return erase(yard, each);
}

function drawCircle(yard: YardState, key: string, confines: Confines): Circle {
  const circle: Circle = { key, confines, machines: new Set(), models: new Map(), tickets: 0 };
  yard.circles.set(key, circle);
  for (const machine of machinesWithin(yard, confines)) admit(circle, machine);
  return circle;
}

function erase(yard: YardState, circle: Circle): void {
  yard.circles.delete(circle.key);
  for (const machine of circle.machines) machine.circles.delete(circle);
}

/** The machine is new, or is called otherwise than before. */
export function sortIntoCircles(yard: YardState, machine: Machine): void {
  noteCalled(yard, machine);
  for (const circle of yard.circles.values()) {
    const isInside = outsideBecause(circle.confines, machine) === null;
    if (isInside === circle.machines.has(machine)) continue;
    if (isInside) admit(circle, machine);
    else expel(circle, machine);
    noteChange(machine);
  }
}

/** The machine is forgotten. */
export function leaveCircles(yard: YardState, machine: Machine): void {
  forgetCalled(yard, machine);
  for (const circle of machine.circles) expel(circle, machine);
}

function admit(circle: Circle, machine: Machine): void {
  circle.machines.add(machine);
  machine.circles.add(circle);
  for (const served of machine.models.values()) put(circle, served);
}

function expel(circle: Circle, machine: Machine): void {
  circle.machines.delete(machine);
  machine.circles.delete(circle);
  for (const served of machine.models.values()) take(circle, served);
}

function put(circle: Circle, served: ServedModel): void {
  const { stage, openIn } = served.spot;
  if (stage === null) return;
  const places = placesIn(circle, served.report.id);
  places[stage].add(served);
  if (openIn === null) return;
  const there = places.lanes.get(openIn);
  if (there === undefined) places.lanes.set(openIn, new Set([served]));
  else there.add(served);
}

function take(circle: Circle, served: ServedModel): void {
  const { stage, openIn } = served.spot;
  if (stage === null) return;
  const places = placesIn(circle, served.report.id);
  places[stage].delete(served);
  if (openIn === null) return;
  const there = places.lanes.get(openIn);
  there?.delete(served);
  if (there?.size === 0) places.lanes.delete(openIn);
}

/** Its machines with a model, by what they can do. */
export function placesIn({ models }: Circle, model: string): Places {
  let places = models.get(model);
  if (places === undefined) {
    places = {
      open: new Set(),
      full: new Set(),
      silent: new Set(),
      coming: new Set(),
      available: new Set(),
      refusing: new Set(),
      leaving: new Set(),
      barred: new Set(),
      lanes: new Map(),
    };
    models.set(model, places);
  }
  return places;
}

/** What the served model can do has been looked at; null: it is not there any more. `openIn`: its lane while it has room. */
export function noteStage(served: ServedModel, stage: Stage | null, openIn: Lane | null): void {
  const { spot, machine } = served;
  if (spot.stage === stage && spot.openIn === openIn) return;
  for (const circle of machine.circles) take(circle, served);
  spot.stage = stage;
  spot.openIn = openIn;
  for (const circle of machine.circles) put(circle, served);
}

export function stageOf(reason: StandingReason, { load }: ServedModel): Stage {
  switch (reason) {
    case 'silent':
      return 'silent';
    case 'loading':
      return 'coming';
    case 'available':
      if (load.isRefused) return 'refusing';
      return load.stage === 'asked' ? 'coming' : 'available';
    case 'giving-way':
      return 'leaving';
    default:
      return 'barred';
  }
}

/** Whether there is, or was a moment ago, a machine of the circle that has the model. */
export function isKnownThere(yard: YardState, circle: Circle, model: string): boolean {
  const { lanes: _, ...places } = placesIn(circle, model);
  return Object.values(places).some((there) => there.size > 0) || mayComeBack(yard, circle, model);
}
