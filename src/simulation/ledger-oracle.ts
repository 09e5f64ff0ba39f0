/**
 * The ledger: each request has one row, and its key pays for what was shown, of which each piece is a token. Where the machine lied it
 * pays no more than was asked for.
 */
import type { RequestReport } from '../transport/request-report.ts';
import type { Plan } from './plan.ts';
import { Violation } from './violation.ts';

export class LedgerOracle {
  readonly #rows = new Set<string>();

  /** `shown`: pieces that its client has seen; or whatever a liar said that they were. */
  entered(report: RequestReport, plan: Plan, shown: number | 'a lie'): void {
    const { requestId, keyId, outcome, usage, charged } = report;
    if (this.#rows.has(requestId)) throw new Violation(`${requestId} has two rows in the ledger`);
    this.#rows.add(requestId);
    if (keyId !== plan.keyId) throw new Violation(`${requestId} of ${plan.keyId} is entered for ${keyId}`);
    if (shown === 'a lie') return checkLie(report, plan);
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

/** A prompt may be longer than was guessed, though not by any length. */
const mostTokens = ({ promptTokens }: Plan): number => 10_000 + 10 * promptTokens;

function checkLie({ requestId, keyId, usage, charged }: RequestReport, plan: Plan): void {
  if (charged.outputTokens > plan.pieces || charged.inputTokens > mostTokens(plan)) {
    const paid = `${charged.inputTokens} and ${charged.outputTokens} tokens`;
    throw new Violation(`${keyId} pays a liar for ${paid} of ${requestId}, which may have ${plan.pieces}`);
  }
  if (usage === null) return;
  const { promptTokens, cachedTokens, outputTokens, thinkingTokens } = usage;
  if (outputTokens <= plan.pieces && thinkingTokens <= outputTokens && cachedTokens <= promptTokens) return;
  throw new Violation(`a liar's usage of ${requestId} is believed: ${JSON.stringify(usage)}`);
}
