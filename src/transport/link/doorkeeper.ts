/**
 * Who is let in when a whole fleet stands at the door. Handshakes that are all begun at once all end late, and are given
 * up by those who wait; so a few are under way at a time, some stand in line, and everybody else is told when to come
 * again: each at a moment of its own, one after the other as fast as handshakes have ended lately. Visitors are kept apart by
 * where they come from (`crowd.ts`): origins take turns, and none has all handshakes to itself. Time is an argument.
 */
import { Crowd } from './crowd.ts';

export interface Doorkeeper<Visitor> {
  /** Somebody wants in, and comes from there. Answered by `enter` or `turnAway`, now or later. */
  knock(visitor: Visitor, origin: string): void;
  /** It is in, or has gone: whichever comes first, more often does no harm. */
  done(visitor: Visitor): void;
}

export interface DoorkeeperOptions<Visitor> {
  /** Monotonic ms. */
  nowMs(): number;
  after(delayMs: number, run: () => void): void;
  enter(visitor: Visitor): void;
  /** It is to come again after so long, ms. */
  turnAway(visitor: Visitor, againMs: number): void;
  /** Under way at once, and of these from one origin. */
  readonly atOnce: number;
  readonly atOnceOfOne: number;
  /** In line, and of these from one origin where that is fewer. */
  readonly inLine: number;
  readonly inLineOfOne?: number;
}

/** A handshake that takes longer waits for its machine and not for us: others may begin, ms. */
const slowMs = 2_000;
/** So many of the last handshakes tell how long each takes. */
const remembered = 64;
/** Between two appointments, until that is known, and whatever was seen, ms. */
const bounds = { atFirstMs: 2, leastMs: 0.2, mostMs: 20 } as const;
/** Nobody is sent away for longer, ms. */
const longestMs = 30_000;

export function createDoorkeeper<Visitor>(options: DoorkeeperOptions<Visitor>): Doorkeeper<Visitor> {
  const { nowMs, after, enter, turnAway, atOnce, atOnceOfOne, inLine, inLineOfOne = inLine } = options;
  /** Under way, since when, from where; the oldest first. */
  const inside = new Map<Visitor, { readonly sinceMs: number; readonly origin: string }>();
  const insideOf = new Map<string, number>();
  const line = new Crowd<Visitor>({ most: inLine, mostOfOne: inLineOfOne });
  /** When the last handshakes ended, while others waited. */
  let ends: number[] = [];
  /** The next appointment, ms. */
  let nextAtMs = 0;
  let isLooking = false;

  const eachMs = (): number => {
    const [first = 0] = ends;
    if (ends.length < remembered) return bounds.atFirstMs;
    return Math.min(bounds.mostMs, Math.max(bounds.leastMs, (nowMs() - first) / ends.length));
  };

  /** False when it is not under way. */
  function through(visitor: Visitor): boolean {
    const visit = inside.get(visitor);
    if (visit === undefined) return false;
    inside.delete(visitor);
    const left = (insideOf.get(visit.origin) ?? 1) - 1;
    if (left === 0) insideOf.delete(visit.origin);
    else insideOf.set(visit.origin, left);
    return true;
  }

  function admit(): void {
    const now = nowMs();
    for (const [visitor, { sinceMs }] of inside) {
      if (now - sinceMs < slowMs) break;
      through(visitor);
    }
    while (inside.size < atOnce) {
      const next = line.next((origin) => (insideOf.get(origin) ?? 0) < atOnceOfOne);
      if (next === undefined) break;
      const { member: visitor, origin } = next;
      inside.set(visitor, { sinceMs: now, origin });
      insideOf.set(origin, (insideOf.get(origin) ?? 0) + 1);
      enter(visitor);
    }
    if (line.size === 0) {
      // Without anybody in line the pace of their ends is that of their arrivals.
      ends = [];
      return;
    }
    if (isLooking) return;
    isLooking = true;
    after(slowMs, () => {
      isLooking = false;
      admit();
    });
  }

  function appoint(visitor: Visitor): void {
    const now = nowMs();
    const pace = eachMs();
    nextAtMs = Math.max(nextAtMs, now + line.size * pace) + pace;
    turnAway(visitor, Math.min(longestMs, Math.round(nextAtMs - now)));
  }

  return {
    knock(visitor, origin) {
      const leaves = line.enter(visitor, origin);
      if (leaves !== undefined) appoint(leaves);
      if (leaves !== visitor) admit();
    },
    done(visitor) {
      if (line.leave(visitor) || !through(visitor)) return;
      ends.push(nowMs());
      if (ends.length > remembered) ends.shift();
      admit();
    },
  };
}
