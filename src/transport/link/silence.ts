/**
 * Silence on WebSockets. Proxies drop one that is idle for 60 s, and a peer that vanished without a word is found by
 * asking: after 20 s without a frame a socket is pinged, after as long again it is given up. Where frames come and
 * go, as heartbeats and their confirmations do, nothing is asked at all. One timer for all sockets of the process.
 */
import { limits } from '../../contract/limits.ts';

export interface Watched {
  /** Something has come. Set by its owner, taken back with each look. */
  heard: boolean;
  ping(): void;
  giveUp(why: string): void;
}

const looksPerPing = 4;
/** Looks without anything heard. */
const silent = new Map<Watched, number>();
let timer: NodeJS.Timeout | undefined;

export function watchForSilence(one: Watched): void {
  silent.set(one, 0);
  timer ??= setInterval(look, limits.linkPingMs / looksPerPing).unref();
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
    if (looks === looksPerPing) one.ping();
    else if (looks >= 2 * looksPerPing) one.giveUp(`nothing heard for ${(2 * limits.linkPingMs) / 1000} s`);
  }
}
