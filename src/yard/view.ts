/** Reading the yard, for display, `/v1/models` and logs. Nothing here changes it. */

import type { MachineModel } from '../contract/link/messages.ts';
import { isReserved } from './names/aliases.ts';
import { type ModelOutlook, type NamedModel, outlookRank } from './names/named-model.ts';
import { weigh } from './names/quality.ts';
import { type QueueView, viewQueues } from './queue/view-queues.ts';
import { machinesWithin } from './routing/called.ts';
import type { Confines } from './routing/circles.ts';
import { arrange, isShut, standingOf } from './routing/fleet.ts';
import { loadsFirstMs, loadTimeMs } from './routing/load-time.ts';
import { doubtsAbout } from './standing.ts';
import type { Machine, ServedModel, YardState } from './state.ts';

export interface MachineView {
  readonly machineId: string;
  readonly name: string;
  readonly status: Machine['status'];
  readonly draining: boolean;
  /** Its owner keeps it from new work. */
  readonly held: boolean;
  /** Why it takes no tickets for want of memory, or null. */
  readonly pressed: string | null;
  /** Why others are preferred at the moment, as a sentence; null when they are not. */
  readonly doubts: string | null;
  /** As last reported; kept while the machine is lost and not yet forgotten. */
  readonly models: readonly MachineModel[];
  /** Tickets of ours that hold a slot there. */
  readonly tickets: number;
}

export interface YardView {
  readonly machines: readonly MachineView[];
  /** Requests in the queues. */
  readonly waiting: number;
  /** Requests offered to or at work on a machine. */
  readonly running: number;
  readonly queues: readonly QueueView[];
  readonly draining: boolean;
}

export function viewYard(yard: YardState): YardView {
  return {
    machines: Array.from(yard.machines.values(), (machine) => viewMachine(yard, machine)),
    waiting: yard.waiting,
    running: yard.tickets.size - yard.waiting,
    queues: viewQueues(yard),
    draining: yard.draining,
  };
}

function viewMachine(yard: YardState, machine: Machine): MachineView {
  const { machineId, name, status, draining, held, pressed } = machine;
  const models = Array.from(machine.models.values(), (served) => served.report);
  return {
    machineId,
    name,
    status,
    draining,
    held,
    pressed,
    doubts: doubtsAbout(yard, machine),
    models,
    tickets: machine.holds.size,
  };
}

/** A copy of a model on one machine. */
export interface ModelCopy {
  readonly machineId: string;
  /** What the machine itself calls it. */
  readonly ownName: string;
  readonly outlook: ModelOutlook;
  readonly report: MachineModel;
}

/** What changes with every request is told by machine: in a list of models it would seldom be true. */
type Load = 'busySlots' | 'pace';

/** A model of the yard: what its best copies tell, taken together. Nothing in it grows with the number of machines. */
export interface AvailableModel extends NamedModel, Omit<MachineModel, keyof NamedModel | 'artefact' | Load> {
  /** Machines where it stands as well as anywhere. */
  readonly machines: number;
}

interface Lists {
  readonly version: number;
  /** By what they are confined to. */
  readonly models: Map<string, readonly AvailableModel[]>;
}

const lists = new WeakMap<YardState, Lists>();
/** So many lists are kept: requests may ask for any machines. */
const mostLists = 64;
const everywhere: Confines = { wishes: null, places: null };

/**
 * Every model a request may name now, one entry per id; of one that may not run everywhere, as they are where it may. The same
 * list until something of it has changed.
 */
export function availableModels(yard: YardState, confines = everywhere): readonly AvailableModel[] {
  arrange(yard);
  let known = lists.get(yard);
  if (known?.version !== yard.modelsVersion) {
    known = { version: yard.modelsVersion, models: new Map() };
    lists.set(yard, known);
  }
  const key = confines === everywhere ? '' : JSON.stringify(confines);
  let models = known.models.get(key);
  if (models === undefined) {
    models = Array.from(modelCopies(yard, confines).values(), ({ copies, names }) =>
      // Nobody asks for a model by what means something else.
      together(
        yard,
        copies,
        [...names].filter((name) => !isReserved(name)),
      ),
    );
    if (known.models.size >= mostLists) known.models.clear();
    known.models.set(key, models);
  }
  return models;
}

/** The copies of each model, those that stand best first, and what their machines call them. */
export function modelCopies(
  yard: YardState,
  confines = everywhere,
): ReadonlyMap<string, { readonly copies: readonly ModelCopy[]; readonly names: ReadonlySet<string> }> {
  const found = new Map<string, { readonly copies: ModelCopy[]; readonly names: Set<string> }>();
  const add = (copy: ModelCopy, names: readonly string[]): void => {
    const { id } = copy.report;
    const model = found.get(id) ?? { copies: [], names: new Set<string>() };
    found.set(id, model);
    model.copies.push(copy);
    for (const name of names) if (name !== id) model.names.add(name);
  };
  for (const machine of confines === everywhere ? yard.machines.values() : machinesWithin(yard, confines)) {
    const { machineId, models, formerModels } = machine;
    for (const served of models.values()) {
      const { report, ownName, twinNames } = served;
      add({ machineId, ownName, outlook: outlookOf(served), report }, [
        ownName,
        ...twinNames,
        report.artefact?.name ?? ownName,
      ]);
    }
    for (const report of formerModels) add({ machineId, ownName: report.id, outlook: 'absent', report }, []);
  }
  for (const { copies } of found.values()) copies.sort((a, b) => outlookRank[a.outlook] - outlookRank[b.outlook]);
  return found;
}

function outlookOf(served: ServedModel): ModelOutlook {
  if (served.machine.status === 'lost') return 'absent';
  if (isShut(served)) return 'shut';
  return standingOf(served) === 'giving-way' ? 'available' : served.report.status;
}

function together(yard: YardState, copies: readonly ModelCopy[], otherNames: readonly string[]): AvailableModel {
  const [best] = copies;
  if (best === undefined) throw new Error('a model without a copy');
  const { report, outlook } = best;
  // What stands worse says nothing of what a request gets now.
  const reports = copies.filter((copy) => copy.outlook === outlook).map((copy) => copy.report);
  const readyInMs = reports.map((each) => readyIn(each, outlook)).filter((ms) => ms !== null);
  // Copies may tell a little more or less; the order of models must not depend on which of them is there.
  const parametersOf = (copy: ModelCopy): number => copy.report.artefact?.parameters ?? 0;
  const fullest = copies.reduce((most, copy) => (parametersOf(copy) > parametersOf(most) ? copy : most));
  const { quality, parameters } = weigh(report.id, fullest.report.artefact);
  const { busySlots: _, pace: __, ...told } = report;
  return {
    ...told,
    outlook,
    warm: readyInMs.includes(0),
    readyInMs: readyInMs.length === 0 ? null : Math.min(...readyInMs),
    window: Math.max(...reports.map(({ window }) => window)),
    tokensPerEstimate: yard.fleets.get(report.id)?.toldTokensPerEstimate ?? 1,
    // Requests are sent to copies that can do what they need; of the rest, what the least engine keeps is promised.
    tier: reports.some(({ tier }) => tier === 'chat') ? 'chat' : 'raw',
    schemas: reports.some(({ tier = 'raw', schemas = tier === 'raw' }) => schemas),
    tools: reports.some(({ tools }) => tools),
    thinking: reports.some(({ thinking }) => thinking),
    vision: reports.some(({ vision }) => vision === true),
    createdAtMs: Math.max(...reports.map(({ createdAtMs }) => createdAtMs)),
    quality,
    parameters,
    otherNames,
    digests: [...new Set(copies.map((copy) => copy.report.digest))].filter((digest) => digest !== ''),
    machines: reports.length,
  };
}

/** Until a copy could answer, ms. */
function readyIn(report: MachineModel, outlook: ModelOutlook): number | null {
  const { loadFraction = 0 } = report;
  const loadMs = loadTimeMs(report);
  if (outlook === 'loading') return Math.max(1, Math.round((1 - loadFraction) * loadMs));
  if (outlook === 'available') return loadMs;
  if (outlook !== 'ready') return null;
  return loadsFirstMs(report);
}

/** What the machine itself calls a model of the yard. */
export function nameOnMachine(yard: YardState, machineId: string, model: string): string {
  return yard.machines.get(machineId)?.models.get(model)?.ownName ?? model;
}
