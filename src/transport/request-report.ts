/** What became of a request: one line in the log, one row in the ledger. Never prompt text. */
import type { GenerationUsage } from '../contract/generation/events.ts';
import type { TokenCharge } from '../contract/quota.ts';
import type { RequestOutcome } from '../yard/events.ts';

export interface RequestReport {
  readonly requestId: string;
  readonly keyId: string;
  /** Resolved model id. */
  readonly model: string;
  readonly outcome: RequestOutcome;
  /** The machine of the last attempt, or null when it never reached one. */
  readonly machineId: string | null;
  /** Offers made. */
  readonly attempts: number;
  readonly usage: GenerationUsage | null;
  /** What it cost its key. */
  readonly charged: TokenCharge;
  /** From the submission to the first content, ms; null when there was none. */
  readonly ttftMs: number | null;
  readonly totalMs: number;
}
