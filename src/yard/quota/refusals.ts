/** What a key that may not go on is told: what it may, when it may again, what its owner can type. */
import { type ApiError, apiError } from '../../contract/errors.ts';
import { limits } from '../../contract/limits.ts';
import type { BucketLimit, BucketName } from './bucket.ts';
import type { Refusal } from './key-quota.ts';

/** Nobody knows when a request ends, ms. */
const concurrencyRetryMs = 2_000;
/** The same where what an answer may take is waited for: it is about to be long, ms. */
const asideRetryMs = 5_000;
/** Those who were refused together are asked to come back apart: later by up to a tenth, and no more than this, ms. */
const spreadShare = 0.1;
const spreadMs = 2_000;

const flags: Record<BucketName, string> = {
  requests: '--requests-per-minute',
  input: '--input-tokens-per-minute',
  output: '--output-tokens-per-minute',
  day: '--daily-tokens',
  month: '--monthly-tokens',
};

const what: Record<BucketName, string> = {
  requests: 'requests per minute',
  input: 'input tokens per minute',
  output: 'output tokens per minute',
  day: 'tokens per day (UTC)',
  month: 'tokens per month (UTC)',
};

/**
 * 429 when waiting helps, 402 when a budget stays empty for longer than a client should wait. `spread` is from 0 to 1 and
 * differs between requests: nobody is told a time that is too early, but for the cap.
 */
export function quotaRefused(refusal: Refusal, keyId: string, spread: number): ApiError {
  if (refusal.kind === 'concurrency') {
    const { limit } = refusal;
    return apiError(
      'rate_limit',
      `This key may have ${grouped(limit)} ${limit === 1 ? 'request' : 'requests'} at once, and has. ` +
        `Wait for an answer, or let its owner type: metalyard keys set ${keyId} --concurrency N`,
      { retryAfterMs: spreadOut(concurrencyRetryMs, spread) },
    );
  }
  const { limit, waitMs, there, needed, aside } = refusal;
  const remedy = `or let its owner type: metalyard keys set ${keyId} ${flags[limit.name]} N`;
  if (limit.per !== 'minute' && waitMs > asideRetryMs && there + aside >= needed) {
    const held = `requests in hand have set ${grouped(aside)} aside, most of which comes back when they end`;
    return apiError(
      'rate_limit',
      `${seen(limit, there, needed)}; ${held}. Come back in ${asideRetryMs / 1_000} s, ${remedy}`,
      {
        retryAfterMs: spreadOut(asideRetryMs, spread),
      },
    );
  }
  if (limit.per !== 'minute' && waitMs > limits.rateLimitRetryCapMs) {
    return apiError('budget_exhausted', `${seen(limit, there, needed)}. Wait for the next ${limit.per}, ${remedy}`);
  }
  return apiError('rate_limit', `${seen(limit, there, needed)}: come back in ${secondsText(waitMs)}, ${remedy}`, {
    retryAfterMs: capped(waitMs, spread),
  });
}

function seen({ name, capacity }: BucketLimit, there: number, needed: number): string {
  const may = `This key may use ${grouped(capacity)} ${what[name]}`;
  if (name === 'requests') return `${may}, and has`;
  if (there < 0) return `${may}, and has used ${grouped(-there)} beyond them`;
  return `${may}: ${grouped(there)} are left, and this request may take ${grouped(needed)}`;
}

const spreadOut = (ms: number, spread: number, mostMs = spreadMs): number =>
  Math.ceil(ms + spread * Math.min(ms * spreadShare, spreadMs, mostMs));

/** Who would have to wait for longer than the cap is too early at the cap, too: all of them at once need not be. */
function capped(ms: number, spread: number): number {
  const cap = limits.rateLimitRetryCapMs;
  return ms > cap ? Math.floor(cap - spread * spreadMs) : spreadOut(ms, spread, cap - ms);
}

const secondsText = (ms: number): string => `${(Math.ceil(ms / 100) / 10).toFixed(1)} s`;

const grouped = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ',');
