/** What outlives every life of a gateway, as its disk does: machines, keys, and where their quotas stand. */
import { defaultRules, type KeyRules } from '../contract/quota.ts';
import type { ApiKey } from '../transport/store/api-keys.ts';
import type { Machine } from '../transport/store/machines.ts';
import type { QuotaLeases } from '../transport/store/quota-leases.ts';
import { changed, full, type Level, refilled, unitsOf } from '../yard/quota/bucket.ts';
import type { LeaseAsk, LeaseGrant } from '../yard/quota/key-quota.ts';
import { decideClaim, type PermitClaim, type PermitGrant, type PermitRow } from '../yard/quota/permits.ts';
import { weightOf } from './plan.ts';

/** What keys may use where there are quotas: one is limited by requests, one by tokens, one by requests at once. */
const scarceRules: Readonly<Record<string, Partial<KeyRules>>> = {
  key_1: { requestsPerMinute: 30 },
  key_2: { outputTokensPerMinute: 300, inputTokensPerMinute: 100_000 },
  key_3: { concurrency: 6 },
};

export class SimulatedStore {
  readonly #machines = new Map<string, Machine>();
  readonly #revoked = new Set<string>();
  readonly #hasQuotas: boolean;
  #keyChanges = 0;
  /** On how many machines models are to stay loaded. */
  readonly minimums = new Map<string, number>();
  readonly quotas = new SimulatedLeases();

  /** `machineIds`: those that were let in. */
  constructor(machineIds: readonly string[], hasQuotas: boolean) {
    this.#hasQuotas = hasQuotas;
    for (const machineId of machineIds) {
      this.#machines.set(machineId, {
        ...{ machineId, name: machineId, publicKey: `key of ${machineId}`, standing: 'approved', drained: false },
        ...{ labels: [], knownSinceMs: 0 },
      });
    }
  }

  machine(machineId: string): Machine | undefined {
    return this.#machines.get(machineId);
  }

  list(): readonly Machine[] {
    return [...this.#machines.values()].filter(({ standing }) => standing !== 'removed');
  }

  set(machineId: string, change: Partial<Machine>): void {
    const machine = this.#machines.get(machineId);
    if (machine !== undefined) this.#machines.set(machineId, { ...machine, ...change });
  }

  /** Machines that a gateway which starts now waits for. */
  get expected(): readonly string[] {
    const may = this.list().filter(({ standing, drained }) => standing === 'approved' && !drained);
    return may.map(({ machineId }) => machineId);
  }

  /** Those of them that have been let in since then, and were not removed meanwhile. */
  expectedSince(ms: number): readonly string[] {
    return this.expected.filter((machineId) => (this.machine(machineId)?.knownSinceMs ?? ms + 1) <= ms);
  }

  /** Differs after each change of a key. */
  get keyChanges(): string {
    return String(this.#keyChanges);
  }

  setKey(keyId: string, works: boolean): void {
    this.#keyChanges += 1;
    if (works) this.#revoked.delete(keyId);
    else this.#revoked.add(keyId);
  }

  /** Undefined: it was revoked. */
  key(keyId: string): ApiKey | undefined {
    return this.#revoked.has(keyId) ? undefined : this.everyKey(keyId);
  }

  /** Revoked or not. */
  everyKey(keyId: string): ApiKey {
    const rules = { ...defaultRules, weight: weightOf(keyId), ...(this.#hasQuotas ? scarceRules[keyId] : {}) };
    return { id: keyId, label: keyId, models: null, places: null, group: null, version: 1, rules };
  }
}

/** As `transport/store/quota-leases.ts` does it for rates. */
class SimulatedLeases implements QuotaLeases {
  readonly #levels = new Map<string, Level>();
  readonly #permits = new Map<string, PermitRow>();

  async take(keyId: string, asks: readonly LeaseAsk[], nowMs: number): Promise<readonly LeaseGrant[]> {
    return asks.map((ask) => this.#grant(keyId, ask, nowMs));
  }

  async giveBack(rests: Parameters<QuotaLeases['giveBack']>[0], nowMs: number): Promise<void> {
    for (const { keyId, asks } of rests) for (const ask of asks) this.#grant(keyId, ask, nowMs);
  }

  async claim(claims: readonly PermitClaim[]): Promise<readonly PermitGrant[]> {
    return claims.map((claim) => {
      const held = this.#permits.get(claim.keyId);
      const { grant, row } = decideClaim('gw', claim, held === undefined ? [] : [held]);
      if (row === null) this.#permits.delete(claim.keyId);
      else this.#permits.set(claim.keyId, row);
      return grant;
    });
  }

  /** A gateway begins: what another life of it held is held no more. */
  begin(): void {
    this.#permits.clear();
  }

  #grant(keyId: string, { limit, owed, want }: LeaseAsk, nowMs: number): LeaseGrant {
    const name = `${keyId} ${limit.name}`;
    const known = this.#levels.get(name) ?? full(limit, nowMs);
    if (known.atMs > nowMs) this.#clockWentBack(nowMs);
    const there = changed(limit, refilled(limit, known, nowMs), -owed);
    const granted = Math.max(0, Math.min(want, unitsOf(there)));
    const left = changed(limit, there, -granted);
    this.#levels.set(name, left);
    return { name: limit.name, granted, left };
  }

  #clockWentBack(nowMs: number): void {
    for (const [name, level] of this.#levels) {
      if (level.atMs > nowMs) this.#levels.set(name, { ...level, atMs: nowMs });
    }
  }
}
