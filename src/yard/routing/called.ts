/**
 * Machines by what requests ask for: their names, their labels. What a request of its own wishes then costs as much as there are machines
 * that are called so, not as there are machines.
 */
import type { Machine, YardState } from '../state.ts';
import { type Confines, outsideBecause, trustedLabel } from './circles.ts';

/** What a machine stands under. */
export interface Called {
  readonly name: string;
  readonly labels: readonly string[];
}

/** Machines by each; none is empty. */
export interface CalledMachines {
  readonly names: Map<string, Set<Machine>>;
  readonly labels: Map<string, Set<Machine>>;
}

/** The machine is new, or is called otherwise than before. */
export function noteCalled(yard: YardState, machine: Machine): void {
  const { name, labels, called } = machine;
  if (called?.name === name && called.labels === labels) return;
  forgetCalled(yard, machine);
  machine.called = { name, labels };
  put(yard.called.names, name, machine);
  for (const label of labels) put(yard.called.labels, label, machine);
}

/** The machine is forgotten. */
export function forgetCalled({ called }: YardState, machine: Machine): void {
  if (machine.called === null) return;
  take(called.names, machine.called.name, machine);
  for (const label of machine.called.labels) take(called.labels, label, machine);
  machine.called = null;
}

/** Those inside, who was known longest first. */
export function machinesWithin(yard: YardState, confines: Confines): Machine[] {
  const inside = [...candidates(yard, confines).machines].filter(
    (machine) => outsideBecause(confines, machine) === null,
  );
  return inside.sort((one, other) => one.order - other.order);
}

/** Machines among whom all are that meet the confines. */
export interface Candidates {
  readonly size: number;
  readonly machines: Iterable<Machine>;
}

/** As few as are known at once; none is looked at. */
export function candidates({ machines, called }: YardState, { wishes, places }: Confines): Candidates {
  const byId = (id: string): Machine[] => {
    const machine = machines.get(id);
    return machine === undefined ? [] : [machine];
  };
  const these = (those: readonly Machine[]): Candidates => {
    const each = new Set(those);
    return { size: each.size, machines: each };
  };
  if (places !== null && places.machines !== null) return these(places.machines.flatMap(byId));
  if (wishes !== null && wishes.machines !== null) {
    return these(wishes.machines.flatMap((name) => [...byId(name), ...(called.names.get(name) ?? [])]));
  }
  const trusted = places?.trustedOnly === true ? [trustedLabel] : [];
  const labels = [...(wishes?.labels ?? []), ...(places?.labels ?? []), ...trusted];
  const sets = labels.map((label) => called.labels.get(label) ?? new Set<Machine>());
  const [fewest] = sets.toSorted((one, other) => one.size - other.size);
  return fewest === undefined
    ? { size: machines.size, machines: machines.values() }
    : { size: fewest.size, machines: fewest };
}

function put(map: Map<string, Set<Machine>>, key: string, machine: Machine): void {
  const there = map.get(key);
  if (there === undefined) map.set(key, new Set([machine]));
  else there.add(machine);
}

function take(map: Map<string, Set<Machine>>, key: string, machine: Machine): void {
  const there = map.get(key);
  there?.delete(machine);
  if (there?.size === 0) map.delete(key);
}
