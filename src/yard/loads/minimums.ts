/**
 * Models that their owner wants loaded on so many machines at least, whoever asks for them or not. The yard chooses which
 * copies those are and tells their machines, which then unload them for no other model; where too few are loaded, it asks
 * for loads as it does for requests. Machines say with each report whether they keep a copy, so that a gateway that has
 * just started goes on with those that were kept before.
 */
import { createDeadline, isArmed } from '../deadlines.ts';
import { arrange, fleetOf, type ModelFleet } from '../routing/fleet.ts';
import type { Keeping, ServedModel, YardState } from '../state.ts';
import { askToLoad, isBetter, isOnItsWay, mayBeAsked } from './see-to-load.ts';

/** The owner has changed what is to stay loaded. Models that are not among them have no minimum any more. */
export function setMinimums(yard: YardState, minimums: ReadonlyMap<string, number>): void {
  const before = yard.minimums;
  yard.minimums = minimums;
  arrange(yard);
  for (const model of new Set([...before.keys(), ...minimums.keys()])) {
    if (before.get(model) === minimums.get(model)) continue;
    yard.unsettled.add(model);
    // Whoever has just said so is not to wait; a gateway that starts is told before any machine is there.
    keepingOf(yard, model).mayAsk = fleetOf(yard, model).size > 0;
  }
}

/** A machine says that it keeps its copy; whether it should is seen to at the end of the step. */
export function noteKept(yard: YardState, served: ServedModel): void {
  keepingOf(yard, served.report.id).copies.add(served);
}

/** The machines that were away have had their time. */
export function minimumDue(yard: YardState, model: string): void {
  keepingOf(yard, model).mayAsk = true;
  yard.unsettled.add(model);
}

/** Keeps as many copies as are wanted, of those that are loaded, and asks for loads where they are too few. */
export function seeToMinimum(yard: YardState, model: string): void {
  const least = yard.minimums.get(model) ?? 0;
  const keeping = yard.keeping.get(model);
  if (keeping === undefined) return;
  arrange(yard);
  const fleet = fleetOf(yard, model);
  const before = keeping.copies;
  const chosen = new Set([...before].filter(isLoaded).toSorted(byAge).slice(0, least));
  if (chosen.size < least) {
    for (const served of loadedIn(fleet).toSorted(firstToKeep)) if (chosen.size < least) chosen.add(served);
  }
  for (const served of before) if (!chosen.has(served)) tell(yard, served, false);
  for (const served of chosen) if (!before.has(served)) tell(yard, served, true);
  keeping.copies = chosen;
  if (chosen.size < least) return beShort(yard, keeping, fleet, least - chosen.size);
  keeping.mayAsk = false;
  yard.deadlines.disarm(keeping.patience);
  if (least === 0) yard.keeping.delete(model);
}

function keepingOf(yard: YardState, model: string): Keeping {
  let keeping = yard.keeping.get(model);
  if (keeping === undefined) {
    keeping = { copies: new Set(), patience: createDeadline({ kind: 'minimum', model }), mayAsk: false };
    yard.keeping.set(model, keeping);
  }
  return keeping;
}

/** Too few are loaded: machines are asked once those that are away have had their time, and again after that time. */
function beShort(yard: YardState, keeping: Keeping, fleet: ModelFleet, missing: number): void {
  if (keeping.mayAsk) {
    yard.deadlines.disarm(keeping.patience);
    keeping.mayAsk = askForMore(yard, fleet, missing);
  }
  if (!keeping.mayAsk && !isArmed(keeping.patience)) {
    yard.deadlines.arm(keeping.patience, yard.nowMs + yard.limits.minimumPatienceMs);
  }
}

/** How many copies of a model are to be loaded, and where they are. */
export interface MinimumView {
  readonly model: string;
  readonly least: number;
  /** Names of the machines that keep it loaded. */
  readonly on: readonly string[];
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
    const coming = copies.filter(isOnItsWay);
    const because = others.flatMap((served) => {
      const why = served.load.because ?? served.unavailable ?? served.report.failure?.message;
      return why === undefined || coming.includes(served) ? [] : [`${served.machine.name}: ${why}`];
    });
    const names = (those: readonly ServedModel[]) => those.map(({ machine }) => machine.name);
    return { model, least, on: names(loaded), coming: names(coming), because };
  });
}

/** Whether this copy counts: it is in memory, or will be, on a machine that takes work. A silent machine may come back. */
function isLoaded({ machine, report, spot }: ServedModel): boolean {
  if (spot.fleet === null || machine.held || machine.draining || machine.pressed !== null) return false;
  if (report.status === 'loading') return true;
  return report.status === 'ready' && report.givesWay !== true && report.attached?.loaded !== false;
}

function loadedIn({ lanes, out }: ModelFleet): ServedModel[] {
  const serving = [...lanes.values()].flatMap(({ open, full }) => [...open.items, ...full.items]);
  const others = [...(out.get('loading') ?? []), ...(out.get('silent') ?? []), ...(out.get('unavailable') ?? [])];
  return [...serving, ...others].filter(isLoaded);
}

const byAge = (one: ServedModel, other: ServedModel): number => one.machine.order - other.machine.order;

/** What stays anyway, then what is there already. */
function firstToKeep(one: ServedModel, other: ServedModel): number {
  const rank = ({ report }: ServedModel): number => (report.pinned === true ? 0 : report.status === 'ready' ? 1 : 2);
  return rank(one) - rank(other) || byAge(one, other);
}

/** Asks so many machines that have the model on disk; false: there are not so many that could be asked now. */
function askForMore(yard: YardState, { out }: ModelFleet, missing: number): boolean {
  const available = [...(out.get('available') ?? [])];
  let left = missing - available.filter(isOnItsWay).length;
  for (; left > 0; left -= 1) {
    let best: ServedModel | null = null;
    for (const served of available) {
      if (isOnItsWay(served) || !mayBeAsked(served)) continue;
      if (best === null || isBetter(served, best)) best = served;
    }
    if (best === null) return false;
    askToLoad(yard, best);
  }
  return true;
}

/** An attached server decides by itself what stays loaded. */
function tell(yard: YardState, { machine, ownName, report, spot }: ServedModel, isKept: boolean): void {
  if (spot.fleet === null || report.attached !== undefined) return;
  const { machineId, sessionId } = machine;
  yard.effects.push({ type: 'send-keep', machineId, sessionId, model: ownName, isKept });
}
