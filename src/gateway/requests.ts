/**
 * The requests in hand: joins what clients ask (HTTP), what the yard decides and what machines
 * send. Output reaches a client only while its attempt is the current one.
 */
import { createHash } from 'node:crypto';
import { type ApiError, apiError } from '../contract/errors.ts';
import type { GenerationEvent } from '../contract/generation/events.ts';
import { limits } from '../contract/limits.ts';
import type { CancelReason } from '../contract/link/messages.ts';
import { AnswerJournal } from '../session/answer-journal.ts';
import { CreditGiver, type OutputAmount } from '../session/credit.ts';
import { type GenerationPhase, phaseAfter } from '../translate/response/event-grammar.ts';
import type { RequestReport } from '../transport/request-report.ts';
import { believed, believedPrompt } from '../yard/believed.ts';
import type { RequestOutcome, YardEffect, YardEvent } from '../yard/events.ts';
import { chargeOf } from '../yard/quota/charge.ts';
import type { Decision } from '../yard/routing/decision.ts';
import type { GenerationEnd, Room, Submission } from './submission.ts';

type Offered = Pick<Extract<YardEffect, { type: 'send-offer' }>, 'requestId' | 'attempt' | 'decision'>;

interface ActiveRequest {
  readonly submission: Submission;
  readonly submittedAtMs: number;
  /** Of offers that are out or accepted, by attempt. */
  readonly decisions: Map<number, Decision>;
  attempt: number;
  /** Offers made. */
  tries: number;
  machineId: string | null;
  /** Of the machine, while an attempt is assigned. */
  sessionId: string;
  /** How far the assigned attempt may be ahead of the client. */
  credit: CreditGiver | null;
  /** Longest answer of it, tokens and UTF-16 units. */
  mostTokens: number;
  mostChars: number;
  phase: 'loading' | 'prefilling' | 'streaming' | null;
  /** Where the current attempt's answer is in the grammar of events. */
  grammar: GenerationPhase;
  toldAtMs: number;
  ttftMs: number | null;
  /** Of the current attempt: what a client that leaves has had. */
  promptTokens: number | null;
  cachedTokens: number;
  /** What the current attempt has shown. */
  journal: AnswerJournal;
  end: GenerationEnd | null;
}

const endless = apiError(
  'engine_failed',
  'The machine sent more than it was asked for, or sooner than it was told that it may: its agent is broken or too old. Update it.',
);

const senseless = apiError(
  'engine_failed',
  'The machine sent output that is no answer (its events came in an order that means nothing): its agent is broken or too old. Update it.',
);

/** Said by us of a machine that goes on. */
const ownWords: ReadonlySet<ApiError> = new Set([endless, senseless]);

/** What an answer may hold, UTF-16 units: what was generated, and some words that an agent sets right. */
const mostCharsOf = (maxTokens: number): number => 4_096 + maxTokens * limits.answerCharsPerToken;

/** What it cost: tokens found in the cache were not read. */
function usageOf({ usage }: GenerationEnd): { readTokens: number; outputTokens: number } {
  const { promptTokens, cachedTokens, outputTokens } = usage;
  return { readTokens: Math.max(0, promptTokens - cachedTokens), outputTokens };
}

/** Tells whether two requests are the same to a machine. Costs a pass over the body: made only when needed. */
function fingerprintOf({ requestJson }: Submission): string {
  return createHash('sha256').update(requestJson).digest('base64url');
}

/** In each offer, usually: what may be on its way before the client has read some of it. */
export const outputWindow: OutputAmount = { chars: limits.streamCreditChars, deltas: limits.streamCreditDeltas };

/** What a machine is told of one attempt's output: so much of it has been taken. */
export interface Credit {
  readonly requestId: string;
  readonly attempt: number;
  readonly taken: OutputAmount;
}

/** How often the yard hears of progress that changes no phase, ms. */
const progressIntervalMs = 1_000;

export class Requests {
  readonly #active = new Map<string, ActiveRequest>();
  readonly #tell: (event: YardEvent) => void;
  readonly #nowMs: () => number;
  readonly #report: (report: RequestReport) => void;
  readonly #hasSuspects: () => boolean;
  readonly #giveCredit: (sessionId: string, credit: Credit) => void;
  readonly #stop: (sessionId: string, requestId: string, attempt: number) => void;
  readonly #onStray: (sessionId: string, requestId: string) => void;
  readonly #window: OutputAmount;
  readonly #idle: (() => void)[] = [];

  constructor(options: {
    tell(event: YardEvent): void;
    nowMs(): number;
    report(report: RequestReport): void;
    /** Whether the yard compares fingerprints at the moment. */
    hasSuspects(): boolean;
    /** The machine of this session may send more. */
    giveCredit(sessionId: string, credit: Credit): void;
    /** The machine's output is of no use: it need not go on. */
    stop(sessionId: string, requestId: string, attempt: number): void;
    /** A machine spoke of an attempt that is another's; nobody has heard it. */
    onStray(sessionId: string, requestId: string): void;
    /** In each offer: what may be on its way before the client has read some of it. */
    readonly window: OutputAmount;
  }) {
    this.#tell = options.tell;
    this.#nowMs = options.nowMs;
    this.#report = options.report;
    this.#hasSuspects = options.hasSuspects;
    this.#giveCredit = options.giveCredit;
    this.#stop = options.stop;
    this.#onStray = options.onStray;
    this.#window = options.window;
  }

  get count(): number {
    return this.#active.size;
  }

  /** What to put into an offer of this request; counts the try. */
  offered({ requestId, attempt, decision }: Offered): Submission | undefined {
    const request = this.#active.get(requestId);
    if (request === undefined) return undefined;
    request.tries += 1;
    request.decisions.set(attempt, decision);
    return request.submission;
  }

  submit(submission: Submission): void {
    const nowMs = this.#nowMs();
    this.#active.set(submission.requestId, {
      submission,
      submittedAtMs: nowMs,
      decisions: new Map(),
      attempt: 0,
      tries: 0,
      machineId: null,
      sessionId: '',
      credit: null,
      mostTokens: 0,
      mostChars: 0,
      phase: null,
      grammar: 'waiting',
      toldAtMs: nowMs,
      ttftMs: null,
      promptTokens: null,
      cachedTokens: 0,
      journal: new AnswerJournal(),
      end: null,
    });
    this.#tell({
      type: 'request-submitted',
      requestId: submission.requestId,
      keyId: submission.keyId,
      model: submission.model,
      estimatedTokens: submission.needs.estimatedTokens,
      offerBytes: submission.requestJson.length,
      needs: submission.needs,
      maxTokens: submission.maxTokens,
      serviceClass: submission.serviceClass,
      weight: submission.weight,
      ...(submission.waitMs === undefined ? {} : { waitMs: submission.waitMs }),
      ...(submission.prefix === undefined ? {} : { prefix: submission.prefix }),
      ...(submission.wishes === undefined ? {} : { wishes: submission.wishes }),
      ...(submission.places === null ? {} : { places: submission.places }),
      ...(this.#hasSuspects() ? { fingerprint: fingerprintOf(submission) } : {}),
    });
  }

  /** A machine took an attempt of it. Told after the yard, which says whether it counts. */
  accepted(sessionId: string, requestId: string, attempt: number, room: Room): void {
    const request = this.#spokenOf(sessionId, requestId, attempt);
    if (request === undefined) return;
    const { needs, maxTokens } = request.submission;
    request.promptTokens = believedPrompt(room.promptTokens, needs);
    request.mostTokens = Math.min(room.maxTokens, maxTokens);
    request.mostChars = mostCharsOf(request.mostTokens);
    request.submission.onAccepted?.({ ...room, promptTokens: request.promptTokens });
  }

  /** The client left, or must be cut. Harmless when the request has ended. */
  withdraw(requestId: string, reason: CancelReason): void {
    if (this.#active.has(requestId)) this.#tell({ type: 'request-withdrawn', requestId, reason });
  }

  /** The first content of the current attempt was written to the client. */
  shown(requestId: string): void {
    const request = this.#active.get(requestId);
    if (request === undefined) return;
    this.#tell({ type: 'content-shown', requestId, attempt: request.attempt });
  }

  /** The client has read on, after its sink was full. */
  roomFor(requestId: string): void {
    const request = this.#active.get(requestId);
    if (request !== undefined) this.#credit(requestId, request);
  }

  /** The machine waits because the client does: that is no fault of the machine. Told once a second. */
  heldUp(requestId: string): void {
    const request = this.#active.get(requestId);
    if (request === undefined || request.attempt === 0 || request.phase !== 'streaming') return;
    this.#tell({ type: 'ticket-progressed', requestId, attempt: request.attempt, phase: 'streaming' });
  }

  #credit(requestId: string, { submission, credit, attempt, sessionId }: ActiveRequest): void {
    if (attempt === 0 || submission.sink.isFull) return;
    const taken = credit?.due() ?? null;
    if (taken !== null) this.#giveCredit(sessionId, { requestId, attempt, taken });
  }

  /** The request whose present attempt this is, if it is this session's: attempts of others are easily guessed. */
  #spokenOf(sessionId: string, requestId: string, attempt: number): ActiveRequest | undefined {
    const request = this.#active.get(requestId);
    if (request === undefined || request.attempt !== attempt) return undefined;
    if (request.sessionId === sessionId) return request;
    this.#onStray(sessionId, requestId);
    return undefined;
  }

  /** Output arrived from a machine; that of stale attempts, and of others' attempts, is dropped. */
  output(sessionId: string, requestId: string, attempt: number, told: readonly GenerationEvent[]): void {
    const request = this.#spokenOf(sessionId, requestId, attempt);
    if (request === undefined || request.end !== null) return;
    const { estimatedTokens } = request.submission.needs;
    const asked = { estimatedTokens, maxTokens: request.mostTokens };
    const events = told.map((event) => believed(event, asked));
    const nowMs = this.#nowMs();
    let phase = request.phase;
    let terminal: GenerationEvent | undefined;
    let before = 0;
    for (const event of events) {
      const grammar = phaseAfter(request.grammar, event);
      if (grammar === null) {
        // Checked before anyone sees it: a sink cannot take back half of an answer.
        terminal = { type: 'generation-error', error: senseless };
        break;
      }
      request.grammar = grammar;
      if (event.type === 'progress') {
        if (event.phase === 'loading') phase = 'loading';
        else if (event.phase === 'prefill') phase = 'prefilling';
        else if (event.phase === 'decode') phase = 'streaming';
      } else {
        phase = 'streaming';
        request.journal.record(event);
        if (event.type === 'block-start') request.ttftMs ??= nowMs - request.submittedAtMs;
        else if (event.type === 'generation-start') {
          request.promptTokens = event.promptTokens;
          request.cachedTokens = event.cachedTokens;
        }
        if (event.type === 'generation-end' || event.type === 'generation-error') {
          terminal = event;
          break;
        }
      }
      before += 1;
    }
    // What ends well at once is told as that alone.
    const endsWell = terminal?.type === 'generation-end';
    if (!endsWell && phase !== null && (phase !== request.phase || nowMs - request.toldAtMs >= progressIntervalMs)) {
      request.phase = phase;
      request.toldAtMs = nowMs;
      this.#tell({ type: 'ticket-progressed', requestId, attempt, phase });
    }
    const shown = terminal === undefined ? events : events.slice(0, before);
    // The end of an answer waits for no credit.
    const wasAllowed = request.credit?.receive(shown) !== false || terminal !== undefined;
    if (!wasAllowed || request.journal.chars > request.mostChars)
      terminal = { type: 'generation-error', error: endless };
    else if (shown.length > 0) request.submission.sink.events(shown, terminal?.type === 'generation-end');
    if (terminal === undefined) return this.#credit(requestId, request);
    if (terminal.type === 'generation-error' && ownWords.has(terminal.error)) this.#stop(sessionId, requestId, attempt);
    if (terminal.type === 'generation-end') request.end = terminal;
    const error = terminal.type === 'generation-error' ? terminal.error : null;
    const crashed = error?.code === 'engine_crashed';
    this.#tell({
      type: 'ticket-ended',
      requestId,
      attempt,
      error,
      ...(request.end === null ? {} : { usage: usageOf(request.end) }),
      ...(crashed ? { fingerprint: fingerprintOf(request.submission) } : {}),
    });
  }

  // --- effects of the yard

  queued(requestId: string, position: number, etaMs?: number): void {
    this.#active.get(requestId)?.submission.sink.queued(position, etaMs);
  }

  assigned(requestId: string, attempt: number, machineId: string, sessionId: string): void {
    const request = this.#active.get(requestId);
    if (request === undefined) return;
    request.attempt = attempt;
    request.machineId = machineId;
    request.sessionId = sessionId;
    request.credit = new CreditGiver(this.#window);
    request.mostTokens = request.submission.maxTokens;
    request.mostChars = mostCharsOf(request.mostTokens);
    request.phase = null;
    request.grammar = 'waiting';
    const decision = request.decisions.get(attempt);
    if (decision !== undefined) request.submission.onPlaced?.(decision);
  }

  discarded(requestId: string, attempt: number): void {
    const request = this.#active.get(requestId);
    if (request === undefined || request.attempt !== attempt) return;
    request.attempt = 0;
    request.ttftMs = null;
    request.promptTokens = null;
    request.cachedTokens = 0;
    request.journal = new AnswerJournal();
    request.submission.sink.discard();
  }

  ended(requestId: string, outcome: RequestOutcome): void {
    const request = this.#active.get(requestId);
    if (request === undefined) return;
    this.#active.delete(requestId);
    // Nearly all there is of a request: without it, what the collector finds late costs little.
    request.submission.requestJson = '';
    const { sink } = request.submission;
    const totalMs = this.#nowMs() - request.submittedAtMs;
    const { ttftMs, tries: attempts, promptTokens, cachedTokens } = request;
    const { chars, tokenCount } = request.journal;
    const shown = { chars, tokenCount: tokenCount === null ? null : Math.min(tokenCount, request.mostTokens) };
    const usage = request.end?.usage ?? null;
    if (outcome.kind === 'answered' && request.end !== null) {
      const decision = request.decisions.get(request.attempt) ?? null;
      sink.finish(request.end, { decision, attempts, ttftMs, totalMs, usage: request.end.usage });
    } else if (outcome.kind === 'rejected' || outcome.kind === 'failed') sink.fail(outcome.error);
    this.#report({
      requestId,
      keyId: request.submission.keyId,
      model: request.submission.model,
      outcome,
      machineId: request.machineId,
      attempts,
      usage,
      charged: chargeOf(outcome, usage, { promptTokens, cachedTokens, shown }),
      ttftMs,
      totalMs,
    });
    if (this.#active.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** Ends all of them at once: the gateway stops and waits for nobody. */
  abandon(error: ApiError): void {
    for (const requestId of [...this.#active.keys()]) this.ended(requestId, { kind: 'failed', error });
  }

  /** Resolves when no request is in hand. */
  whenIdle(): Promise<void> {
    return this.#active.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }
}
