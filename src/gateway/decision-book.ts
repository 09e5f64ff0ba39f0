/** Where the requests of the last while were sent, and what came of it: for `metalyard explain`. No text of a prompt. */
import type { ApiError, ErrorCode } from '../contract/errors.ts';
import type { GenerationUsage } from '../contract/generation/events.ts';
import type { RequestReport } from '../transport/request-report.ts';
import type { Decision } from '../yard/routing/decision.ts';
import type { Waiting } from '../yard/routing/decision-of.ts';

/** Requests that are remembered, the last ones: some 3 KB each. */
const mostRequests = 1_000;

export interface ExplainedAttempt {
  readonly decision: Decision;
  /** Why it came to nothing; null when it did not. */
  lostBecause: string | null;
}

export interface ExplainedEnd {
  readonly kind: RequestReport['outcome']['kind'];
  readonly code: ErrorCode | null;
  readonly message: string | null;
  readonly usage: GenerationUsage | null;
  /** From the submission to the first content, ms; null when there was none. */
  readonly ttftMs: number | null;
  readonly totalMs: number;
}

export interface Explanation {
  readonly requestId: string;
  readonly model: string;
  /** Offers, in the order in which they were made. */
  readonly attempts: readonly ExplainedAttempt[];
  /** Null while it goes on. */
  readonly end: ExplainedEnd | null;
  /** While it waits for a machine. */
  readonly waiting: Waiting | null;
  /** It was refused at once: by its name, its key, its body or its limits. Then nothing else is known of it. */
  readonly refusal: Pick<ApiError, 'code' | 'message'> | null;
}

interface Entry {
  readonly model: string;
  readonly attempts: ExplainedAttempt[];
  end: ExplainedEnd | null;
}

export class DecisionBook {
  readonly #entries = new Map<string, Entry>();
  /** Apart from the others, which a client that is refused all the time must not push out. */
  readonly #refusals = new Map<string, Pick<ApiError, 'code' | 'message'>>();

  offered(decision: Decision): void {
    this.#entry(decision.requestId, decision.model).attempts.push({ decision, lostBecause: null });
  }

  discarded(requestId: string, attempt: number, why: string): void {
    const lost = this.#entries.get(requestId)?.attempts.find(({ decision }) => decision.attempt === attempt);
    if (lost !== undefined) lost.lostBecause = why;
  }

  ended({ requestId, model, outcome, usage, ttftMs, totalMs }: RequestReport): void {
    const error = 'error' in outcome ? outcome.error : null;
    this.#entry(requestId, model).end = {
      kind: outcome.kind,
      code: error?.code ?? null,
      message: error?.message ?? null,
      usage,
      ttftMs,
      totalMs,
    };
  }

  refused(requestId: string, { code, message }: ApiError): void {
    this.#refusals.set(requestId, { code, message });
    if (this.#refusals.size > mostRequests) this.#refusals.delete(this.#refusals.keys().next().value!);
  }

  /** Undefined when nothing is known of the request (any more). `waiting`: what the yard says of it. */
  explain(requestId: string, waiting: Waiting | null): Explanation | undefined {
    const entry = this.#entries.get(requestId);
    if (entry !== undefined) return { requestId, ...entry, waiting, refusal: null };
    const unknown = { requestId, attempts: [], end: null };
    if (waiting !== null) return { ...unknown, model: waiting.model, waiting, refusal: null };
    const refusal = this.#refusals.get(requestId);
    return refusal === undefined ? undefined : { ...unknown, model: '', waiting, refusal };
  }

  #entry(requestId: string, model: string): Entry {
    let entry = this.#entries.get(requestId);
    if (entry !== undefined) return entry;
    entry = { model, attempts: [], end: null };
    this.#entries.set(requestId, entry);
    if (this.#entries.size > mostRequests) this.#entries.delete(this.#entries.keys().next().value!);
    return entry;
  }
}
