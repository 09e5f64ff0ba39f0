/** How fast a machine is with a model: measured on the machine, or assumed until it has been. */
import type { Pace } from '../../contract/link/prefix.ts';
import type { ServedModel } from '../state.ts';

/** Of a machine that says nothing: an older agent, or hardware nobody knows. A slow GPU, a fast processor. */
const presumed: Pace = { readPerS: 500, writePerS: 20, startMs: 0, wakeMs: 0, confidence: 0 };

export function paceOf({ report }: ServedModel): Pace {
  return report.pace ?? presumed;
}
