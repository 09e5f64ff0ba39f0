/** How long until a machine could begin with a model that it has not loaded: foreseen from what loading it took there before. */
import type { MachineModel } from '../../contract/link/messages.ts';
import type { ServedModel } from '../state.ts';

/** A load takes about so long where nobody has measured it, ms: 5 GB from a middling disk. */
export const usualLoadMs = 30_000;
/** A load that takes longer than foreseen is taken to need so much of its time again. */
const overdueShare = 0.25;

/** Of a load from its beginning to its end, ms: as the machine measured or guessed it for a load of this kind. */
export const loadTimeMs = ({ loadMs = usualLoadMs }: MachineModel): number => loadMs;

/** Of a load that is under way: what is left of it, ms. By what it tells of its progress, else by the time since it began. */
export function loadLeftMs({ report, load }: ServedModel, nowMs: number): number {
  const { loadFraction = 0 } = report;
  const wholeMs = loadTimeMs(report);
  if (loadFraction > 0) return Math.max(0, 1 - loadFraction) * wholeMs;
  const elapsedMs = nowMs - load.sinceMs;
  return elapsedMs < wholeMs ? wholeMs - elapsedMs : elapsedMs * overdueShare;
}

/** What an attached server has to load before it reads a prompt, ms; 0 where the model is loaded. */
export const loadsFirstMs = (report: MachineModel): number =>
  report.attached?.loaded === false ? loadTimeMs(report) : 0;

/** Whether the machine has ever loaded the model. Agents that tell one figure are believed. */
export function isLoadMeasured({ loadMs, loadTimes }: MachineModel): boolean {
  return loadTimes === undefined ? loadMs !== undefined : (loadTimes.firstMs ?? loadTimes.laterMs) !== undefined;
}
