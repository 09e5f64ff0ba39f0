/**
 * Whose turn it is among keys that want the same slots: start-time fair queueing on tokens.
 *
 * Each key has a clock that moves on by the tokens it is given, divided by its weight; the key whose
 * clock is furthest behind is next. A key that comes back after a pause is moved on to shortly before where the queue
 * is (`mostSaved`): who asks for less than its share, but now and then for three things at once, has them first, and nobody
 * saves up more by not asking. What it was given in advance stays counted:
 *
 *     weight 1, all of 5,000 tokens        ann 0 ──▶ 5,000 ──▶ 10,000 ──▶ 15,000
 *     ann asks four times, then bob often  bob comes at 10,000 - 8,192, goes before ann's next, and once more
 *
 * Two keys that both wait all the time get the same tokens per weight, but for one request each
 * (the largest of either), and what one of them had saved. What a request costs is a guess until it has run; `charge` corrects it. Who is `near` may be taken before
 * who is next, without a key falling further behind than that.
 *
 * A model has one such queue per class of requests. What a key is given in one of them it owes in the others too (`owe`):
 * otherwise it would have a whole share in each, by calling some of its requests less urgent than they are.
 */
import { TurnOrder } from './turn-order.ts';

/** What waits: one request of a key. */
export interface FairEntry {
  readonly keyId: string;
  /** Share of the key beside others; above 0. */
  readonly weight: number;
  /** Order of submission, by which entries of one key are served. */
  readonly sequence: number;
  /** What it will probably cost, tokens; above 0. */
  readonly costTokens: number;
}

export interface Flow<Entry> {
  /** By `sequence`. */
  readonly waiting: Entry[];
  /** The key's clock: tokens per weight. */
  clock: number;
  /** Taken and not settled. */
  running: number;
}

/**
 * What a key was given in other classes keeps it back for so much of what others are given, tokens per weight, or one request:
 * enough that nothing is won by calling requests less urgent, and soon over for who did nothing of the kind.
 */
export const mostOwed = 8_192;

/** What a key that comes back may have before others, tokens per weight: some turns of a chat, or half of one of a coding agent. */
export const mostSaved = 8_192;

export class FairQueue<Entry extends FairEntry> {
  readonly #flows = new Map<string, Flow<Entry>>();
  /** Those of them of whom something waits. */
  readonly #waiting = new Set<Flow<Entry>>();
  /** Those that had their turn and came back, by `sequence`: they are first, and pay nothing more. */
  readonly #returned: Entry[] = [];
  /** What was charged for those that were taken and are not settled, tokens. */
  readonly #charged = new Map<Entry, number>();
  /** The same of those that were taken in queues of other classes. */
  readonly #owed = new Map<Entry, number>();
  /** Clock of the last one taken, before it was charged. Never goes back. */
  #now = 0;
  #size = 0;
  /** Turns since it was looked at which keys are kept for nothing. */
  #unswept = 0;

  /** Entries that wait. */
  get size(): number {
    return this.#size;
  }

  /** Nobody waits and nothing that was taken is at work: all clocks are equal again. */
  get isIdle(): boolean {
    return this.#size === 0 && this.#charged.size === 0;
  }

  /** Keys of which something is kept. */
  get keys(): number {
    return this.#flows.size;
  }

  /** Entries of the key that wait. */
  sizeOf(keyId: string): number {
    let size = this.#flows.get(keyId)?.waiting.length ?? 0;
    for (const entry of this.#returned) if (entry.keyId === keyId) size += 1;
    return size;
  }

  /** Whether something of the other key waits whose turn is not before the next one of this key. */
  waitsBehind(keyId: string, otherId: string): boolean {
    const other = this.#flows.get(otherId);
    return other !== undefined && other.waiting.length > 0 && other.clock >= this.#clockOf(keyId);
  }

  /** Puts the entry behind those of its key that were submitted earlier; in front when it was taken before. */
  enter(entry: Entry): void {
    this.#size += 1;
    if (this.#charged.has(entry)) {
      insert(this.#returned, entry);
      return;
    }
    const flow = this.#open(entry.keyId);
    insert(flow.waiting, entry);
    this.#waiting.add(flow);
  }

  /** It has its turn: charged now, unless it was before. Whether it was now. */
  take(entry: Entry): boolean {
    this.#remove(entry);
    if (this.#charged.has(entry)) return false;
    const flow = this.#flow(entry);
    this.#now = Math.max(this.#now, flow.clock);
    flow.clock += entry.costTokens / entry.weight;
    flow.running += 1;
    this.#charged.set(entry, entry.costTokens);
    this.#unswept += 1;
    if (this.#unswept > this.#flows.size) this.#sweep();
    return true;
  }

  /** It had its turn in the queue of another class. Nothing is owed where nobody waits: it took nothing from them. */
  owe(entry: Entry): void {
    if (this.#size === 0) return;
    const flow = this.#open(entry.keyId);
    const cost = entry.costTokens / entry.weight;
    const most = this.#now + Math.max(mostOwed, cost);
    flow.clock = Math.max(flow.clock, Math.min(flow.clock + cost, most));
    this.#owed.set(entry, entry.costTokens);
  }

  /** It waits no longer and had no turn. */
  leave(entry: Entry): void {
    this.#remove(entry);
    this.#tidy(entry.keyId);
  }

  /** What an entry that was taken really costs, as far as is known by now, tokens. */
  charge(entry: Entry, tokens: number): void {
    const charges = this.#charged.has(entry) ? this.#charged : this.#owed;
    const before = charges.get(entry);
    const flow = this.#flows.get(entry.keyId);
    if (before === undefined || flow === undefined) return;
    charges.set(entry, tokens);
    flow.clock += (tokens - before) / entry.weight;
  }

  /** An entry that was taken is done with; what was charged last stays. Nothing happens when it never was. */
  settle(entry: Entry): void {
    if (this.#charged.delete(entry)) this.#flow(entry).running -= 1;
    else if (!this.#owed.delete(entry)) return;
    this.#tidy(entry.keyId);
  }

  /**
   * The entries, next first. Each may be taken while it is in hand, which moves the order of the rest;
   * one that is left where it is lets the others pass. A key whose next one is `keptBack` is passed over, unless that one came back.
   */
  *inTurn(keptBack: (entry: Entry) => boolean = () => false): Generator<Entry, void> {
    const order = this.order(keptBack);
    for (let entry = order.next(); entry !== null; entry = order.next()) {
      const size = this.#size;
      yield entry;
      if (this.#size !== size) order.lookAnew();
    }
  }

  /** The same for who says himself when the order has moved. */
  order(keptBack: (entry: Entry) => boolean): TurnOrder<Entry> {
    return new TurnOrder(this.#waiting, this.#returned, keptBack);
  }

  /**
   * The next one of each key whose clock is no further than any key's will be after its next turn, and so less than one
   * request ahead of all; those that came back left out. In no order.
   */
  *near(): Generator<Entry, void> {
    let most = Number.POSITIVE_INFINITY;
    for (const { clock, waiting } of this.#waiting) {
      const [next] = waiting;
      if (next !== undefined) most = Math.min(most, clock + next.costTokens / next.weight);
    }
    for (const { clock, waiting } of this.#waiting) {
      const [next] = waiting;
      if (next !== undefined && clock <= most) yield next;
    }
  }

  /** The next one of each key; those that came back left out. In no order. */
  *firstOfKeys(): Generator<Entry, void> {
    for (const { waiting } of this.#waiting) if (waiting[0] !== undefined) yield waiting[0];
  }

  /** Whether this is so of one of them. */
  someNext(holds: (entry: Entry) => boolean): boolean {
    for (const { waiting } of this.#waiting) if (waiting[0] !== undefined && holds(waiting[0])) return true;
    return false;
  }

  /** The order in which they would be taken if nothing came in between. */
  inOrder(): Entry[] {
    const placed: { entry: Entry; clock: number }[] = [];
    for (const flow of this.#waiting) {
      let { clock } = flow;
      for (const entry of flow.waiting) {
        placed.push({ entry, clock });
        clock += entry.costTokens / entry.weight;
      }
    }
    placed.sort((one, other) => one.clock - other.clock || one.entry.sequence - other.entry.sequence);
    return [...this.#returned, ...placed.map(({ entry }) => entry)];
  }

  /** How many go before this one, as `inOrder` has it, in one pass; the size when it does not wait. */
  countBefore(entry: Entry): number {
    const among = this.#returned.indexOf(entry);
    if (among >= 0) return among;
    const own = this.#flows.get(entry.keyId);
    const index = own?.waiting.indexOf(entry) ?? -1;
    if (own === undefined || index < 0) return this.#size;
    let mine = own.clock;
    for (let at = 0; at < index; at += 1) mine += own.waiting[at]!.costTokens / own.waiting[at]!.weight;
    let count = this.#returned.length + index;
    for (const flow of this.#waiting) {
      if (flow === own) continue;
      let { clock } = flow;
      for (const other of flow.waiting) {
        if (clock > mine || (clock === mine && other.sequence > entry.sequence)) break;
        count += 1;
        clock += other.costTokens / other.weight;
      }
    }
    return count;
  }

  /** The key's, moved on to where it comes in if nothing of it waits. */
  #open(keyId: string): Flow<Entry> {
    const flow = this.#flows.get(keyId) ?? { waiting: [], clock: 0, running: 0 };
    flow.clock = this.#clockOf(keyId);
    this.#flows.set(keyId, flow);
    return flow;
  }

  /** Where the key's next one is, or would be if it came now. */
  #clockOf(keyId: string): number {
    const { waiting, clock } = this.#flows.get(keyId) ?? { waiting: [], clock: 0 };
    return waiting.length > 0 ? clock : Math.max(clock, this.#now - mostSaved);
  }

  #remove(entry: Entry): void {
    const flow = this.#flows.get(entry.keyId);
    const list = this.#charged.has(entry) ? this.#returned : (flow?.waiting ?? []);
    const index = list.indexOf(entry);
    if (index < 0) throw new Error(`entry ${entry.sequence} of ${entry.keyId} does not wait`);
    list.splice(index, 1);
    if (flow?.waiting.length === 0) this.#waiting.delete(flow);
    this.#size -= 1;
  }

  #flow({ keyId }: Entry): Flow<Entry> {
    const flow = this.#flows.get(keyId);
    if (flow === undefined) throw new Error(`nothing of ${keyId} is here`);
    return flow;
  }

  /** Forgets who ran ahead, and the queue has come past it since. As often as keys have turns: it costs as much as these. */
  #sweep(): void {
    for (const keyId of [...this.#flows.keys()]) this.#tidy(keyId);
    this.#unswept = 0;
  }

  /** A key that is behind the queue starts where the queue is when it comes again: nothing of it need be kept. */
  #tidy(keyId: string): void {
    if (this.isIdle) {
      this.#flows.clear();
      this.#owed.clear();
      this.#now = 0;
      return;
    }
    const flow = this.#flows.get(keyId);
    if (flow !== undefined && flow.waiting.length === 0 && flow.running === 0 && flow.clock <= this.#now - mostSaved) {
      this.#flows.delete(keyId);
    }
  }
}

function insert<Entry extends FairEntry>(list: Entry[], entry: Entry): void {
  const behind = list.findLastIndex((other) => other.sequence < entry.sequence);
  list.splice(behind + 1, 0, entry);
}
