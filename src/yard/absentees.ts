/**
 * Machines that may serve a model again although they do not tell of it now: they were lost a moment ago, or have just come and not
 * told of their models. Kept by model, so that whether there is one costs the same however many machines there are.
 */
import type { Circle } from './routing/circles.ts';
import type { Machine, YardState } from './state.ts';

/** The machine's status or what it tells of has changed. */
export function noteAbsentee(yard: YardState, machine: Machine): void {
  const now = modelsAwaited(machine);
  if (now.size === 0 && machine.absentFrom.size === 0) return;
  for (const model of machine.absentFrom) if (!now.has(model)) strike(yard, machine, model);
  for (const model of now) absenteesOf(yard, model).add(machine);
  machine.absentFrom = now;
}

/** What it may serve again. */
export function modelsAwaited({ status, models, formerModels }: Machine): ReadonlySet<string> {
  const former = formerModels.map(({ id }) => id);
  return new Set(status === 'lost' ? [...former, ...models.keys()] : former);
}

/** The machine is forgotten. */
export function forgetAbsentee(yard: YardState, machine: Machine): void {
  for (const model of machine.absentFrom) strike(yard, machine, model);
  machine.absentFrom = new Set();
}

/** Whether one of them had the model; `circle`: one of its machines, null: any. */
export function mayComeBack({ absentees }: YardState, circle: Circle | null, model: string): boolean {
  const those = absentees.get(model);
  if (those === undefined) return false;
  if (circle === null) return true;
  const { machines } = circle;
  const [few, many] = those.size < machines.size ? [those, machines] : [machines, those];
  for (const machine of few) if (many.has(machine)) return true;
  return false;
}

function absenteesOf({ absentees }: YardState, model: string): Set<Machine> {
  const those = absentees.get(model) ?? new Set();
  absentees.set(model, those);
  return those;
}

function strike({ absentees }: YardState, machine: Machine, model: string): void {
  const those = absentees.get(model);
  those?.delete(machine);
  if (those?.size === 0) absentees.delete(model);
}
