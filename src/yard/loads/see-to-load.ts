/**
 * A model that somebody waits for and nobody has loaded is loaded somewhere: which machine is asked, and when again.
 * The machine decides; it alone knows its memory. Everybody who asks for the model waits for the same load. A second
 * machine loads it too only when it has room that nobody uses and those who wait are many.
 *
 * A load that nobody waits for any more goes on: most of its work is done, and who left usually comes back.
 */
import { tellAnew } from '../queue/positions.ts';
import { waitingIn } from '../queue/queue.ts';
import { waitMs } from '../queue/service-times.ts';
import { fleetOf, noteChange } from '../routing/fleet.ts';
import { isLoadMeasured, loadTimeMs } from '../routing/load-time.ts';
import type { Machine, ModelQueue, ServedModel, YardState } from '../state.ts';

/** Told to load and not heard of since: it is asked again, or another machine is, ms. */
const answerMs = 10_000;
/** A machine that is to be asked again so soon does not know when it can load, and is busy until then, ms. */
const momentMs = 5_000;
/** So many waiting per slot that serves them are worth a second copy of the model. */
const waitingPerSlot = 2;

/** Asks a machine to load what this queue waits for, where that is right. The fleet of the model is arranged. */
export function seeToLoad(yard: YardState, queue: ModelQueue): void {
  const best = whoToAsk(yard, queue);
  if (best !== null) askToLoad(yard, best);
}

/** The machine that should be asked now to load what this queue waits for; null: none should, or it is on its way. */
export function whoToAsk(yard: YardState, queue: ModelQueue): ServedModel | null {
  const { out, slots, loadable } = fleetOf(yard, queue.model);
  if ((out.get('loading')?.size ?? 0) > 0 || loadable.asked.size > 0) return null;
  const [best] = loadable.askable.items;
  if (best === undefined) return null;
  // Another copy only where it takes nothing from others, and is there before those who wait have had their turn.
  const isWorthIt =
    waitingIn(queue) >= waitingPerSlot * slots &&
    best.report.room === 'free' &&
    loadTimeMs(best.report) < (waitMs(yard, queue, slots) ?? Number.POSITIVE_INFINITY);
  return slots === 0 || isWorthIt ? best : null;
}

/** Whether the model is being loaded there, or has been asked for. */
export function isOnItsWay({ report, load }: ServedModel): boolean {
  return report.status === 'loading' || load.stage === 'asked';
}

/** The machine says why it does not load the model now. Without a time nobody asks before it reports again. */
export function loadDeclined(
  yard: YardState,
  served: ServedModel,
  message: string,
  retryAfterMs: number | undefined,
): void {
  const { load } = served;
  // A wish of its owner's was declined, or nobody waits for this answer any more.
  if (load.stage !== 'asked') return;
  yard.unsettled.add(served.report.id);
  yard.deadlines.disarm(load.deadline);
  load.because = message;
  load.isRefused = retryAfterMs === undefined;
  load.isForeseen = retryAfterMs !== undefined && retryAfterMs > momentMs;
  if (retryAfterMs === undefined) {
    load.stage = 'idle';
    served.unavailable = message;
    return;
  }
  load.stage = 'declined';
  yard.deadlines.arm(load.deadline, yard.nowMs + retryAfterMs);
  if (isLoadMeasured(served.report)) tellAnew(yard, served.report.id);
}

/** It was to be asked again, or did not answer. */
export function loadDue(yard: YardState, machine: Machine, model: string): void {
  const served = machine.models.get(model);
  if (served === undefined) throw new Error(`a load of ${model} outlived the model on ${machine.name}`);
  served.load.stage = 'idle';
  noteChange(machine);
  yard.unsettled.add(model);
  const keeping = yard.keeping.get(model);
  if (keeping !== undefined) keeping.mayAsk = true;
}

/** What it reports is the answer, once it is another thing than that it could be loaded. */
export function noteLoadReport(yard: YardState, { report, load }: ServedModel): void {
  if (report.status === 'available') return;
  yard.deadlines.disarm(load.deadline);
  load.stage = 'idle';
  load.because = null;
  load.isRefused = false;
}

/** There is room now that was taken: until when it declined is of no account. */
export function endDecline(yard: YardState, { load }: ServedModel): void {
  if (load.stage !== 'declined') return;
  yard.deadlines.disarm(load.deadline);
  load.stage = 'idle';
}

/** Tells the machine to load the model; its report, or a decline, is the answer. */
export function askToLoad(yard: YardState, { machine, ownName, load }: ServedModel): void {
  const { machineId, sessionId } = machine;
  load.stage = 'asked';
  noteChange(machine);
  yard.deadlines.arm(load.deadline, yard.nowMs + answerMs);
  yard.effects.push({ type: 'send-load', machineId, sessionId, model: ownName });
}
