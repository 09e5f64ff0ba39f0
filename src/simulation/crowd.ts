/**
 * A pool that never fails, and more clients than it can serve: what the queue does to them, under
 * virtual time. One machine reads and writes at a constant pace; clients ask again as SDKs do.
 */
import { errorCatalogue } from '../contract/errors.ts';
import type { ServiceClass } from '../contract/service-class.ts';
import type { YardEffect, YardEvent } from '../yard/events.ts';
import { invariants } from '../yard/invariants.ts';
import { createYard, step, type YardOptions } from '../yard/step.ts';
import { Timeline } from './timeline.ts';

export interface CrowdOptions extends YardOptions {
  readonly slots: number;
  /** Tries of a client, the first included. SDKs have three. */
  readonly tries?: number;
  /** Whether the rules of the yard are looked at after each step: costs as much as the queue is long. */
  readonly looks?: boolean;
}

/** What a client asks. */
export interface Call {
  readonly keyId: string;
  readonly serviceClass?: ServiceClass;
  readonly promptTokens: number;
  readonly outputTokens: number;
}

/** What became of it. Times of the last try. */
export interface CallRecord {
  readonly call: Call;
  readonly askedAtMs: number;
  tries: number;
  triedAtMs: number;
  offeredAtMs: number | null;
  firstTokenAtMs: number | null;
  /** `answered`, or the code of the last error; null while it lasts. */
  ended: string | null;
}

/** Of every slot. */
const readTokensPerMs = 1;
const msPerToken = 20;
const beatMs = 5_000;
const heard = { machineId: 'A', sessionId: 's' } as const;

/** How long a call keeps its slot, ms. */
export const serviceMs = ({ promptTokens, outputTokens }: Call): number =>
  promptTokens / readTokensPerMs + outputTokens * msPerToken;

export class Crowd {
  readonly timeline = new Timeline();
  readonly records: CallRecord[] = [];
  /** All tries of all clients. */
  requests = 0;
  readonly #yard;
  readonly #tries: number;
  readonly #looks: boolean;
  readonly #open = new Map<string, { record: CallRecord; onEnd: () => void }>();
  #wakeAtMs = Number.POSITIVE_INFINITY;

  constructor({ slots, tries = 3, looks = false, ...options }: CrowdOptions) {
    this.#yard = createYard(options);
    this.#tries = tries;
    this.#looks = looks;
    const model = { id: 'tiny', digest: 'd', displayName: 'Tiny', status: 'ready', window: 100_000, slots } as const;
    const models = [{ ...model, busySlots: 0, thinking: false, tools: false, createdAtMs: 0 }];
    this.#tell({ type: 'machine-connected', ...heard, name: 'A' });
    this.#tell({ type: 'machine-reported', ...heard, models, draining: false });
    this.#beat();
  }

  /** Asks at once, and again as often as the client may and is asked to. */
  ask(call: Call, onEnd: () => void = () => {}): CallRecord {
    const { nowMs } = this.timeline;
    const record: CallRecord = {
      call,
      askedAtMs: nowMs,
      tries: 0,
      triedAtMs: nowMs,
      offeredAtMs: null,
      firstTokenAtMs: null,
      ended: null,
    };
    this.records.push(record);
    this.#try(record, onEnd);
    return record;
  }

  #try(record: CallRecord, onEnd: () => void): void {
    this.requests += 1;
    record.tries += 1;
    record.triedAtMs = this.timeline.nowMs;
    const requestId = `req_${this.requests}`;
    this.#open.set(requestId, { record, onEnd });
    const { keyId, serviceClass = 'interactive', promptTokens: estimatedTokens } = record.call;
    const asked = { requestId, keyId, serviceClass, estimatedTokens, model: 'tiny', maxTokens: 32_000 };
    this.#tell({ type: 'request-submitted', ...asked });
  }

  #beat(): void {
    this.#tell({ type: 'machine-heard', ...heard });
    this.timeline.after(beatMs, () => this.#beat());
  }

  #tell(event: YardEvent): void {
    const effects = step(this.#yard, event, this.timeline.nowMs);
    if (this.#looks) {
      const broken = invariants(this.#yard);
      if (broken.length > 0) throw new Error(`at ${this.timeline.nowMs} ms: ${broken.join('; ')}`);
    }
    // In a moment of its own each: an effect may cause events.
    for (const effect of effects) this.timeline.after(0, () => this.#carryOut(effect));
    const { wakeAtMs } = this.#yard;
    if (wakeAtMs === null || wakeAtMs >= this.#wakeAtMs) return;
    this.#wakeAtMs = wakeAtMs;
    this.timeline.at(wakeAtMs, () => {
      this.#wakeAtMs = Number.POSITIVE_INFINITY;
      this.#tell({ type: 'clock-advanced' });
    });
  }

  #carryOut(effect: YardEffect): void {
    if (effect.type === 'send-offer') this.#serve(effect.requestId, effect.attempt);
    if (effect.type !== 'request-ended') return;
    const { requestId, outcome } = effect;
    const { record, onEnd } = this.#open.get(requestId)!;
    this.#open.delete(requestId);
    if (outcome.kind === 'rejected') {
      const { code, retryAfterMs = 500 } = outcome.error;
      if (errorCatalogue[code].shouldRetry && record.tries < this.#tries) {
        this.timeline.after(retryAfterMs, () => this.#try(record, onEnd));
        return;
      }
      record.ended = code;
    } else record.ended = outcome.kind;
    onEnd();
  }

  #serve(requestId: string, attempt: number): void {
    const { record } = this.#open.get(requestId)!;
    const { promptTokens, outputTokens } = record.call;
    record.offeredAtMs = this.timeline.nowMs;
    this.#tell({ type: 'offer-accepted', machineId: 'A', requestId, attempt, promptTokens });
    this.timeline.after(promptTokens / readTokensPerMs, () => {
      record.firstTokenAtMs = this.timeline.nowMs;
      this.#tell({ type: 'content-shown', requestId, attempt });
    });
    this.timeline.after(serviceMs(record.call), () => {
      this.#tell({
        type: 'ticket-ended',
        requestId,
        attempt,
        error: null,
        usage: { readTokens: promptTokens, outputTokens },
      });
    });
  }
}

/** The value that so large a share of the values does not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
