/**
 * Models that their owner wants loaded on so many machines at least, whoever asks for them or not. The yard chooses which
 * copies those are and tells their machines, which then unload them for no other model; where too few are loaded, it asks
 * for loads as it does for requests. Machines say with each report whether they keep a copy, so that a gateway that has
 * just started goes on with those that were kept before.
 */
import { createDeadline, isArmed } from '../deadlines.ts';
import { arrange, fleetOf, type ModelFleet } from '../routing/fleet.ts';
import { isBetter, mayBeAsked } from '../routing/loadable.ts';
import type { DeadlineSubject, Keeping, ServedModel, YardState } from '../state.ts';
import { askToLoad, isOnItsWay } from './see-to-load.ts';

/** Of the machines that have the model on disk, so many are looked at when one is to be asked. */
const mostLooked = 1_000;

/** The owner has changed what is to stay loaded. Models that are not among them have no minimum any more. */
export function setMinimums(yard: YardState, minimums: ReadonlyMap<string, number>): void {
  const before = yard.minimums;
  yard.minimums = minimums;
  arrange(yard);
  for (const model of new Set([...before.keys(), ...minimums.keys()])) {
    if (before.get(model) === minimums.get(model)) continue;
    yard.unsettled.add(model);
    const keeping = keepingOf(yard, model);
    // Whoever has just said so is not to wait; a gateway that starts is told before any machine is there.
    if (fleetOf(yard, model).size === 0) keeping.awaitsUnknown = true;
    keeping.mayAsk = true;
  }
}

/** A machine says that it keeps its copy; whether it should is seen to at the end of the step. */
export function noteKept(yard: YardState, served: ServedModel): void {
  keepingOf(yard, served.report.id).copies.add(served);
}

/** The machines that were away have had their time, and those that were asked. */
export function minimumDue(yard: YardState, model: string): void {
  const keeping = keepingOf(yard, model);
  keeping.awaited.clear();
  keeping.awaitsUnknown = false;
  keeping.mayAsk = true;
  yard.unsettled.add(model);
}

/**
 * Keeps as many copies as are wanted, of those that are loaded, and asks for loads where they are too few. Runs at the end of
 * every step that touches the model: where nothing has changed it looks at the kept copies alone.
 */
export function seeToMinimum(yard: YardState, model: string): void {
  const keeping = yard.keeping.get(model);
  if (keeping === undefined) return;
  const least = yard.minimums.get(model) ?? 0;
  arrange(yard);
  const fleet = fleetOf(yard, model);
  const before = keeping.copies;
  const loaded = countLoaded(fleet);
  const onDisk = fleet.out.get('available')?.size ?? 0;
  const staying = [...before].filter(isLoaded);
  const isAsBefore = staying.length === before.size && !keeping.mayAsk;
  const isNoneNew = loaded === keeping.loaded && onDisk === keeping.onDisk;
  // While they are too few all that are loaded are kept: only another one, one that could load it, or time makes a difference.
  if (isAsBefore && (before.size === least ? least > 0 : before.size < least && isNoneNew)) return;

  const chosen = new Set(staying.toSorted(byAge).slice(0, least));
  if (chosen.size < least) {
    for (const served of loadedIn(fleet).toSorted(firstToKeep)) if (chosen.size < least) chosen.add(served);
  }
  for (const served of before) if (!chosen.has(served)) tell(yard, served, false);
  for (const served of chosen) if (!before.has(served)) tell(yard, served, true);
  keeping.copies = chosen;
  keeping.loaded = loaded;
  keeping.onDisk = onDisk;
  if (chosen.size < least) {
    const gone = [...before].filter((served) => !chosen.has(served));
    for (const { machine } of gone) keeping.awaited.add(machine.machineId);
    if (gone.length > 0) yard.deadlines.disarm(keeping.patience);
    return beShort(yard, keeping, fleet, { model, missing: least - chosen.size });
  }
  keeping.awaited.clear();
  keeping.awaitsUnknown = false;
  keeping.mayAsk = false;
  yard.deadlines.disarm(keeping.patience);
  if (least === 0) yard.keeping.delete(model);
}

function keepingOf(yard: YardState, model: string): Keeping {
  let keeping = yard.keeping.get(model);
  if (keeping === undefined) {
    const patience = createDeadline<DeadlineSubject>({ kind: 'minimum', model });
    keeping = {
      ...{ copies: new Set(), loaded: -1, onDisk: -1 },
      ...{ awaited: new Set(), awaitsUnknown: false, patience, mayAsk: false },
    };
    yard.keeping.set(model, keeping);
  }
  return keeping;
}

/** Too few are loaded: machines are asked for those that nobody is awaited for, and looked at again after a while. */
function beShort(
  yard: YardState,
  keeping: Keeping,
  fleet: ModelFleet,
  { model, missing }: { readonly model: string; readonly missing: number },
): void {
  keeping.mayAsk = false;
  for (const machineId of keeping.awaited) {
    // It is back: what it had loaded it has on disk alone.
    const reason = yard.machines.get(machineId)?.models.get(model)?.spot.reason;
    if (reason === 'available') keeping.awaited.delete(machineId);
  }
  if (!keeping.awaitsUnknown) askForMore(yard, fleet, missing - keeping.awaited.size);
  if (!isArmed(keeping.patience)) {
    yard.deadlines.arm(keeping.patience, yard.nowMs + yard.limits.minimumPatienceMs);
  }
}

/** How many copies of a model are to be loaded, and where they are. */
export interface MinimumView {
  readonly model: string;
  readonly least: number;
  /** Names of the machines that keep it loaded. */
  readonly on: readonly string[];
  /** Machines that were told to and have not said that they do: agents of before there were minimums never say so. */
  readonly told: readonly string[];
  /** Machines that are loading it, or were asked to. */
  readonly coming: readonly string[];
  /** Why other machines that have it do not load it, a sentence each. */
  readonly because: readonly string[];
}

/** For people; in the order in which the owner's words are kept. */
export function viewMinimums(yard: YardState): readonly MinimumView[] {
  return Array.from(yard.minimums, ([model, least]) => {
    const kept = [...(yard.keeping.get(model)?.copies ?? [])];
    const copies = [...yard.machines.values()].flatMap(({ models }) => models.get(model) ?? []);
    const others = copies.filter((served) => !kept.includes(served));
    const loaded = kept.filter(({ report }) => report.status === 'ready');
    const hasConfirmed = ({ report }: ServedModel) => report.kept === true || report.attached !== undefined;
    const told = loaded.filter((served) => !hasConfirmed(served));
    const coming = copies.filter(isOnItsWay);
    const because = others.flatMap((served) => {
      const itsServer = served.report.attached?.loaded === false ? 'its server decides what is loaded' : undefined;
      const why = served.load.because ?? served.unavailable ?? served.report.failure?.message ?? itsServer;
      return why === undefined || coming.includes(served) ? [] : [`${served.machine.name}: ${why}`];
    });
    const names = (those: readonly ServedModel[]) => those.map(({ machine }) => machine.name);
    return { model, least, on: names(loaded.filter(hasConfirmed)), told: names(told), coming: names(coming), because };
  });
}

/** Whether this copy counts: it is in memory, or will be, on a machine that takes work. A silent machine may come back. */
function isLoaded({ machine, report, spot }: ServedModel): boolean {
  if (spot.fleet === null || machine.held || machine.draining || machine.pressed !== null) return false;
  if (report.status === 'loading') return true;
  return report.status === 'ready' && report.givesWay !== true && report.attached?.loaded !== false;
}

/** Standing under these reasons it may be loaded all the same. */
const notServing = ['loading', 'silent', 'unavailable'] as const;

function loadedIn({ lanes, out }: ModelFleet): ServedModel[] {
  const serving = [...lanes.values()].flatMap(({ open, full }) => [...open.items, ...full.items]);
  return [...serving, ...notServing.flatMap((reason) => [...(out.get(reason) ?? [])])].filter(isLoaded);
}

/** How many there are to look at in `loadedIn`, without looking. */
function countLoaded({ lanes, out }: ModelFleet): number {
  let count = 0;
  for (const { open, full } of lanes.values()) count += open.items.length + full.items.length;
  for (const reason of notServing) count += out.get(reason)?.size ?? 0;
  return count;
}

const byAge = (one: ServedModel, other: ServedModel): number => one.machine.order - other.machine.order;

/** What stays anyway, then what is there already. */
function firstToKeep(one: ServedModel, other: ServedModel): number {
  const rank = ({ report }: ServedModel): number => (report.pinned === true ? 0 : report.status === 'ready' ? 1 : 2);
  return rank(one) - rank(other) || byAge(one, other);
}

/** Asks so many machines that have the model on disk, less those that were asked already. Not all are looked at where they are many. */
function askForMore(yard: YardState, { out }: ModelFleet, missing: number): void {
  const looked: ServedModel[] = [];
  for (const served of out.get('available') ?? []) {
    looked.push(served);
    if (looked.length >= mostLooked) break;
  }
  let left = missing - looked.filter(isOnItsWay).length;
  const able = looked.filter((served) => !isOnItsWay(served) && mayBeAsked(served));
  for (const served of able.toSorted((one, other) => (isBetter(one, other) ? -1 : isBetter(other, one) ? 1 : 0))) {
    if (left <= 0) return;
    left -= 1;
    askToLoad(yard, served);
  }
}

/** An attached server decides by itself what stays loaded. */
function tell(yard: YardState, { machine, ownName, report, spot }: ServedModel, isKept: boolean): void {
  if (spot.fleet === null || report.attached !== undefined) return;
  const { machineId, sessionId } = machine;
  yard.effects.push({ type: 'send-keep', machineId, sessionId, model: ownName, isKept });
}
