/**
 * Where one attempt of a request was sent, and why: a value, made with every offer. Errors, headers, the comment in the
 * stream and `metalyard explain` print it. It holds figures and names of machines, nothing of the prompt.
 */
import type { Pace } from '../../contract/link/prefix.ts';
import type { Waited } from '../queue/past.ts';
import type { Reason } from './reasons.ts';

/** What one machine would take, as foreseen. Times in ms. */
export interface Candidate {
  readonly machineId: string;
  readonly name: string;
  /** Of the prompt: what is foreseen to be in its cache. */
  readonly cachedTokens: number;
  readonly predicted: {
    /** Until a slot is free, or the model is loaded. */
    readonly waitMs: number;
    /** Network, and counting the prompt: how long it takes to answer an offer. */
    readonly answerMs: number;
    /** From there to the first token beside reading, waking an idle GPU included. */
    readonly startMs: number;
    /** Reading what is not cached, beside what it reads for others. */
    readonly readMs: number;
    /** All of these. */
    readonly ttftMs: number;
    /** From the first token to the last. */
    readonly writeMs: number;
  };
  /** What was added for what speaks against it. */
  readonly penalties: readonly { readonly name: string; readonly ms: number }[];
  /** Machines are compared by this, ms: first token, a part of the rest, penalties. */
  readonly cost: number;
  readonly pace: Pick<Pace, 'readPerS' | 'writePerS' | 'confidence'>;
}

export interface RuledOut {
  readonly reason: Reason;
  readonly count: number;
  /** Some of them. */
  readonly machines: readonly string[];
}

export interface Decision {
  readonly requestId: string;
  readonly attempt: number;
  readonly model: string;
  /** In the queue until this offer. */
  readonly queuedMs: number;
  /** What that wait was for, as far as it is kept; empty for a request that was kept to some machines. */
  readonly waited: readonly Waited[];
  /** Estimated. */
  readonly promptTokens: number;
  readonly chosen: Candidate;
  /** The next best, best first. */
  readonly alternatives: readonly Candidate[];
  readonly ruledOut: readonly RuledOut[];
  /** Connected machines that list the model. */
  readonly machines: number;
}
