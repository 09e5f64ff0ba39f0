/**
 * Why none of the machines that a request may go to serves its model: machine by machine, and what to do about each. Those of its
 * circle are told first; where none of them has to do with the model, those outside that have it.
 */
import type { ApiError } from '../contract/errors.ts';
import { type Hindrance, named, noMachineWithin } from './rejections.ts';
import { type Circle, outsideBecause, placesIn } from './routing/circles.ts';
import { fleetOf } from './routing/fleet.ts';
import { reasonText, type UnsuitableReason } from './routing/reasons.ts';
import { saysOf } from './served-text.ts';
import type { Machine, ServedModel, Ticket, YardState } from './state.ts';

/** Machines that are looked at. */
const mostLooked = 64;

/** The error of a request that is kept to a circle. */
export function absenceWithin(yard: YardState, ticket: Ticket, circle: Circle): ApiError {
  const account = new Account();
  const { open, full, silent, coming, available, leaving, refusing, barred } = placesIn(circle, ticket.model);
  for (const there of [barred, refusing, leaving, available, silent, coming, open, full]) {
    for (const served of few(there)) account.noteOwn(hindranceOf(served), served.machine.name, saysOf(served));
  }
  noteGone(account, circle, ticket.model);
  if (account.isEmpty) {
    noteOutside(account, yard, ticket, circle);
    noteWithout(account, circle);
    noteUnknown(account, yard, circle);
  }
  return noMachineWithin(ticket, circle.confines, account.says, account.whoBy);
}

/** Of a machine of the circle that has the model. */
function hindranceOf({ spot, load }: ServedModel): Hindrance {
  if (spot.reason === null) return 'full';
  return load.isRefused && (spot.reason === 'available' || spot.reason === 'unavailable') ? 'said-no' : spot.reason;
}

function noteGone(account: Account, { machines }: Circle, model: string): void {
  for (const { status, name, models, formerModels } of few(machines)) {
    const had = models.has(model) || formerModels.some(({ id }) => id === model);
    if (had && status === 'lost') account.note('gone', name, 'is not connected');
  }
}

/** Machines that have the model, and may not have the request. */
function noteOutside(account: Account, yard: YardState, { model }: Ticket, circle: Circle): void {
  for (const { machine } of few(servedBy(yard, model))) {
    const reason = outsideBecause(circle.confines, machine);
    if (reason !== null) account.note(reason, machine.name, outsideText(machine, reason, circle));
  }
}

function outsideText({ labels }: Machine, reason: UnsuitableReason, { confines }: Circle): string {
  const needed = reason === 'label' ? confines.wishes?.labels : reason === 'key-label' ? confines.places?.labels : [];
  const lacks = (needed ?? []).filter((label) => !labels.includes(label));
  return `${reasonText[reason]}${lacks.length === 0 ? '' : ` (${lacks.join(', ')})`}`;
}

/** Those it may go to have other models. */
function noteWithout(account: Account, { machines }: Circle): void {
  for (const { status, name } of few(machines)) {
    if (status === 'lost') account.note('gone', name, 'is not connected');
    else account.note('lacks-it', name, 'does not have it');
  }
}

/** Names that the client asked for and nobody has. */
function noteUnknown(account: Account, { machines }: YardState, { confines }: Circle): void {
  const names = confines.wishes?.machines ?? [];
  if (names.length === 0) return;
  const known = new Set<string>();
  for (const { name, machineId } of machines.values()) known.add(name).add(machineId);
  for (const name of names) {
    if (!known.has(name)) account.noteOwn('unknown', name, `no machine called ${name} is connected`);
  }
}

function* servedBy(yard: YardState, model: string): Generator<ServedModel, void> {
  const { lanes, out } = fleetOf(yard, model);
  for (const { open, full } of lanes.values()) {
    yield* open.items;
    yield* full.items;
  }
  for (const there of out.values()) yield* there;
}

function* few<Item>(there: Iterable<Item>): Generator<Item, void> {
  let left = mostLooked;
  for (const item of there) {
    if (left === 0) return;
    left -= 1;
    yield item;
  }
}

/** Who is in the way, and by what. */
class Account {
  readonly #own: string[] = [];
  /** By what is said of all of them. */
  readonly #alike = new Map<string, string[]>();
  readonly #names = new Map<Hindrance, string[]>();

  /** `says`: a sentence. */
  noteOwn(hindrance: Hindrance, name: string, says: string): void {
    this.#own.push(says);
    append(this.#names, hindrance, name);
  }

  /** `says`: the sentence without its subject. */
  note(hindrance: Hindrance, name: string, says: string): void {
    append(this.#alike, says, name);
    append(this.#names, hindrance, name);
  }

  get isEmpty(): boolean {
    return this.#names.size === 0;
  }

  /** For a sentence; '' when nobody is there. */
  get says(): string {
    const own = this.#own.length === 0 ? [] : [named(this.#own, '; ')];
    const alike = [...this.#alike].map(
      ([says, names]) => `${names.length === 1 ? '' : 'each of '}${named(names, ', ')} ${says}`,
    );
    return [...alike, ...own].join('; ');
  }

  get whoBy(): ReadonlyMap<Hindrance, string> {
    return new Map([...this.#names].map(([hindrance, names]) => [hindrance, named(names, ', ')]));
  }
}

function append<Key>(lists: Map<Key, string[]>, key: Key, text: string): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [text]);
  else list.push(text);
}
