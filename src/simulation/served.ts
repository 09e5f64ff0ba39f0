/** A model on a simulated machine, and what is told of it. */
import type { ReadyModel } from '../agent/ready-model.ts';
import type { LoadTimes } from '../contract/link/load-times.ts';
import type { MachineModel } from '../contract/link/messages.ts';
import type { Resident } from '../yard/loads/make-room.ts';
import type { SimulatedEngine } from './engine.ts';

/** One model on the machine. */
export interface Served {
  readonly model: string;
  readonly slots: number;
  status: MachineModel['status'] | 'unloaded';
  /** While it is ready: what tickets see of it. */
  ready: ReadyModel | null;
  /** While it is loading or ready. */
  engine: SimulatedEngine | null;
  /** Loaded only when it is asked for; the machine has room for one such model. */
  readonly isCold: boolean;
  /** When it became ready, and how long that took, ms. */
  readyAtMs: number;
  loadMs: number;
  /** How long loads took, by their kind. The machine's file cache is empty when it starts. */
  loadTimes: LoadTimes;
  /** Takes nothing new until then, ms. */
  givesWayUntilMs: number;
  /** The gateway counts on it. */
  isKept: boolean;
}

/** Of every third machine the agent is older and tells one figure; guesses before the first load are bad ones. */
export function toldLoadTime({ loadTimes }: Served, octave: number): Pick<MachineModel, 'loadMs' | 'loadTimes'> {
  const { firstMs = 2_000, laterMs = firstMs, next } = loadTimes;
  const loadMs = next === 'first' ? firstMs : laterMs;
  return octave % 3 === 0 ? { loadMs } : { loadMs, loadTimes };
}

export const isColdModel = (model: string): boolean => model.startsWith('cold');

export const residentOf = ({ model, readyAtMs, loadMs, isKept }: Served, busySlots: number): Resident => ({
  id: model,
  bytes: 1,
  busySlots,
  stays: isKept ? 'kept' : null,
  loadedAtMs: readyAtMs,
  loadMs,
  againMs: loadMs,
  heat: 0,
});
