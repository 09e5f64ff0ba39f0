/**
 * How far the output of one answer may be ahead of its reader. All answers of a machine share a connection,
 * so TCP cannot hold up one of them alone: the gateway says how much of each has been taken, and the agent
 * never has more than a window beyond that on its way. Pure; both ends of it, and the simulation's, are here.
 *
 *     agent     sends 64 Ki characters, and waits
 *     gateway   has written them to the client and may write more: `credit`, 64 Ki taken
 *     agent     goes on
 *
 * A client that does not read gets no more credit, and its engine pauses; every other answer goes on.
 */
import type { GenerationEvent } from '../contract/generation/events.ts';

/** Of one answer's output: text in UTF-16 units, and the events that carry it. */
export interface OutputAmount {
  readonly chars: number;
  readonly deltas: number;
}

/** What these events count for. Only text does: all else is small and comes seldom. */
export function amountOf(events: readonly GenerationEvent[]): OutputAmount {
  let chars = 0;
  let deltas = 0;
  for (const event of events) {
    if (event.type !== 'block-delta') continue;
    chars += event.text.length;
    deltas += 1;
  }
  return { chars, deltas };
}

/** The agent's end, for one attempt. A whole message may be sent while anything is left: a tool call cannot be cut. */
export class OutputCredit {
  /** Undefined: a gateway that knows no credit. */
  readonly #window: OutputAmount | undefined;
  /** Sent and not taken. */
  #chars = 0;
  #deltas = 0;
  #takenChars = 0;
  #takenDeltas = 0;

  constructor(window: OutputAmount | undefined) {
    this.#window = window;
  }

  get isLeft(): boolean {
    if (this.#window === undefined) return true;
    return this.#chars < this.#window.chars && this.#deltas < this.#window.deltas;
  }

  spend(events: readonly GenerationEvent[]): void {
    const { chars, deltas } = amountOf(events);
    this.#chars += chars;
    this.#deltas += deltas;
  }

  /** `taken`: of this attempt in all. What was said before it changes nothing. */
  grant({ chars, deltas }: OutputAmount): void {
    if (deltas < this.#takenDeltas || chars < this.#takenChars) return;
    this.#chars -= chars - this.#takenChars;
    this.#deltas -= deltas - this.#takenDeltas;
    this.#takenChars = chars;
    this.#takenDeltas = deltas;
  }
}

/** The gateway's end, for one attempt: tells what was taken when it is worth a message. */
export class CreditGiver {
  readonly #window: OutputAmount;
  #chars = 0;
  #deltas = 0;
  #toldChars = 0;
  #toldDeltas = 0;

  constructor(window: OutputAmount) {
    this.#window = window;
  }

  /** Whether the agent might send these: what it has been told since can only have given it more. */
  receive(events: readonly GenerationEvent[]): boolean {
    const { chars, deltas } = amountOf(events);
    const wasLeft =
      this.#chars - this.#toldChars < this.#window.chars && this.#deltas - this.#toldDeltas < this.#window.deltas;
    this.#chars += chars;
    this.#deltas += deltas;
    return wasLeft || deltas === 0;
  }

  /**
   * What to tell the agent, while its reader has room; null: the agent has at least half of its window left.
   * An agent that waits has sent a whole window, so it is told as soon as all of it is here.
   */
  due(): OutputAmount | null {
    const { chars, deltas } = this.#window;
    const isDue = 2 * (this.#chars - this.#toldChars) >= chars || 2 * (this.#deltas - this.#toldDeltas) >= deltas;
    if (!isDue) return null;
    this.#toldChars = this.#chars;
    this.#toldDeltas = this.#deltas;
    return { chars: this.#chars, deltas: this.#deltas };
  }
}
