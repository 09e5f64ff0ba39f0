/** The ledger: each request has one row, and its key pays for what was shown, of which each piece is a token. */
import type { RequestReport } from '../transport/request-report.ts';
import type { Plan } from './plan.ts';
import { Violation } from './violation.ts';

export class LedgerOracle {
  readonly #rows = new Set<string>();

  /** `shown`: pieces that its client has seen. */
  entered({ requestId, keyId, outcome, usage, charged }: RequestReport, plan: Plan, shown: number): void {
    if (this.#rows.has(requestId)) throw new Violation(`${requestId} has two rows in the ledger`);
    this.#rows.add(requestId);
    if (keyId !== plan.keyId) throw new Violation(`${requestId} of ${plan.keyId} is entered for ${keyId}`);
    const isPaid = outcome.kind === 'answered' || outcome.kind === 'cancelled';
    const paid = isPaid ? shown : 0;
    if (charged.outputTokens !== paid) {
      throw new Violation(`${keyId} pays for ${charged.outputTokens} tokens of ${requestId}, where ${paid} were shown`);
    }
    if (paid > 0 && charged.inputTokens !== plan.promptTokens) {
      throw new Violation(`${keyId} pays for a prompt of ${charged.inputTokens} tokens, not ${plan.promptTokens}`);
    }
    if (outcome.kind === 'answered' && usage?.outputTokens !== shown) {
      throw new Violation(`${requestId} is said to have had ${usage?.outputTokens} tokens, where ${shown} were shown`);
    }
  }
}
