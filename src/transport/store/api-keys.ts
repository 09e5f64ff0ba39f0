/**
 * API keys: `my_<12 base62>_<43 base64url>`. The first part names the key (and lets secret scanners
 * find it), the second is 256 random bits. Shown once; only a SHA-256 is kept.
 */
import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { KeyId } from '../../contract/ids.ts';
import { anyPlace, isAnyPlace, type KeyPlaces } from '../../contract/key-places.ts';
import { defaultRules, type KeyRules } from '../../contract/quota.ts';
import { nowMs } from '../clock.ts';
import { randomBase62 } from '../ids.ts';
import type { StoreVersion } from './store-version.ts';
import type { Tables } from './tables.ts';

export interface ApiKey {
  readonly id: KeyId;
  /** For people. */
  readonly label: string;
  /** Names of the models it may use (`yard/names/allowed-models.ts` says which names count); null: all. */
  readonly models: readonly string[] | null;
  /** Where its requests may run; null: anywhere. */
  readonly places: KeyPlaces | null;
  /** Keys of one group share what engines hold of their prompts; null: it shares with nobody. */
  readonly group: string | null;
  /** What it may use. */
  readonly rules: KeyRules;
  /** Rises with each reading of keys in this process: a request in hand may hold what was true before a change. */
  readonly version: number;
}

/** What can be changed of a key; what is absent stays as it is. */
export interface KeyChange {
  readonly models?: readonly string[] | null;
  readonly places?: Partial<KeyPlaces>;
  readonly group?: string | null;
  readonly rules?: Partial<KeyRules>;
}

/** Requests of one scope may reuse each other's KV cache: no id of a key is also a group's. */
export const scopeOf = ({ id, group }: ApiKey): string => (group === null ? id : `group_${group}`);

export interface ListedKey extends ApiKey {
  readonly createdAtMs: number;
  /** null: the key works. */
  readonly revokedAtMs: number | null;
}

interface CachedKey {
  readonly key: ApiKey;
  /** The hex text of it, as bytes: what `timingSafeEqual` takes. */
  readonly digest: Buffer;
  readonly untilMs: number;
}

const shape = /^my_([0-9A-Za-z]{12})_[0-9A-Za-z_-]{43}$/;
/** A key found valid is believed for this long without asking the database again, ms. */
const believeMs = 30_000;

const digestOf = (secret: string): string => hash('sha256', secret);

/** Whose secret it says it is; undefined when it is none. */
function keyIdIn(secret: string): KeyId | undefined {
  const name = shape.exec(secret)?.[1];
  return name === undefined ? undefined : `key_${name}`;
}

const isSecretOf = ({ digest }: CachedKey, secret: string): boolean =>
  timingSafeEqual(digest, Buffer.from(digestOf(secret)));

export class ApiKeys {
  readonly #db: Kysely<Tables>;
  /** Changes when another process (`metalyard keys revoke`) has written. */
  readonly #storeVersion: StoreVersion;
  readonly #cache = new Map<KeyId, CachedKey>();
  readonly #labels = new Map<KeyId, string>();
  #cachedVersion: unknown;
  #readings = 0;
  #writes = 0;

  constructor(db: Kysely<Tables>, storeVersion: StoreVersion) {
    this.#db = db;
    this.#storeVersion = storeVersion;
  }

  /** The key behind a secret, or undefined when it does not work. Malformed secrets never reach the database. */
  async verify(secret: string): Promise<ApiKey | undefined> {
    const key = await this.#owned(secret);
    return key === undefined || isExpired(key) ? undefined : key;
  }

  /** As `verify`, without waiting: undefined as well when the database must be asked. */
  recall(secret: string): ApiKey | undefined {
    const keyId = keyIdIn(secret);
    const known = keyId === undefined ? undefined : this.#cached(keyId);
    return known !== undefined && isSecretOf(known, secret) && !isExpired(known.key) ? known.key : undefined;
  }

  /** A key as it is now; undefined when it was revoked. */
  async current(keyId: KeyId): Promise<ApiKey | undefined> {
    return (this.#cached(keyId) ?? (await this.#load(keyId)))?.key;
  }

  /** Another value than before: keys may have been changed, by this process or another one. */
  get changes(): string {
    return `${this.#storeVersion.current()}/${this.#writes}`;
  }

  /** When the key behind a secret stopped working by itself, wall clock ms; undefined when that is not why. */
  async expiredAtMs(secret: string): Promise<number | undefined> {
    const key = await this.#owned(secret);
    return key !== undefined && isExpired(key) ? (key.rules.expiresAtMs ?? undefined) : undefined;
  }

  async #owned(secret: string): Promise<ApiKey | undefined> {
    const keyId = keyIdIn(secret);
    if (keyId === undefined) return undefined;
    const known = this.#cached(keyId) ?? (await this.#load(keyId));
    return known !== undefined && isSecretOf(known, secret) ? known.key : undefined;
  }

  /** Makes a key. The secret is not kept: this is the only time it is seen. */
  async create(label: string, settings: KeyChange = {}): Promise<{ readonly key: ApiKey; readonly secret: string }> {
    const name = randomBase62(12);
    const secret = `my_${name}_${randomBytes(32).toString('base64url')}`;
    const { models = null, places, group = null, rules } = settings;
    const key = {
      id: `key_${name}`,
      label,
      models,
      places: merged(null, places),
      group,
      rules: { ...defaultRules, ...rules },
      version: this.#nextReading(),
    };
    await this.#db
      .insertInto('api_keys')
      .values({
        key_id: key.id,
        label,
        digest: digestOf(secret),
        created_at_ms: Date.now(),
        revoked_at_ms: null,
        models: null,
        places: null,
        trust_group: null,
        class: key.rules.class,
        weight: key.rules.weight,
        ...columnsOf(settings, null),
      })
      .execute();
    return { key, secret };
  }

  /** Changes a working key, from the next request on. Undefined when there is no such key. */
  async set(keyId: KeyId, change: KeyChange): Promise<ApiKey | undefined> {
    for (;;) {
      const before = await this.#db
        .selectFrom('api_keys')
        .select('places')
        .where('key_id', '=', keyId)
        .where('revoked_at_ms', 'is', null)
        .executeTakeFirst();
      if (before === undefined) return undefined;
      const { places } = before;
      // What is not named of its places stays: should another process have changed them meanwhile, once more.
      const row = await this.#db
        .updateTable('api_keys')
        // A column is named even when nothing changes: the row is what is asked for.
        .set({ key_id: keyId, ...columnsOf(change, placesOf(places)) })
        .where('key_id', '=', keyId)
        .where('revoked_at_ms', 'is', null)
        .where('places', places === null ? 'is' : '=', places)
        .returningAll()
        .executeTakeFirst();
      this.#written(keyId);
      if (row !== undefined) return keyOf(row, this.#nextReading());
    }
  }

  /** All keys, oldest first, revoked ones included. */
  async list(): Promise<readonly ListedKey[]> {
    const rows = await this.#db.selectFrom('api_keys').selectAll().orderBy('created_at_ms').orderBy('key_id').execute();
    return rows.map((row) => ({
      ...keyOf(row, this.#nextReading()),
      createdAtMs: row.created_at_ms,
      revokedAtMs: row.revoked_at_ms,
    }));
  }

  /** Ends a key for good. False when there is no such working key. */
  async revoke(keyId: KeyId): Promise<boolean> {
    const result = await this.#db
      .updateTable('api_keys')
      .set({ revoked_at_ms: Date.now() })
      .where('key_id', '=', keyId)
      .where('revoked_at_ms', 'is', null)
      .executeTakeFirst();
    this.#written(keyId);
    return result.numUpdatedRows > 0n;
  }

  /** The label of a key that was verified here before. */
  label(keyId: KeyId): string | undefined {
    return this.#labels.get(keyId);
  }

  #written(keyId: KeyId): void {
    this.#cache.delete(keyId);
    this.#writes += 1;
  }

  #nextReading(): number {
    this.#readings += 1;
    return this.#readings;
  }

  #cached(keyId: KeyId): CachedKey | undefined {
    const version = this.#storeVersion.current();
    if (version !== this.#cachedVersion) {
      this.#cachedVersion = version;
      this.#cache.clear();
    }
    const cached = this.#cache.get(keyId);
    return cached !== undefined && cached.untilMs > nowMs() ? cached : undefined;
  }

  async #load(keyId: KeyId): Promise<CachedKey | undefined> {
    const before = this.changes;
    const row = await this.#db
      .selectFrom('api_keys')
      .selectAll()
      .where('key_id', '=', keyId)
      .where('revoked_at_ms', 'is', null)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const known = {
      key: keyOf(row, this.#nextReading()),
      digest: Buffer.from(row.digest),
      untilMs: nowMs() + believeMs,
    };
    // Of a store that was written meanwhile the row may be old: it serves who asked, and is not believed for longer.
    if (before === this.changes) this.#cache.set(keyId, known);
    this.#labels.set(keyId, row.label);
    return known;
  }
}

const isExpired = ({ rules: { expiresAtMs } }: ApiKey): boolean => expiresAtMs !== null && Date.now() >= expiresAtMs;

const keyOf = (row: Tables['api_keys'], version: number): ApiKey => ({
  id: row.key_id,
  label: row.label,
  // Written by `columnsOf`.
  models: row.models === null ? null : (JSON.parse(row.models) as readonly string[]),
  places: placesOf(row.places),
  group: row.trust_group,
  rules: rulesOf(row),
  version,
});

// Written by `columnsOf`.
const placesOf = (text: string | null): KeyPlaces | null => (text === null ? null : (JSON.parse(text) as KeyPlaces));

function merged(before: KeyPlaces | null, change: Partial<KeyPlaces> | undefined): KeyPlaces | null {
  const places = { ...anyPlace, ...before, ...change };
  return isAnyPlace(places) ? null : places;
}

const rulesOf = (row: Tables['api_keys']): KeyRules => ({
  requestsPerMinute: row.requests_per_minute,
  inputTokensPerMinute: row.input_tokens_per_minute,
  outputTokensPerMinute: row.output_tokens_per_minute,
  concurrency: row.concurrency,
  dailyTokens: row.daily_tokens,
  monthlyTokens: row.monthly_tokens,
  expiresAtMs: row.expires_at_ms,
  class: row.class,
  weight: row.weight,
});

const ruleColumns = {
  requestsPerMinute: 'requests_per_minute',
  inputTokensPerMinute: 'input_tokens_per_minute',
  outputTokensPerMinute: 'output_tokens_per_minute',
  concurrency: 'concurrency',
  dailyTokens: 'daily_tokens',
  monthlyTokens: 'monthly_tokens',
  expiresAtMs: 'expires_at_ms',
  class: 'class',
  weight: 'weight',
} as const satisfies Record<keyof KeyRules, keyof Tables['api_keys']>;

/** The columns of what a change names. */
function columnsOf(
  { models, places, group, rules = {} }: KeyChange,
  before: KeyPlaces | null,
): Partial<Tables['api_keys']> {
  const now = merged(before, places);
  const columns = Object.entries(rules).map(([name, value]) => [ruleColumns[name as keyof KeyRules], value]); // a key of the rules
  return {
    ...(models === undefined ? {} : { models: models === null ? null : JSON.stringify(models) }),
    ...(places === undefined ? {} : { places: now === null ? null : JSON.stringify(now) }),
    ...(group === undefined ? {} : { trust_group: group }),
    ...Object.fromEntries(columns),
  };
}
