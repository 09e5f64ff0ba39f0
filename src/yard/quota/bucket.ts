/**
 * Buckets: what a key may use, and how it comes back. Rates fill continuously, budgets at once when
 * their day or month (UTC) begins.
 *
 * Levels are counted in 60,000ths of a unit, so that a rate of N per minute gains N of them each
 * millisecond and no rounding is ever made. Time is wall clock ms: days begin by it.
 */
import { defaultRates, type KeyRules } from '../../contract/quota.ts';

export type BucketName = 'requests' | 'input' | 'output' | 'day' | 'month';

export interface BucketLimit {
  readonly name: BucketName;
  /** Units (requests or tokens): of a full bucket, and per `per`. */
  readonly capacity: number;
  readonly per: 'minute' | 'day' | 'month';
}

/** How full a bucket was at a moment. Below zero: a debt. */
export interface Level {
  readonly parts: number;
  readonly atMs: number;
}

/** One request or token. A minute has as many ms. */
export const partsPerUnit = 60_000;

/** The buckets of a key, those of its rates first. */
export function bucketLimits(rules: KeyRules): readonly BucketLimit[] {
  const { dailyTokens, monthlyTokens } = rules;
  return [
    { name: 'requests', capacity: rules.requestsPerMinute ?? defaultRates.requestsPerMinute, per: 'minute' },
    { name: 'input', capacity: rules.inputTokensPerMinute ?? defaultRates.inputTokensPerMinute, per: 'minute' },
    { name: 'output', capacity: rules.outputTokensPerMinute ?? defaultRates.outputTokensPerMinute, per: 'minute' },
    ...(dailyTokens === null ? [] : [{ name: 'day', capacity: dailyTokens, per: 'day' } as const]),
    ...(monthlyTokens === null ? [] : [{ name: 'month', capacity: monthlyTokens, per: 'month' } as const]),
  ];
}

export const full = ({ capacity }: BucketLimit, atMs: number): Level => ({ parts: capacity * partsPerUnit, atMs });

/** Whole units in it; a debt is below zero. */
export const unitsOf = ({ parts }: Level): number => Math.floor(parts / partsPerUnit);

/** The level at a later moment. A clock that went back refills nothing, and loses nothing either. */
export function refilled(limit: BucketLimit, level: Level, nowMs: number): Level {
  const most = limit.capacity * partsPerUnit;
  const elapsedMs = nowMs - level.atMs;
  if (limit.per === 'minute') {
    const gained = elapsedMs > 0 ? elapsedMs * limit.capacity : 0;
    return { parts: Math.min(most, level.parts + gained), atMs: nowMs };
  }
  // Of a clock that went back over midnight the day has begun all the same: it must not begin twice.
  const atMs = Math.max(level.atMs, nowMs);
  return { parts: isNewPeriod(limit.per, level.atMs, nowMs) ? most : Math.min(most, level.parts), atMs };
}

/** Adds units or, below zero, takes them. A debt never exceeds one full bucket: what is beyond it is forgiven. */
export function changed({ capacity }: BucketLimit, level: Level, units: number): Level {
  const most = capacity * partsPerUnit;
  return { ...level, parts: Math.min(most, Math.max(-most, level.parts + units * partsPerUnit)) };
}

/** The level when the owner has changed the limit: what was used of a budget stays used, a rate goes on from where it is. */
export function resized(old: Pick<BucketLimit, 'capacity'>, limit: BucketLimit, level: Level): Level {
  return changed(limit, level, limit.per === 'minute' ? 0 : limit.capacity - old.capacity);
}

/** How long until the bucket, left alone, holds so many units; `units` is at most its capacity. */
export function waitMs(limit: BucketLimit, level: Level, units: number): number {
  const missing = units * partsPerUnit - level.parts;
  if (missing <= 0) return 0;
  if (limit.per === 'minute') return Math.ceil(missing / limit.capacity);
  return periodEnd(limit.per, level.atMs) - level.atMs;
}

const dayMs = 86_400_000;

/** Whether a day or month (UTC) has begun since a moment. Nearly always both are of one day. */
export function isNewPeriod(per: 'day' | 'month', sinceMs: number, nowMs: number): boolean {
  const sameDay = Math.floor(nowMs / dayMs) === Math.floor(sinceMs / dayMs);
  return !sameDay && periodStart(per, nowMs) > sinceMs;
}

/** When the day or month began that holds this moment; UTC. */
export function periodStart(per: 'day' | 'month', atMs: number): number {
  if (per === 'day') return atMs - (atMs % dayMs);
  const date = new Date(atMs);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
}

/** When the next one begins. */
function periodEnd(per: 'day' | 'month', atMs: number): number {
  if (per === 'day') return periodStart(per, atMs) + dayMs;
  const date = new Date(atMs);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}
