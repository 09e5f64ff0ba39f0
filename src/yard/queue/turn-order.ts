/**
 * The entries of a fair queue one after the other, while some of them are taken and others let those behind them pass. Keys stand
 * in a heap by the clock of their next one, so that hundreds of keys with thousands of requests are gone through in one pass.
 */
import type { FairEntry, Flow } from './fair-queue.ts';

interface Place<Entry> {
  readonly flow: Flow<Entry>;
  /** So many of its entries have let others pass, and what these would have moved its clock on. */
  passed: number;
  passedClock: number;
  /** Of its next one. */
  entry: Entry;
  clock: number;
}

export class TurnOrder<Entry extends FairEntry> {
  readonly #flows: ReadonlySet<Flow<Entry>>;
  readonly #keptBack: (entry: Entry) => boolean;
  /** Those that came back and were not in hand yet. */
  readonly #returned: Entry[];
  readonly #passed = new Set<Entry>();
  #heap: Place<Entry>[] | null = null;
  /** Of the entry in hand. */
  #inHand: Place<Entry> | null = null;
  #isOver = false;

  constructor(flows: ReadonlySet<Flow<Entry>>, returned: readonly Entry[], keptBack: (entry: Entry) => boolean) {
    this.#flows = flows;
    this.#returned = [...returned];
    this.#keptBack = keptBack;
  }

  /** The next one; the one in hand is passed by if it still waits. Null: there is none, and will be none until one is taken. */
  next(): Entry | null {
    const returned = this.#returned.shift();
    if (returned !== undefined) return returned;
    if (this.#isOver) return null;
    this.#passBy();
    this.#heap ??= this.#draw();
    for (;;) {
      const [first] = this.#heap;
      if (first === undefined) break;
      if (!this.#keptBack(first.entry)) {
        this.#inHand = first;
        return first.entry;
      }
      // Nothing of its key goes until something has changed.
      this.#takeFirst(this.#heap);
    }
    this.#isOver = true;
    return null;
  }

  /** One was taken, here or in the queue of another class: who is next, and who is kept back, is another question now. */
  lookAnew(): void {
    this.#passBy();
    this.#heap = null;
    // Whoever was kept back may go now, also if nobody was left.
    this.#isOver = false;
  }

  /** The same; the one in hand still waits and is not passed by. */
  stay(): void {
    this.#inHand = null;
    this.#heap = null;
    this.#isOver = false;
  }

  #passBy(): void {
    const place = this.#inHand;
    if (place === null) return;
    this.#inHand = null;
    const { entry, flow } = place;
    if (flow.waiting[place.passed] !== entry) return;
    this.#passed.add(entry);
    if (this.#heap === null) return;
    place.passed += 1;
    place.passedClock += entry.costTokens / entry.weight;
    const next = flow.waiting[place.passed];
    if (next === undefined) {
      this.#takeFirst(this.#heap);
      return;
    }
    place.entry = next;
    place.clock = flow.clock + place.passedClock;
    sink(this.#heap, 0);
  }

  #draw(): Place<Entry>[] {
    const heap: Place<Entry>[] = [];
    for (const flow of this.#flows) {
      let [passed, passedClock] = [0, 0];
      let entry = flow.waiting[0];
      while (entry !== undefined && this.#passed.has(entry)) {
        passed += 1;
        passedClock += entry.costTokens / entry.weight;
        entry = flow.waiting[passed];
      }
      if (entry !== undefined) heap.push({ flow, passed, passedClock, entry, clock: flow.clock + passedClock });
    }
    for (let at = (heap.length - 2) >> 1; at >= 0; at -= 1) sink(heap, at);
    return heap;
  }

  #takeFirst(heap: Place<Entry>[]): void {
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    heap[0] = last;
    sink(heap, 0);
  }
}

function sink<Entry extends FairEntry>(heap: Place<Entry>[], from: number): void {
  const sinking = heap[from]!;
  let at = from;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
    if (!isBefore(heap[child]!, sinking)) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = sinking;
}

function isBefore<Entry extends FairEntry>(one: Place<Entry>, other: Place<Entry>): boolean {
  return one.clock < other.clock || (one.clock === other.clock && one.entry.sequence < other.entry.sequence);
}
