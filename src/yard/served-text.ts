/** What is said of a machine that has a model and does not serve it now. */
import { reasonText } from './routing/reasons.ts';
import { forbiddenBy } from './standing.ts';
import type { ServedModel } from './state.ts';

/** A sentence that begins with its name. */
export function saysOf(served: ServedModel): string {
  const { machine, report, unavailable, load, spot } = served;
  const { name, pressed } = machine;
  const forbidden = forbiddenBy(served);
  if (pressed === null && forbidden.length > 0) return `${name}: finding ${forbidden.join(', ')}`;
  if (pressed !== null) return `${name} ${reasonText.pressed}: ${pressed}`;
  const why =
    unavailable ?? (load.isRefused ? load.because : null) ?? (spot.reason === 'failed' ? failureOf(report) : null);
  if (why !== null) return `${name}: ${why}`;
  return `${name} ${spot.reason === null ? 'serves it' : reasonText[spot.reason]}`;
}

const failureOf = ({ failure }: ServedModel['report']): string | null => failure?.message ?? null;
