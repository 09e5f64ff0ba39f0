/**
 * The poison rule. A request that was being worked on when engines crashed on two different machines,
 * or three times on one, is refused from then on, and those crashes do not count against the model:
 * one bad request must not take down a pool. Others that were active in the same crashes are refused
 * too if it happens to them twice; that is rare, and they are told why.
 */
import type { ApiError } from '../contract/errors.ts';
import { requestCrashesEngines } from './rejections.ts';
import type { YardState } from './state.ts';

/** A request under which an engine crashed. */
export interface Suspect {
  readonly untilMs: number;
  readonly crashes: { readonly machineId: string; readonly requestId: string; readonly attempt: number }[];
}

const machinesNeeded = 2;
const crashesNeeded = 3;

/** Whether fingerprints matter at the moment: while no engine has crashed they need not be made. */
export function hasSuspects(yard: YardState): boolean {
  return yard.suspects.size > 0;
}

/** The error for a request that is known to crash engines, else null. */
export function poisoned(yard: YardState, fingerprint: string | undefined): ApiError | null {
  if (fingerprint === undefined) return null;
  const suspect = yard.suspects.get(fingerprint);
  if (suspect === undefined) return null;
  if (suspect.untilMs > yard.nowMs) return isPoison(suspect) ? requestCrashesEngines(suspect.crashes.length) : null;
  yard.suspects.delete(fingerprint);
  return null;
}

/** An engine crashed under this request. Once it is sure whose fault that was, the machines are told. */
export function noteCrash(
  yard: YardState,
  fingerprint: string,
  crash: { readonly machineId: string; readonly requestId: string; readonly attempt: number },
): void {
  const known = yard.suspects.get(fingerprint);
  const crashes = known === undefined || known.untilMs <= yard.nowMs ? [] : known.crashes;
  const suspect: Suspect = { untilMs: yard.nowMs + yard.limits.suspectMs, crashes: [...crashes, crash] };
  // The newest stands last.
  yard.suspects.delete(fingerprint);
  yard.suspects.set(fingerprint, suspect);
  for (const oldest of yard.suspects.keys()) {
    if (yard.suspects.size <= yard.limits.suspects) break;
    yard.suspects.delete(oldest);
  }
  if (!isPoison(suspect)) return;
  const wasKnown = isPoison({ untilMs: 0, crashes });
  for (const { machineId, requestId, attempt } of wasKnown ? [crash] : suspect.crashes) {
    const machine = yard.machines.get(machineId);
    if (machine === undefined || machine.status === 'lost') continue;
    yard.effects.push({ type: 'send-pardon', machineId, sessionId: machine.sessionId, requestId, attempt });
  }
}

function isPoison({ crashes }: Suspect): boolean {
  return crashes.length >= crashesNeeded || new Set(crashes.map(({ machineId }) => machineId)).size >= machinesNeeded;
}
