/**
 * The permits of one key that one gateway holds (`permits.ts`): whether it may use another one, and what it tells the store.
 *
 * Nearly every request is decided without the store: it is asked when more are wanted than are held, and every two seconds as long as
 * any is held, which renews the lease of all. Who has not done so for six seconds does so before it lets anybody in: the others
 * believe it to be gone after fifteen (`holder-watch.ts`).
 *
 * Time is wall clock ms.
 */
import type { PermitClaim, PermitGrant } from './permits.ts';

/** How often permits that are held are claimed anew, ms. */
export const permitBeatMs = 2_000;
/** A claim is good for so long, ms. */
const freshMs = 3 * permitBeatMs;
/** What was given may be used for so long, whoever else wants it: a permit that moved at once would be on its way most of the time, ms. */
const turnMs = 5_000;
/** Who was turned away is taken to come back until then: the SDK's own longest pause is 8 s. ms. */
const missedMs = 10_000;
/** Whoever comes more seldom keeps its place in line for so long, ms. */
const lineMs = 30_000;
/** The store is not asked more often than that for what it did not have, ms. */
const believeMs = 1_000;

export interface HeldPermits {
  held: number;
  /** How many it should have; null: as many as it holds. */
  share: number | null;
  /** While a claim is on its way: how many it is sure to be left with. */
  sure: number | null;
  /** The most in use at once since the last claim. */
  peak: number;
  /** Requests that found no permit, since there were enough. */
  missed: number;
  missedAtMs: number;
  /** When the last claim was made that was answered. */
  claimedAtMs: number;
  /** Whether it gave fewer than were wanted. */
  isShort: boolean;
  /** When the last permit was added. */
  grewAtMs: number;
  /** The store knows of this gateway, so it must be told when nothing is wanted any more. */
  isKnown: boolean;
}

export const noPermits = (): HeldPermits => ({
  ...{ held: 0, share: null, sure: null, peak: 0, missed: 0, missedAtMs: Number.NEGATIVE_INFINITY },
  ...{ claimedAtMs: Number.NEGATIVE_INFINITY, isShort: false, grewAtMs: 0, isKnown: false },
});

/** The limit was changed: what is held is looked at before it is used. */
export function doubt(permits: HeldPermits): void {
  permits.claimedAtMs = Number.NEGATIVE_INFINITY;
}

/** Whether one more request may begin beside `used`. `claim`: ask the store first. */
export function mayUse(permits: HeldPermits, limit: number, used: number, nowMs: number): 'yes' | 'no' | 'claim' {
  const isFresh = isWithin(freshMs, permits.claimedAtMs, nowMs);
  if (isFresh && used < Math.min(limit, usable(permits, nowMs))) {
    permits.peak = Math.max(permits.peak, used + 1);
    return 'yes';
  }
  permits.missed = recentlyMissed(permits, nowMs) + 1;
  permits.missedAtMs = nowMs;
  // All there are, and all in use.
  if (used >= limit) return 'no';
  return permits.isShort && isWithin(believeMs, permits.claimedAtMs, nowMs) ? 'no' : 'claim';
}

/** What to tell the store; to be followed by `granted`. */
export function claimOf(permits: HeldPermits, limit: number, used: number, nowMs: number): Omit<PermitClaim, 'keyId'> {
  const demand = Math.max(used, Math.min(limit, Math.max(permits.peak, used + recentlyMissed(permits, nowMs))));
  // Within a turn what is held stays, for whoever comes next.
  const keep = isTurn(permits, nowMs) ? Math.min(permits.held, demand) : used;
  permits.sure = keep;
  permits.peak = used;
  return { limit, keep, demand, stays: isWithin(lineMs, permits.missedAtMs, nowMs) };
}

/** The store has answered a claim that was made at `claimedAtMs`. */
export function granted(
  permits: HeldPermits,
  grant: Pick<PermitGrant, 'permits' | 'share'>,
  { demand, stays = false }: Pick<PermitClaim, 'demand' | 'stays'>,
  claimedAtMs: number,
): void {
  if (grant.permits > permits.held) permits.grewAtMs = claimedAtMs;
  permits.held = grant.permits;
  permits.share = grant.share;
  permits.sure = null;
  permits.claimedAtMs = claimedAtMs;
  permits.isKnown = demand > 0 || stays;
  permits.isShort = usable(permits, claimedAtMs) < demand;
  if (permits.isShort) return;
  permits.missed = 0;
  permits.missedAtMs = Number.NEGATIVE_INFINITY;
}

/** Whether permits are held that are another's: to be given back as soon as they are not used. */
export const hasOthers = (permits: HeldPermits, used: number, nowMs: number): boolean =>
  permits.share !== null &&
  permits.sure === null &&
  !isTurn(permits, nowMs) &&
  permits.held > Math.max(used, permits.share);

function usable(permits: HeldPermits, nowMs: number): number {
  const { held, share, sure } = permits;
  return Math.min(held, sure ?? held, share === null || isTurn(permits, nowMs) ? held : share);
}

const isTurn = ({ grewAtMs }: HeldPermits, nowMs: number): boolean => isWithin(turnMs, grewAtMs, nowMs);

const recentlyMissed = ({ missed, missedAtMs }: HeldPermits, nowMs: number): number =>
  isWithin(missedMs, missedAtMs, nowMs) ? missed : 0;

/** Of a clock that went back nothing is recent. */
const isWithin = (ms: number, sinceMs: number, nowMs: number): boolean => nowMs >= sinceMs && nowMs - sinceMs < ms;
