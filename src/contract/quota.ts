/**
 * What an API key may use: limits per minute, requests at once, token budgets, and how urgent its
 * requests are. Set by `metalyard keys set`, enforced by `yard/quota`, told in response headers.
 */
import type { ServiceClass } from './service-class.ts';

/** What the owner has set for one key; null: nothing of its own. */
export interface KeyRules {
  /** Null: as in `defaultRates`. */
  readonly requestsPerMinute: number | null;
  readonly inputTokensPerMinute: number | null;
  readonly outputTokensPerMinute: number | null;
  /** Requests that have not ended, those that wait included. Null: no limit of its own. */
  readonly concurrency: number | null;
  /** Input and output tokens of one UTC day, of one UTC month. Null: no budget. */
  readonly dailyTokens: number | null;
  readonly monthlyTokens: number | null;
  /** Wall clock, ms; null: never. */
  readonly expiresAtMs: number | null;
  readonly class: ServiceClass;
  /** Share of the pool against keys of the same class. */
  readonly weight: number;
}

/**
 * The rates of a key whose owner has set none: more than a yard of GPUs answers, so they stop nothing but a client
 * that has run wild. They are enforced, and so what headers say of them is true.
 */
export const defaultRates = {
  requestsPerMinute: 10_000,
  inputTokensPerMinute: 50_000_000,
  outputTokensPerMinute: 5_000_000,
} as const;

export const defaultRules: KeyRules = {
  requestsPerMinute: null,
  inputTokensPerMinute: null,
  outputTokensPerMinute: null,
  concurrency: null,
  dailyTokens: null,
  monthlyTokens: null,
  expiresAtMs: null,
  class: 'interactive',
  weight: 1,
};

/** Largest figures that may be set: their 60,000ths stay exact integers. */
export const highestRate = 10_000_000_000;
export const highestBudget = 100_000_000_000;
export const highestConcurrency = 100_000;
export const highestWeight = 1_000;

/** One limit as headers tell of it. */
export interface RateLimit {
  readonly limit: number;
  /** Whole units left, never below 0. */
  readonly remaining: number;
  /** Wall clock, ms, when all of it is there again. */
  readonly fullAtMs: number;
}

/** The four limits of the `anthropic-ratelimit-*` headers. */
export interface RateLimits {
  readonly requests: RateLimit;
  /** Input and output together, or a budget of which less is left. */
  readonly tokens: RateLimit;
  readonly inputTokens: RateLimit;
  readonly outputTokens: RateLimit;
}

/** Tokens that count against a key's limits. */
export interface TokenCharge {
  /** Prompt tokens that were not in a cache. */
  readonly inputTokens: number;
  readonly outputTokens: number;
}
