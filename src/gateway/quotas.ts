/**
 * The quotas of all keys at work in this gateway: joins the decisions of `yard/quota` with the leases of the store. Time is the
 * wall clock's, which the store's levels and the days of budgets go by.
 */
import { ApiFailure } from '../contract/errors.ts';
import type { KeyId } from '../contract/ids.ts';
import type { KeyRules, RateLimits } from '../contract/quota.ts';
import type { Log } from '../transport/log/log.ts';
import type { RequestReport } from '../transport/request-report.ts';
import type { ApiKey } from '../transport/store/api-keys.ts';
import type { QuotaLeases } from '../transport/store/quota-leases.ts';
import { full } from '../yard/quota/bucket.ts';
import {
  type Ask,
  admit,
  applyRules,
  claimPermits,
  createKeyQuota,
  firstAsks,
  handBack,
  hasPermits,
  type KeyQuota,
  type LeaseAsk,
  lease,
  noteAnswer,
  owesPermits,
  permitsGranted,
  type Reservation,
  rateLimitsOf,
  settle,
  type Verdict,
} from '../yard/quota/key-quota.ts';
import type { PermitGrant } from '../yard/quota/permits.ts';
import { quotaRefused } from '../yard/quota/refusals.ts';

interface Open {
  readonly quota: KeyQuota;
  readonly keyId: KeyId;
  readonly reservation: Reservation;
}

interface KeyAtWork {
  readonly quota: KeyQuota;
  /** Of the key its rules are from. */
  version: number;
  metAtMs: number;
}

/** A key that sent nothing for so long is forgotten, and what was leased for it given back, ms. */
const forgottenAfterMs = 3_600_000;
/** How often that is looked at, ms. */
const lookMs = 60_000;

/** What a request needs of the store before anything can be said. */
type Missing = Extract<Verdict, { readonly kind: 'lease' | 'claim' }>;

const nothing = { inputTokens: 0, outputTokens: 0 };

export class Quotas {
  readonly #leases: QuotaLeases;
  readonly #log: Log;
  readonly #nowMs: () => number;
  readonly #random: () => number;
  readonly #keys = new Map<KeyId, KeyAtWork>();
  #lookedAtMs = 0;
  /** By request. */
  readonly #open = new Map<string, Open>();
  /** Leases and claims on their way: all who need one of the same key wait for the same. */
  readonly #leasing = new Map<KeyId, Promise<void>>();

  /** `nowMs`: of the wall clock. `random`: in [0, 1). */
  constructor(leases: QuotaLeases, log: Log, nowMs: () => number = Date.now, random: () => number = Math.random) {
    this.#leases = leases;
    this.#log = log;
    this.#nowMs = nowMs;
    this.#random = random;
  }

  /** A request of this key has come: learns where it stands, so that even a refusal tells the truth. */
  meet(key: ApiKey): void | Promise<void> {
    const quota = this.#quotaOf(key);
    this.#forgetIdle();
    const asks = firstAsks(quota);
    if (asks.length > 0) return this.#lease(key.id, quota, asks);
  }

  /**
   * Sets aside what a request may take; throws the ApiFailure that tells when to come back. A promise only when the
   * store must be asked.
   */
  reserve(requestId: string, key: ApiKey, ask: Ask): void | Promise<void> {
    const quota = this.#quotaOf(key);
    const missing = this.#try(requestId, key.id, quota, ask);
    if (missing !== null) return this.#reserveLeased(requestId, key.id, quota, ask, missing);
  }

  /** The request never went on its way. */
  release(requestId: string): void {
    this.#settle(requestId, nothing, true);
  }

  /** A request has ended, once: its key is charged what it took, and gets the rest back. */
  ended({ requestId, outcome, attempts, usage, charged }: RequestReport): void {
    const quota = this.#settle(requestId, charged, outcome.kind === 'rejected' && attempts === 0);
    if (quota !== undefined && outcome.kind === 'answered' && usage !== null) noteAnswer(quota, usage.outputTokens);
  }

  /** Where the key stands. */
  limitsOf(key: ApiKey): RateLimits {
    return rateLimitsOf(this.#quotaOf(key), this.#nowMs());
  }

  /** To be called every `permitBeatMs`: renews the permits that are held, and gives back those that nobody has used since. */
  async tend(): Promise<void> {
    // What is on its way renews the lease as well.
    const held = [...this.#keys].filter(([keyId, { quota }]) => hasPermits(quota) && !this.#leasing.has(keyId));
    if (held.length > 0) await this.#claim(held.map(([keyId, { quota }]) => [keyId, quota]));
  }

  /** Gives back what was leased: nothing more is admitted. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#leasing.values());
    const held = [...this.#keys].filter(([, { quota }]) => hasPermits(quota));
    const none = held.map(([keyId]) => ({ keyId, limit: 0, keep: 0, demand: 0 }));
    if (none.length > 0) await this.#leases.claim(none, this.#nowMs()).catch((error: unknown) => this.#failed(error));
    await this.#giveBack([...this.#keys]);
  }

  #quotaOf({ id, rules, version }: ApiKey): KeyQuota {
    const known = this.#keys.get(id);
    if (known === undefined) {
      const quota = createKeyQuota(rules);
      this.#keys.set(id, { quota, version, metAtMs: this.#nowMs() });
      return quota;
    }
    known.metAtMs = this.#nowMs();
    // A request that came before the owner changed the limits must not bring the old ones back.
    if (version <= known.version) return known.quota;
    known.version = version;
    if (!isSame(known.quota.rules, rules)) applyRules(known.quota, rules);
    return known.quota;
  }

  #forgetIdle(): void {
    const nowMs = this.#nowMs();
    if (nowMs - this.#lookedAtMs < lookMs) return;
    this.#lookedAtMs = nowMs;
    const idle = [...this.#keys].filter(([keyId, { quota, metAtMs }]) => {
      return quota.open.size === 0 && nowMs - metAtMs >= forgottenAfterMs && !this.#leasing.has(keyId);
    });
    for (const [keyId] of idle) this.#keys.delete(keyId);
    void this.#giveBack(idle);
  }

  async #giveBack(keys: readonly (readonly [KeyId, KeyAtWork])[]): Promise<void> {
    const rests = keys.map(([keyId, { quota }]) => ({ keyId, asks: handBack(quota) }));
    const some = rests.filter(({ asks }) => asks.length > 0);
    if (some.length === 0) return;
    await this.#leases.giveBack(some, this.#nowMs()).catch((error: unknown) => this.#failed(error));
  }

  /** Null: done. Otherwise what to lease or claim first. */
  #try(requestId: string, keyId: KeyId, quota: KeyQuota, ask: Ask): Missing | null {
    const verdict = admit(quota, ask, this.#nowMs());
    if (verdict.kind === 'lease' || verdict.kind === 'claim') return verdict;
    if (verdict.kind === 'refused') throw new ApiFailure(quotaRefused(verdict.refusal, keyId, this.#random()));
    this.#open.set(requestId, { quota, keyId, reservation: verdict.reservation });
    return null;
  }

  async #reserveLeased(requestId: string, keyId: KeyId, quota: KeyQuota, ask: Ask, first: Missing): Promise<void> {
    for (let missing: Missing | null = first; missing !== null; missing = this.#try(requestId, keyId, quota, ask)) {
      const underWay = this.#leasing.get(keyId);
      if (underWay !== undefined) await underWay;
      else if (missing.kind === 'lease') await this.#lease(keyId, quota, missing.asks);
      else await this.#claim([[keyId, quota]]);
    }
  }

  #lease(keyId: KeyId, quota: KeyQuota, asks: readonly LeaseAsk[]): Promise<void> {
    const underWay = this.#leasing.get(keyId);
    if (underWay !== undefined) return underWay;
    const leasing = this.#takeChunk(keyId, quota, asks).finally(() => this.#leasing.delete(keyId));
    this.#leasing.set(keyId, leasing);
    return leasing;
  }

  /** Of keys of which nothing is on its way. */
  #claim(keys: readonly (readonly [KeyId, KeyQuota])[]): Promise<void> {
    const claiming = this.#takePermits(keys).finally(() => {
      for (const [keyId] of keys) this.#leasing.delete(keyId);
    });
    for (const [keyId] of keys) this.#leasing.set(keyId, claiming);
    return claiming;
  }

  async #takePermits(keys: readonly (readonly [KeyId, KeyQuota])[]): Promise<void> {
    const nowMs = this.#nowMs();
    const claims = keys.map(([keyId, quota]) => ({ keyId, ...claimPermits(quota, nowMs) }));
    let grants: readonly Pick<PermitGrant, 'permits' | 'share'>[];
    try {
      grants = await this.#leases.claim(claims, nowMs);
    } catch (error) {
      this.#failed(error);
      // As with rates: served all the same, by what this gateway knows.
      grants = claims.map(({ limit }) => ({ permits: limit, share: null }));
    }
    for (const [place, [, quota]] of keys.entries()) {
      permitsGranted(quota, grants[place]!, claims[place]!, nowMs); // one for each
    }
  }

  async #takeChunk(keyId: KeyId, quota: KeyQuota, asks: readonly LeaseAsk[]): Promise<void> {
    const nowMs = this.#nowMs();
    try {
      lease(quota, asks, await this.#leases.take(keyId, asks, nowMs));
    } catch (error) {
      this.#failed(error);
      // Served all the same, by what this gateway knows.
      const grants = asks.map(({ limit, want }) => ({ name: limit.name, granted: want, left: full(limit, nowMs) }));
      lease(quota, asks, grants);
    }
  }

  #settle(requestId: string, charged: RequestReport['charged'], isUnused: boolean): KeyQuota | undefined {
    const open = this.#open.get(requestId);
    if (open === undefined) return undefined;
    this.#open.delete(requestId);
    const { quota, keyId, reservation } = open;
    const asks = settle(quota, reservation, charged, this.#nowMs(), isUnused);
    if (asks.length > 0) void this.#lease(keyId, quota, asks);
    else if (owesPermits(quota, this.#nowMs()) && !this.#leasing.has(keyId)) void this.#claim([[keyId, quota]]);
    return quota;
  }

  #failed(error: unknown): void {
    this.#log.error(
      `The quotas cannot be written (${error instanceof Error ? error.message : String(error)}): requests are served ` +
        'all the same, and limits hold by what this gateway remembers. Free space on the disk of the data directory.',
    );
  }
}

function isSame(one: KeyRules, other: KeyRules): boolean {
  return (Object.keys(one) as (keyof KeyRules)[]).every((name) => one[name] === other[name]);
}
