/**
 * How often a machine is to be heard, and how long it still counts as there when it is not. All machines together
 * are heard so often a second at most: a large fleet beats slower, and is waited for as many beats as a small one.
 * Over plain HTTP requests a word may take twice as long.
 */
import { limits } from '../contract/limits.ts';
import { beatGridMs } from './beat-grid.ts';

/** How a connection is carried: by a WebSocket, or by plain HTTP requests one of which waits. */
export type LinkWay = 'websocket' | 'http';

export interface Lease {
  /** Silent for so long, nothing new is offered, ms. */
  readonly suspectMs: number;
  /** Silent for so long, its tickets move or fail, ms. */
  readonly lostMs: number;
}

/** Between two reports of one machine of so many, ms: whole steps of the grid, so that its moment stays on it. */
export function heartbeatMs(machines: number): number {
  const steps = Math.ceil((machines * 1_000) / limits.heartbeatsPerSecond / beatGridMs);
  return Math.max(limits.heartbeatMs, steps * beatGridMs);
}

/** What a machine that was told to report each `beatMs` is to be told instead, ms; null: a quarter more or less is near enough. */
export function newHeartbeatMs(beatMs: number, machines: number): number | null {
  const wantedMs = heartbeatMs(machines);
  return Math.abs(wantedMs - beatMs) > beatMs / 4 ? wantedMs : null;
}

/** The slowest pace that is ever told, ms: a machine that claims another one is not believed. */
export const slowestHeartbeatMs = heartbeatMs(2 * limits.links);

/** Of a machine that was told to report each `heartbeatMs`. */
export function leaseOf(beatMs: number, way: LinkWay): Lease {
  const factor = (beatMs / limits.heartbeatMs) * (way === 'http' ? limits.httpLeaseFactor : 1);
  return { suspectMs: Math.round(limits.leaseSuspectMs * factor), lostMs: Math.round(limits.leaseLostMs * factor) };
}
