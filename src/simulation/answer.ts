/** Where the gateway writes an answer: a client that sees it, reads it at its own pace, and hears how it ended. */

import type { GenerationEvent } from '../contract/generation/events.ts';
import type { Requests } from '../gateway/requests.ts';
import type { AnswerSink } from '../gateway/submission.ts';
import type { OutputAmount } from '../session/credit.ts';
import type { RequestOutcome } from '../yard/events.ts';
import type { YardState } from '../yard/step.ts';
import type { Oracles } from './oracles.ts';
import { type Plan, readPieces, shortestPiece } from './plan.ts';
import type { ProcessClock } from './process-clock.ts';
import { SimulatedReader } from './reader.ts';
import type { Timeline } from './timeline.ts';
import { Violation } from './violation.ts';

export interface AnswerSurroundings {
  readonly timeline: Timeline;
  /** The gateway's. */
  readonly clock: ProcessClock;
  readonly oracles: Oracles;
  readonly yard: YardState;
  readonly requests: Requests;
  /** What each offer says of credit, and what machines generate beyond that before an engine waits, UTF-16 units. */
  readonly credit: OutputAmount;
  readonly gatherChars: number;
  /** The client is to be given up. */
  onCut(): void;
}

/** What a client is told at the end, for each outcome. Who has left is told nothing. */
const lastWords: Record<RequestOutcome['kind'], string> = {
  answered: 'finish',
  rejected: 'fail',
  failed: 'fail',
  cancelled: 'nothing',
};

export class SimulatedAnswer implements AnswerSink {
  readonly #requestId: string;
  readonly #world: AnswerSurroundings;
  readonly #reader: SimulatedReader;
  #hasShown = false;
  #lastWord = 'nothing';

  constructor(requestId: string, { readMs }: Plan, world: AnswerSurroundings) {
    this.#requestId = requestId;
    this.#world = world;
    const { requests, credit, gatherChars } = world;
    // The piece that was too much, what was on its way, and what the machine gathers: once with its last credit,
    // and once when it ends.
    const aheadPieces = 1 + credit.deltas + 2 * (1 + Math.ceil(gatherChars / shortestPiece));
    this.#reader = new SimulatedReader(requestId, readMs, {
      ...world,
      aheadPieces,
      onRoom: () => requests.roomFor(requestId),
      onHeldUp: () => requests.heldUp(requestId),
    });
  }

  get isFull(): boolean {
    return this.#reader.isFull;
  }

  queued(): void {}

  events(events: readonly GenerationEvent[]): void {
    const { oracles, yard, requests } = this.#world;
    for (const event of events) {
      if (event.type !== 'block-delta') continue;
      for (const piece of readPieces(event.text)) {
        oracles.shown(yard, this.#requestId, piece);
        this.#reader.write();
      }
      if (!this.#hasShown) {
        this.#hasShown = true;
        requests.shown(this.#requestId);
      }
    }
  }

  discard(): void {
    if (this.#hasShown) throw new Violation(`what was shown of ${this.#requestId} is taken back`);
  }

  finish(): void {
    this.#end('finish');
  }

  fail(): void {
    this.#end('fail');
  }

  /** The gateway is done with it. */
  ended({ kind }: RequestOutcome): void {
    this.#reader.end();
    const expected = lastWords[kind];
    if (this.#lastWord === expected) return;
    throw new Violation(`${this.#requestId} is ${kind}; its client heard ${this.#lastWord} for ${expected}`);
  }

  #end(word: string): void {
    if (this.#lastWord !== 'nothing') throw new Violation(`the answer to ${this.#requestId} ended twice`);
    this.#lastWord = word;
  }
}
