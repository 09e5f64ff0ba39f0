/** A request as it is handed in: what is asked, of whom, and where its answer goes. */
import type { ApiError } from '../contract/errors.ts';
import type { GenerationEvent, GenerationUsage } from '../contract/generation/events.ts';
import type { RequestNeeds } from '../contract/generation/request-needs.ts';
import type { KeyPlaces } from '../contract/key-places.ts';
import type { Prefix } from '../contract/link/prefix.ts';
import type { ServiceClass } from '../contract/service-class.ts';
import type { JsonText } from '../session/lanes.ts';
import type { Wishes } from '../yard/routing/circles.ts';
import type { Decision } from '../yard/routing/decision.ts';

/** Where an answer goes: a stream or one message. Implemented in `gateway/http`. */
export interface AnswerSink {
  /** Waiting in the queue; 1 is next. `etaMs`: for about how long, when that is known. */
  queued(position: number, etaMs?: number): void;
  /**
   * Output of the current attempt, without its terminal event. `endFollows`: it was the last, and `finish` is called at
   * once, unless the attempt or the request has come to another end.
   */
  events(events: readonly GenerationEvent[], endFollows?: boolean): void;
  /** The current attempt is void; nothing of it was shown and another may follow. */
  discard(): void;
  /** The answer is complete. */
  finish(end: GenerationEnd, summary: AnswerSummary): void;
  fail(error: ApiError): void;
  /** Its client has not read what was written: the machine is to wait. `Requests.roomFor` says when it may go on. */
  readonly isFull: boolean;
}

/** What there is to say of an answer beside its content. Times in ms. */
export interface AnswerSummary {
  /** Of the attempt that answered. */
  readonly decision: Decision | null;
  readonly attempts: number;
  readonly ttftMs: number | null;
  readonly totalMs: number;
  readonly usage: GenerationUsage;
}

export type GenerationEnd = Extract<GenerationEvent, { type: 'generation-end' }>;

export interface Submission {
  readonly requestId: string;
  readonly keyId: string;
  /** Resolved model id. */
  readonly model: string;
  readonly needs: RequestNeeds;
  /** As asked for. */
  readonly maxTokens: number;
  readonly serviceClass: ServiceClass;
  /** Share of the key beside others. */
  readonly weight: number;
  /** How long the client waits for its turn, ms; left out: as long as its class. */
  readonly waitMs?: number;
  /** The canonical request as JSON, serialised once. Emptied when the request has ended. */
  requestJson: JsonText;
  readonly prefix?: Prefix | undefined;
  /** Which machines its client asks for. */
  readonly wishes?: Wishes | undefined;
  /** Where its key may be served; null: anywhere. */
  readonly places: KeyPlaces | null;
  /** Whose prompts may be found in a cache for it. */
  readonly scope: string;
  readonly sink: AnswerSink;
  /** A machine has taken an attempt of it. */
  onPlaced?(decision: Decision): void;
  /** A machine has counted the prompt and made room for the answer. */
  onAccepted?(room: Room): void;
}

/** Tokens, by the machine's own count. */
export interface Room {
  readonly promptTokens: number;
  readonly window: number;
  /** After the room rule. */
  readonly maxTokens: number;
}
