/**
 * Silence on WebSockets. Proxies drop one that is idle for 60 s, and a peer that vanished without a word is found by
 * asking: after 20 s without a frame a socket is pinged, after as long again it is given up. Where frames come and
 * go, as heartbeats and their confirmations do, nothing is asked at all; where heartbeats are further apart than that, which
 * those of thousands of machines are, they are waited for first. One timer for all sockets of the process.
 */
import { limits } from '../../contract/limits.ts';

export interface Watched {
  /** Something has come. Set by its owner, taken back with each look. */
  heard: boolean;
  /** Silent for so many looks, it is pinged. */
  readonly quietLooks: number;
  ping(): void;
  giveUp(why: string): void;
}

const looksPerPing = 4;
const lookMs = limits.linkPingMs / looksPerPing;
/** Heartbeats tremble, by a fifth where they have no moment of their own. */
const slack = 1.3;

export const usualQuietLooks = looksPerPing;

/** Of a socket on which something comes each so often, ms. */
export function quietLooksFor(everyMs: number): number {
  return Math.ceil(Math.max(limits.linkPingMs, Math.min(limits.linkLatestPingMs, everyMs * slack)) / lookMs);
}

/** Looks without anything heard. */
const silent = new Map<Watched, number>();
let timer: NodeJS.Timeout | undefined;

export function watchForSilence(one: Watched): void {
  silent.set(one, 0);
  timer ??= setInterval(look, lookMs).unref();
}

export function stopWatching(one: Watched): void {
  silent.delete(one);
  if (silent.size > 0) return;
  clearInterval(timer);
  timer = undefined;
}

function look(): void {
  for (const [one, before] of silent) {
    const looks = one.heard ? 0 : before + 1;
    one.heard = false;
    if (looks !== before) silent.set(one, looks);
    const lastLook = one.quietLooks + looksPerPing;
    if (looks === one.quietLooks) one.ping();
    else if (looks >= lastLook) one.giveUp(`nothing heard for ${(lastLook * lookMs) / 1000} s`);
  }
}
