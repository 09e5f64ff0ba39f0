/**
 * Who may count the tokens of a prompt. A vocabulary is read without the weights, so a machine that has the file will do where nobody has
 * the model loaded; a copy that is blind counts nothing of a picture.
 */
import { candidates } from './routing/called.ts';
import { type Confines, outsideBecause } from './routing/circles.ts';
import { arrange, fleetOf, type ModelFleet } from './routing/fleet.ts';
import type { Machine, ServedModel, YardState } from './state.ts';

export interface CountNeeds {
  readonly model: string;
  /** The prompt has pictures. */
  readonly vision: boolean;
  /** A prompt is shown to no machine it may not run on. */
  readonly confines: Confines;
}

/** Copies that can count, one after the other: those that are loaded (`ready`), or those that could be. Nobody is looked at who is not asked for. */
export function* counters(
  yard: YardState,
  { model, vision, confines }: CountNeeds,
  ready: boolean,
): Generator<ServedModel, void> {
  for (const served of copiesWithin(yard, confines, model)) {
    const { status, vision: sees } = served.report;
    const isAsWanted = ready ? status === 'ready' : status === 'available' || status === 'loading';
    if (isAsWanted && (sees === true || !vision)) yield served;
  }
}

/** By the machines that have the model, or by those that are called as is asked for: whichever are fewer. */
function* copiesWithin(yard: YardState, confines: Confines, model: string): Generator<ServedModel, void> {
  arrange(yard);
  const fleet = fleetOf(yard, model);
  const { size, machines } = candidates(yard, confines);
  for (const served of fleet.size <= size ? copiesIn(fleet) : copiesOn(machines, model)) {
    if (outsideBecause(confines, served.machine) === null) yield served;
  }
}

function* copiesOn(machines: Iterable<Machine>, model: string): Generator<ServedModel, void> {
  for (const { models } of machines) {
    const served = models.get(model);
    if (served !== undefined) yield served;
  }
}

function* copiesIn({ lanes, out }: ModelFleet): Generator<ServedModel, void> {
  for (const { open, full } of lanes.values()) {
    yield* open.items;
    yield* full.items;
  }
  for (const there of out.values()) yield* there;
}
