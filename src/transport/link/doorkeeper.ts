/**
 * Who is let in when a whole fleet stands at the door. Handshakes that are all begun at once all end late, and are given
 * up by those who wait; so a few are under way at a time, some stand in line, and everybody else is told when to come
 * again: each at a moment of its own, one after the other as fast as handshakes have ended lately. Time is an argument.
 */

export interface Doorkeeper<Visitor> {
  /** Somebody wants in. Answered by `enter` or `turnAway`, now or later. */
  knock(visitor: Visitor): void;
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
  readonly atOnce?: number;
  readonly inLine?: number;
}

/** Under way at once: so many that a round trip costs nobody time, so few that all of them are through in a tenth of a second. */
const usuallyAtOnce = 64;
/** In line: at 5 ms each, which is a slow computer, they wait half of what an agent waits for an answer. */
const usuallyInLine = 1_000;
/** A handshake that takes longer waits for its machine and not for us: others may begin, ms. */
const slowMs = 2_000;
/** So many of the last handshakes tell how long each takes. */
const remembered = 64;
/** Between two appointments, until that is known, and whatever was seen, ms. */
const bounds = { atFirstMs: 2, leastMs: 0.2, mostMs: 20 } as const;
/** Nobody is sent away for longer, ms. */
const longestMs = 30_000;

export function createDoorkeeper<Visitor>(options: DoorkeeperOptions<Visitor>): Doorkeeper<Visitor> {
  const { nowMs, after, enter, turnAway, atOnce = usuallyAtOnce, inLine = usuallyInLine } = options;
  /** Under way, since when; the oldest first. */
  const inside = new Map<Visitor, number>();
  const line = new Set<Visitor>();
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

  function admit(): void {
    const now = nowMs();
    for (const [visitor, sinceMs] of inside) {
      if (now - sinceMs < slowMs) break;
      inside.delete(visitor);
    }
    for (const visitor of line) {
      if (inside.size >= atOnce) break;
      line.delete(visitor);
      inside.set(visitor, now);
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

  return {
    knock(visitor) {
      if (line.size < inLine) {
        line.add(visitor);
        return admit();
      }
      const now = nowMs();
      const pace = eachMs();
      nextAtMs = Math.max(nextAtMs, now + line.size * pace) + pace;
      turnAway(visitor, Math.min(longestMs, Math.round(nextAtMs - now)));
    },
    done(visitor) {
      if (line.delete(visitor) || !inside.delete(visitor)) return;
      ends.push(nowMs());
      if (ends.length > remembered) ends.shift();
      admit();
    },
  };
}
