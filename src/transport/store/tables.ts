/**
 * The tables of the store. One text for SQLite and (later) PostgreSQL: TEXT ids, INTEGER
 * milliseconds, nothing above 2^53. No column ever holds prompt text or a usable secret of a client.
 */

import type { ServiceClass } from '../../contract/service-class.ts';

export interface Tables {
  gateway: GatewayTable;
  api_keys: ApiKeysTable;
  machines: MachinesTable;
  join_tokens: JoinTokensTable;
  join_token_uses: JoinTokenUsesTable;
  model_aliases: ModelAliasesTable;
  model_minimums: ModelMinimumsTable;
  requests: RequestsTable;
  quota_levels: QuotaLevelsTable;
  quota_permits: QuotaPermitsTable;
  quota_holders: QuotaHoldersTable;
}

/** One row: who this gateway is. */
export interface GatewayTable {
  gateway_id: string;
  /** Rises with every start of the gateway. */
  epoch: number;
  /** Signs thinking blocks; 32 bytes, base64url. */
  signing_secret: string;
}

export interface ApiKeysTable {
  key_id: string;
  label: string;
  /** SHA-256 of the whole key, hex. The key has 256 random bits, so a slow hash would add nothing. */
  digest: string;
  created_at_ms: number;
  revoked_at_ms: number | null;
  /** JSON: the names of the models it may use; null: all. */
  models: string | null;
  /** What `keys set` has set (`contract/quota.ts`); null: nothing of its own. */
  requests_per_minute: number | null;
  input_tokens_per_minute: number | null;
  output_tokens_per_minute: number | null;
  concurrency: number | null;
  daily_tokens: number | null;
  monthly_tokens: number | null;
  expires_at_ms: number | null;
  class: ServiceClass;
  weight: number;
  /** JSON: where its requests may run (`contract/key-places.ts`); null: anywhere. */
  places: string | null;
  /** Keys of one group share what engines hold; null: a group of its own. */
  trust_group: string | null;
}

/** Machines that may link, wait for it, or may not any more. */
export interface MachinesTable {
  machine_id: string;
  /** Ed25519, SPKI DER, base64url. */
  public_key: string;
  name: string;
  /** When it was first let in, or first asked. */
  approved_at_ms: number;
  standing: 'approved' | 'pending' | 'removed';
  /** JSON: a list of texts. */
  labels: string;
  /** 1: its owner keeps it from new work. */
  drained: number;
}

/** Invitations for machines. */
export interface JoinTokensTable {
  token_id: string;
  /** SHA-256 of the whole token, hex. */
  digest: string;
  label: string;
  /** 1: whoever joins with it need not be approved. */
  approves: number;
  uses_left: number;
  created_at_ms: number;
  expires_at_ms: number;
}

/** Which machine has used a token: it may show it again. */
export interface JoinTokenUsesTable {
  token_id: string;
  machine_id: string;
}

/** Names of the owner's own for models. */
export interface ModelAliasesTable {
  name: string;
  /** What it stands for: an id, another alias, a name such as `small`. */
  target: string;
  created_at_ms: number;
}

/** Models that are to be loaded on so many machines at least. */
export interface ModelMinimumsTable {
  model: string;
  machines: number;
}

/** The ledger: one row per request that ended. */
export interface RequestsTable {
  request_id: string;
  ended_at_ms: number;
  key_id: string;
  model: string;
  machine_id: string | null;
  status: 'answered' | 'rejected' | 'cancelled' | 'failed';
  /** Error code or cancel reason; null when answered. */
  code: string | null;
  prompt_tokens: number | null;
  cached_tokens: number | null;
  output_tokens: number | null;
  ttft_ms: number | null;
  total_ms: number;
  attempts: number;
  /** What it cost its key: tokens of its quota. */
  charged_input_tokens: number;
  charged_output_tokens: number;
}

/** What keys may still use, beside what gateways have leased. */
export interface QuotaLevelsTable {
  key_id: string;
  bucket: 'requests' | 'input' | 'output' | 'day' | 'month';
  /** 60,000ths of a request or token. Below zero: a debt. */
  parts: number;
  at_ms: number;
  /** The limit that `parts` is to be read by. */
  capacity: number;
  /** The start of the gateway that wrote it: budgets of an earlier one are counted anew from the ledger. */
  epoch: number;
}

/** Which life of a gateway holds how many permits of a key (`yard/quota/permits.ts`). */
export interface QuotaPermitsTable {
  key_id: string;
  holder: string;
  permits: number;
  /** How many it could use. */
  demand: number;
  /** Its place in line, the lowest first. */
  turn: number;
}

/** Those who hold permits, or want some. */
export interface QuotaHoldersTable {
  holder: string;
  /** Counts up every two seconds as long as it is alive. */
  beats: number;
}
