/** The load that a request waits for, for telling its client. Changes nothing. */
import { outlookOf } from '../outlook.ts';
import { placesIn } from '../routing/circles.ts';
import { fleetOf } from '../routing/fleet.ts';
import { isLoadMeasured, loadLeftMs } from '../routing/load-time.ts';
import type { ServedModel, Ticket, YardState } from '../state.ts';

export type AwaitedLoad = { readonly model: string } & (
  | {
      readonly stage: 'loading';
      readonly machine: string;
      /** How far it is, from 0 to 1. */
      readonly fraction: number;
      /** What is left of it, ms; null where it was never measured there. */
      readonly leftMs: number | null;
    }
  /** The machine was told to, and has not answered. */
  | { readonly stage: 'asked' }
  /** Why no machine loads it yet, and when one is asked again, ms from now; null: not known. */
  | { readonly stage: 'waiting'; readonly because: string | null; readonly againMs: number | null }
);

/** Null where the request does not wait, or not for a load. */
export function awaitedLoad(yard: YardState, requestId: string): AwaitedLoad | null {
  const ticket = yard.tickets.get(requestId);
  if (ticket === undefined || ticket.state.phase !== 'queued') return null;
  const outlook = outlookOf(yard, ticket);
  const { model } = ticket;
  if (outlook.kind !== 'loading') return null;
  if (!outlook.isOnItsWay) {
    const againMs = outlook.notBeforeMs === null ? null : Math.max(0, outlook.notBeforeMs - yard.nowMs);
    return { model, stage: 'waiting', because: outlook.seen, againMs };
  }
  const soonest = soonestLoad(yard, ticket);
  if (soonest === null) return { model, stage: 'asked' };
  const { machine, report } = soonest;
  const leftMs = isLoadMeasured(report) ? loadLeftMs(soonest, yard.nowMs) : null;
  return { model, stage: 'loading', machine: machine.name, fraction: report.loadFraction ?? 0, leftMs };
}

/** Machines that are looked at. */
const mostLooked = 64;

function soonestLoad(yard: YardState, { model, circle }: Ticket): ServedModel | null {
  const coming = circle === null ? fleetOf(yard, model).out.get('loading') : placesIn(circle, model).coming;
  let soonest: ServedModel | null = null;
  let left = mostLooked;
  for (const served of coming ?? []) {
    if (left === 0) break;
    left -= 1;
    if (served.report.status !== 'loading') continue;
    if (soonest === null || loadLeftMs(served, yard.nowMs) < loadLeftMs(soonest, yard.nowMs)) soonest = served;
  }
  return soonest;
}
