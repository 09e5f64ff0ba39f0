/** Reading the yard, for display, `/v1/models` and logs. Nothing here changes it. */
import type { MachineModel } from '../contract/link/messages.ts';
import { type ModelOutlook, outlookRank } from './model-names.ts';
import { doubtsAbout } from './standing.ts';
import type { Machine, YardState } from './state.ts';

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
  readonly draining: boolean;
}

export function viewYard(yard: YardState): YardView {
  return {
    machines: Array.from(yard.machines.values(), (machine) => viewMachine(yard, machine)),
    waiting: yard.waiting,
    running: yard.tickets.size - yard.waiting,
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

/** A model as reported by the machine on which it stands best. */
export type AvailableModel = MachineModel & { readonly outlook: ModelOutlook };

/** Every model a request may name now, one entry per id. */
export function availableModels(yard: YardState): AvailableModel[] {
  const best = new Map<string, AvailableModel>();
  const consider = (report: MachineModel, outlook: ModelOutlook): void => {
    const known = best.get(report.id);
    if (known === undefined || outlookRank[outlook] < outlookRank[known.outlook]) {
      best.set(report.id, { ...report, outlook });
    }
  };
  for (const machine of yard.machines.values()) {
    for (const { report } of machine.models.values()) {
      consider(report, machine.status === 'lost' ? 'absent' : report.status);
    }
    for (const report of machine.formerModels) consider(report, 'absent');
  }
  return [...best.values()];
}
