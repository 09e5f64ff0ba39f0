/**
 * Who was told to stay away, and what a key may use: nothing goes to a machine that was removed, nothing is begun for a key that was
 * revoked, and no key has more than its limits allow.
 */
import type { RateLimit } from '../contract/quota.ts';
import type { RequestReport } from '../transport/request-report.ts';
import type { ApiKey } from '../transport/store/api-keys.ts';
import { bucketLimits } from '../yard/quota/bucket.ts';
import { chunkShare } from '../yard/quota/key-quota.ts';
import { Violation } from './violation.ts';

/** A gateway looks once a second whether keys were changed; it may be late by itself, ms. */
const keyBoundMs = 5_000;

/** What is left of one limit of a key, whatever the gateway counts. */
interface Allowance {
  readonly limit: RateLimit['limit'];
  left: number;
  atMs: number;
}

export class StandingOracle {
  readonly #removed = new Set<string>();
  /** Since when, by a clock that stands still while the gateway sleeps, ms. */
  readonly #revokedAtMs = new Map<string, number>();
  readonly #allowances = new Map<string, Allowance>();
  readonly #open = new Map<string, Set<string>>();

  removed(machineId: string): void {
    this.#removed.add(machineId);
  }

  letIn(machineId: string): void {
    this.#removed.delete(machineId);
  }

  /** Null: it works. */
  setKey(keyId: string, revokedAtMs: number | null): void {
    if (revokedAtMs === null) this.#revokedAtMs.delete(keyId);
    else this.#revokedAtMs.set(keyId, revokedAtMs);
  }

  machineGets(machineId: string, what: string): void {
    if (this.#removed.has(machineId)) throw new Violation(`${machineId} was removed, and ${what}`);
  }

  keyGets(keyId: string, what: string, nowMs: number): void {
    const sinceMs = nowMs - (this.#revokedAtMs.get(keyId) ?? nowMs);
    if (sinceMs > keyBoundMs) throw new Violation(`${keyId} was revoked ${sinceMs} ms ago, and ${what}`);
  }

  /** A request of this key was let in. */
  admitted(requestId: string, key: ApiKey, nowMs: number): void {
    const open = this.#open.get(key.id) ?? new Set();
    this.#open.set(key.id, open.add(requestId));
    const { concurrency } = key.rules;
    if (concurrency !== null && open.size > concurrency) {
      throw new Violation(`${key.id} has ${open.size} requests at once, and may have ${concurrency}`);
    }
    // What it was charged too much for before is repaid first: then at most one request is ahead.
    this.#take(key, 'requests', 1, nowMs, 1);
  }

  /** It has ended, and was charged for. What it took beyond its reservation is a debt, of one full bucket at most. */
  charged({ requestId, charged, outcome, attempts }: RequestReport, key: ApiKey, nowMs: number): void {
    this.#open.get(key.id)?.delete(requestId);
    // Who was turned away has had nothing.
    if (outcome.kind === 'rejected' && attempts === 0) this.#take(key, 'requests', -1, nowMs);
    this.#take(key, 'input', charged.inputTokens, nowMs);
    this.#take(key, 'output', charged.outputTokens, nowMs);
  }

  /**
   * The gateway that had them is gone. What it had leased and not used the store may have filled up meanwhile: with each life a key may be
   * ahead by a chunk (decision 012).
   */
  gatewayGone(): void {
    this.#open.clear();
    for (const allowance of this.#allowances.values()) {
      const { limit, left } = allowance;
      allowance.left = Math.min(limit, left + Math.ceil(limit * chunkShare.minute));
    }
  }

  #take(
    { id, rules }: ApiKey,
    name: 'requests' | 'input' | 'output',
    units: number,
    nowMs: number,
    most?: number,
  ): void {
    const { capacity } = bucketLimits(rules).find((limit) => limit.name === name)!; // every key has rates
    const known = this.#allowances.get(`${id} ${name}`) ?? { limit: capacity, left: capacity, atMs: nowMs };
    known.left = Math.min(capacity, known.left + (capacity * (nowMs - known.atMs)) / 60_000) - units;
    known.atMs = nowMs;
    this.#allowances.set(`${id} ${name}`, known);
    if (known.left >= -(most ?? capacity)) return;
    throw new Violation(`${id} had ${Math.round(-known.left)} ${name} more than its ${capacity} a minute allow`);
  }
}
