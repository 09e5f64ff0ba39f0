/**
 * Who may count the tokens of a prompt. A vocabulary is read without the weights, so a machine that has the file will do where nobody has
 * the model loaded; a copy that is blind counts nothing of a picture.
 */
import { machinesWithin } from './routing/called.ts';
import type { Confines } from './routing/circles.ts';
import { arrange, fleetOf, type ModelFleet } from './routing/fleet.ts';
import type { ServedModel, YardState } from './state.ts';

export interface CountNeeds {
  readonly model: string;
  /** The prompt has pictures. */
  readonly vision: boolean;
  /** A prompt is shown to no machine it may not run on. */
  readonly confines: Confines;
}

/** Copies that can count, one after the other: those that are loaded (`ready`), or those that could be. */
export function* counters(
  yard: YardState,
  { model, vision, confines }: CountNeeds,
  ready: boolean,
): Generator<ServedModel, void> {
  const isEverywhere = confines.wishes === null && confines.places === null;
  for (const served of isEverywhere ? copiesIn(yard, model) : copiesWithin(yard, confines, model)) {
    const { status, vision: sees } = served.report;
    const isAsWanted = ready ? status === 'ready' : status === 'available' || status === 'loading';
    if (isAsWanted && (sees === true || !vision)) yield served;
  }
}

function* copiesWithin(yard: YardState, confines: Confines, model: string): Generator<ServedModel, void> {
  for (const { models } of machinesWithin(yard, confines)) {
    const served = models.get(model);
    if (served !== undefined) yield served;
  }
}

function* copiesIn(yard: YardState, model: string): Generator<ServedModel, void> {
  arrange(yard);
  const { lanes, out }: ModelFleet = fleetOf(yard, model);
  for (const { open, full } of lanes.values()) {
    yield* open.items;
    yield* full.items;
  }
  for (const there of out.values()) yield* there;
}
