/**
 * What one key has used, and whether it may send another request.
 *
 * A request reserves what it may take, in every bucket or in none, and is settled with what it took.
 * What it took beyond its reservation is a debt, at most one full bucket, repaid before the next
 * request is admitted. A request that may take more than a full bucket needs a full one.
 *
 * Each bucket is looked at twice. `own` is exact for all that went through this gateway. `held` is
 * leased from the store, which all gateways share, in chunks: most requests are decided without it.
 * One gateway alone is never told no by the store, as the store's level and `held` are never below `own`;
 * of several, each may be ahead by a chunk.
 *
 * Requests at once are permits that are leased, too (`held-permits.ts`): of these nobody is ever ahead.
 *
 * Time is wall clock ms.
 */
import type { KeyRules, RateLimit, RateLimits, TokenCharge } from '../../contract/quota.ts';
import {
  type BucketLimit,
  type BucketName,
  bucketLimits,
  changed,
  isNewPeriod,
  type Level,
  refilled,
  resized,
  unitsOf,
  waitMs,
} from './bucket.ts';
import { claimOf, doubt, granted, type HeldPermits, hasOthers, mayUse, noPermits } from './held-permits.ts';
import { newHabit, noteOutput, type OutputHabit, reservedOutput } from './output-habit.ts';
import type { PermitClaim, PermitGrant } from './permits.ts';

/** So much of a bucket is leased at once: of a rate for seconds of use, of a budget little, as a crash may lose it for others. */
export const chunkShare = { minute: 1 / 8, day: 1 / 64, month: 1 / 64 } as const;
/** What the store said is believed for so long before a request is refused by it, ms. */
const believeMs = 1_000;

interface Bucket {
  limit: BucketLimit;
  /** All that went through this gateway; null until the store has told where it stands. */
  own: Level | null;
  /** Units leased and not spent. Below zero: spent beyond the lease, owed to the store. */
  held: number;
  /** What the store had left after the last lease. */
  left: Level | null;
}

export interface KeyQuota {
  rules: KeyRules;
  buckets: Bucket[];
  /** Of requests that have not ended. */
  readonly open: Set<Reservation>;
  /** To have requests at once; only where the key has a limit of them. */
  readonly permits: HeldPermits;
  readonly habit: OutputHabit;
}

/** What a request wants: its prompt as estimated, its answer as bounded by the client. */
export interface Ask {
  readonly inputTokens: number;
  readonly maxTokens: number;
}

/** Units set aside, by bucket. */
export type Reservation = Readonly<Partial<Record<BucketName, number>>> & { readonly madeAtMs: number };

/** What is asked of the store for one bucket. */
export interface LeaseAsk {
  readonly limit: BucketLimit;
  /** Spent beyond earlier leases, units. */
  readonly owed: number;
  readonly want: number;
  /** A budget that is new here, or was changed: what was used of it is what the ledger says. */
  readonly isAnew?: boolean;
}

/** What the store gave, at most what was wanted, and what it has left. */
export interface LeaseGrant {
  readonly name: BucketName;
  readonly granted: number;
  readonly left: Level;
}

export type Refusal =
  | { readonly kind: 'concurrency'; readonly limit: number }
  | {
      readonly kind: 'bucket';
      readonly limit: BucketLimit;
      readonly waitMs: number;
      /** Units there and needed. */
      readonly there: number;
      readonly needed: number;
      /** Of a budget: units that requests in hand have set aside, and may give back when they end. */
      readonly aside: number;
    };

export type Verdict =
  | { readonly kind: 'admitted'; readonly reservation: Reservation }
  /** Ask the store, tell `lease`, and try again. */
  | { readonly kind: 'lease'; readonly asks: readonly LeaseAsk[] }
  /** Claim permits (`claimPermits`), tell `permitsGranted`, and try again. */
  | { readonly kind: 'claim' }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export function createKeyQuota(rules: KeyRules): KeyQuota {
  const quota: KeyQuota = { rules, buckets: [], open: new Set(), permits: noPermits(), habit: newHabit() };
  applyRules(quota, rules);
  return quota;
}

/**
 * The owner may have changed the limits: what was used stays used. Of a budget the ledger knows that best, also for the time
 * in which there was none, or one so small that not all of it could be owed.
 */
export function applyRules(quota: KeyQuota, rules: KeyRules): void {
  if (quota.rules.concurrency !== rules.concurrency) doubt(quota.permits);
  quota.rules = rules;
  quota.buckets = bucketLimits(rules).map((limit) => {
    const known = quota.buckets.find((bucket) => bucket.limit.name === limit.name);
    const isCounted = limit.per === 'minute' || known?.limit.capacity === limit.capacity;
    if (known === undefined || !isCounted) return { limit, own: null, held: 0, left: null };
    if (known.own !== null) known.own = resized(known.limit, limit, known.own);
    if (known.left !== null) known.left = resized(known.limit, limit, known.left);
    known.held = Math.min(known.held, limit.capacity);
    known.limit = limit;
    return known;
  });
}

/** What to ask of the store before anything can be said of the key; empty when it has told. */
export const firstAsks = (quota: KeyQuota): readonly LeaseAsk[] =>
  quota.buckets.some(({ own }) => own === null) ? leaseAsks(quota, {}) : [];

/** Decides about a request; reserves for it when it is admitted. */
export function admit(quota: KeyQuota, ask: Ask, nowMs: number): Verdict {
  const { concurrency } = quota.rules;
  if (concurrency !== null) {
    const may = mayUse(quota.permits, concurrency, quota.open.size, nowMs);
    if (may === 'claim') return { kind: 'claim' };
    if (may === 'no') return { kind: 'refused', refusal: { kind: 'concurrency', limit: concurrency } };
  }
  const output = reservedOutput(quota.habit, ask.maxTokens);
  const reservation: { madeAtMs: number } & Partial<Record<BucketName, number>> = { madeAtMs: nowMs };
  let short = false;
  let isSetBack = false;
  let refusal: (Refusal & { kind: 'bucket' }) | null = null;
  for (const bucket of quota.buckets) {
    const { limit } = bucket;
    const needed = Math.min(neededOf(limit.name, ask.inputTokens, output), limit.capacity);
    reservation[limit.name] = needed;
    advance(bucket, nowMs);
    const { own, held, left } = bucket;
    if (own === null || left === null) {
      short = true;
      continue;
    }
    // A clock that went back: until the store has heard of it, nothing would come back there for as long.
    if (limit.per === 'minute' && left.atMs > nowMs) isSetBack = true;
    let wait = waitMs(limit, own, needed);
    let there = unitsOf(own);
    if (wait === 0 && held < needed) {
      short = true;
      const shared = refilled(limit, left, nowMs);
      if (nowMs - left.atMs < believeMs && held + unitsOf(shared) < needed) {
        wait = Math.max(1, waitMs(limit, shared, Math.min(needed - held, limit.capacity)));
        there = Math.max(0, held + unitsOf(shared));
      }
    }
    if (wait <= (refusal?.waitMs ?? 0)) continue;
    const aside = limit.per === 'minute' ? 0 : setAside(quota, limit, nowMs);
    refusal = { kind: 'bucket', limit, waitMs: wait, there, needed, aside };
  }
  if (isSetBack) return { kind: 'lease', asks: leaseAsks(quota, {}) };
  if (refusal !== null) return { kind: 'refused', refusal };
  if (short) return { kind: 'lease', asks: leaseAsks(quota, reservation) };
  for (const bucket of quota.buckets) spend(bucket, reservation[bucket.limit.name] ?? 0);
  quota.open.add(reservation);
  return { kind: 'admitted', reservation };
}

/** What the store gave. */
export function lease(quota: KeyQuota, asks: readonly LeaseAsk[], grants: readonly LeaseGrant[]): void {
  for (const { name, granted, left } of grants) {
    const bucket = quota.buckets.find(({ limit }) => limit.name === name);
    const owed = asks.find(({ limit }) => limit.name === name)?.owed ?? 0;
    // The owner took the limit away meanwhile.
    if (bucket === undefined) continue;
    bucket.held += owed + granted;
    bucket.left = left;
    if (bucket.own !== null) continue;
    bucket.held -= setAside(quota, bucket.limit, left.atMs);
    bucket.own = changed(bucket.limit, left, bucket.held);
  }
}

/** What the store is to be told of this key's permits. Until it has answered (`permitsGranted`) only what it is sure to leave is used. */
export function claimPermits({ permits, rules, open }: KeyQuota, nowMs: number): Omit<PermitClaim, 'keyId'> {
  // Without a limit there is nothing to hold.
  if (rules.concurrency === null) return { limit: 0, keep: 0, demand: 0 };
  return claimOf(permits, rules.concurrency, open.size, nowMs);
}

/** What it has answered to a claim of `claimedAtMs`. */
export const permitsGranted = (
  { permits }: KeyQuota,
  grant: Pick<PermitGrant, 'permits' | 'share'>,
  claim: Pick<PermitClaim, 'demand' | 'stays'>,
  claimedAtMs: number,
): void => granted(permits, grant, claim, claimedAtMs);

/** Whether the store believes that this gateway holds permits of the key, or wants some: then they are claimed every `permitBeatMs`. */
export const hasPermits = ({ permits }: KeyQuota): boolean => permits.isKnown;

/** Whether permits are to be given back now that a request has ended. */
export const owesPermits = ({ permits, open }: KeyQuota, nowMs: number): boolean =>
  hasOthers(permits, open.size, nowMs);

/** What requests that have not ended hold of a bucket that was counted without them. */
function setAside({ open }: KeyQuota, limit: BucketLimit, nowMs: number): number {
  let units = 0;
  for (const reservation of open) if (!isExpired(limit, reservation, nowMs)) units += reservation[limit.name] ?? 0;
  return units;
}

/** A budget pays for what ended in its time; what was set aside in the day before is gone with it. */
const isExpired = ({ per }: BucketLimit, { madeAtMs }: Reservation, nowMs: number): boolean =>
  per !== 'minute' && isNewPeriod(per, madeAtMs, nowMs);

/**
 * The request has ended and took this much; where no machine ever had it (`isUnused`), it is no request either. Tells what
 * the store should hear of at once: a debt that is told later would be repaid by a refill that came before it.
 */
export function settle(
  quota: KeyQuota,
  reservation: Reservation,
  charge: TokenCharge,
  nowMs: number,
  isUnused = false,
): readonly LeaseAsk[] {
  quota.open.delete(reservation);
  let owing = false;
  for (const bucket of quota.buckets) {
    const { limit } = bucket;
    // What is counted anew is told by the ledger, which has this request.
    if ((limit.name === 'requests' && !isUnused) || bucket.own === null) continue;
    advance(bucket, nowMs);
    const reserved = isExpired(limit, reservation, nowMs) ? 0 : (reservation[limit.name] ?? 0);
    const took = limit.name === 'requests' ? 0 : neededOf(limit.name, charge.inputTokens, charge.outputTokens);
    spend(bucket, took - reserved);
    owing ||= bucket.held < 0;
  }
  return owing ? leaseAsks(quota, {}) : [];
}

/** An answer of this key was so long. */
export const noteAnswer = (quota: KeyQuota, outputTokens: number): void => noteOutput(quota.habit, outputTokens);

/** What the gateway has leased and will not spend any more. Nothing is held afterwards. */
export function handBack(quota: KeyQuota): readonly LeaseAsk[] {
  const asks = quota.buckets
    .filter(({ held }) => held !== 0)
    .map(({ limit, held }) => ({ limit, owed: -held, want: 0 }));
  for (const bucket of quota.buckets) bucket.held = 0;
  return asks;
}

/** Where the key stands, for headers. Before the store has told (`firstAsks`): as if nothing was used. */
export function rateLimitsOf(quota: KeyQuota, nowMs: number): RateLimits {
  const byName = {} as Record<BucketName, RateLimit>;
  for (const bucket of quota.buckets) byName[bucket.limit.name] = standing(bucket, nowMs);
  const { requests, input, output, day, month } = byName;
  const together: RateLimit = {
    limit: input.limit + output.limit,
    remaining: input.remaining + output.remaining,
    fullAtMs: Math.max(input.fullAtMs, output.fullAtMs),
  };
  let tokens = together;
  for (const budget of [day, month]) if (budget !== undefined && budget.remaining < tokens.remaining) tokens = budget;
  return { requests, tokens, inputTokens: input, outputTokens: output };
}

function standing(bucket: Bucket, nowMs: number): RateLimit {
  const { limit } = bucket;
  advance(bucket, nowMs);
  const { own, left, held } = bucket;
  if (own === null || left === null) return { limit: limit.capacity, remaining: limit.capacity, fullAtMs: nowMs };
  const shared = held + unitsOf(refilled(limit, left, nowMs));
  const remaining = Math.max(0, Math.min(unitsOf(own), shared));
  return { limit: limit.capacity, remaining, fullAtMs: nowMs + waitMs(limit, own, limit.capacity) };
}

/** Brings a bucket to this moment. A budget's new day voids what was leased of the old one. */
function advance(bucket: Bucket, nowMs: number): void {
  const { limit, own, left } = bucket;
  if (own === null || left === null) return;
  if (limit.per !== 'minute' && isNewPeriod(limit.per, own.atMs, nowMs)) {
    bucket.held = 0;
    bucket.left = refilled(limit, left, nowMs);
  }
  bucket.own = refilled(limit, own, nowMs);
}

/** Takes units or, below zero, gives them back. */
function spend(bucket: Bucket, units: number): void {
  if (bucket.own !== null) bucket.own = changed(bucket.limit, bucket.own, -units);
  const { capacity } = bucket.limit;
  // What the store has left and what is held make one full bucket at most, also where the store was told of a debt.
  const most = capacity + (bucket.left === null ? 0 : Math.max(0, -unitsOf(bucket.left)));
  bucket.held = Math.min(most, Math.max(-capacity, bucket.held - units));
}

function neededOf(name: BucketName, inputTokens: number, outputTokens: number): number {
  switch (name) {
    case 'requests':
      return 1;
    case 'input':
      return inputTokens;
    case 'output':
      return outputTokens;
    default:
      return inputTokens + outputTokens;
  }
}

/** Fills every bucket up to a chunk, so that the next ones need no lease of their own. */
function leaseAsks(quota: KeyQuota, needs: Partial<Record<BucketName, number>>): readonly LeaseAsk[] {
  return quota.buckets.map(({ limit, own, held }) => {
    const chunk = Math.ceil(limit.capacity * chunkShare[limit.per]);
    const goal = Math.max(needs[limit.name] ?? 0, chunk);
    return {
      limit,
      owed: Math.max(0, -held),
      want: Math.max(0, goal - Math.max(0, held)),
      ...(own === null && limit.per !== 'minute' ? { isAnew: true } : {}),
    };
  });
}
