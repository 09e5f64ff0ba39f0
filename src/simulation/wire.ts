/**
 * A connection between an agent and the gateway, as good as TCP and as bad as networks are. What
 * one end sends arrives in order and late; while a way is blocked it waits, and arrives once the way
 * is open again, unless an end has lost patience. The ends ping each other as WebSockets do.
 *
 * Over plain HTTP requests what is sent waits for the request before it to come back, and goes with all that waits.
 *
 * A frame may vanish, with all that follows it, and then the connection breaks. Beyond what TCP would
 * do it may also arrive once more, later: a session takes no frame twice. It may be overtaken by some of those that follow, or
 * vanish alone: a session that misses a frame takes nothing more of that connection.
 */
import { limits } from '../contract/limits.ts';
import type { JsonText } from '../session/lanes.ts';
import type { Pipe, PipeHearer } from '../session/pipe.ts';
import type { LinkWay } from '../yard/lease.ts';
import type { ProcessClock } from './process-clock.ts';
import type { Random } from './random.ts';
import type { Timeline } from './timeline.ts';

/** How bad links are at present. Shared by all, changed by `faults.ts`. */
export interface Weather {
  delayMs: readonly [lowest: number, highest: number];
  /** Of a packet to get lost: TCP sends it again, and all that was sent after it arrives later. */
  resendChance: number;
  /** Of a numbered frame to vanish, and all after it, or to arrive twice. */
  lossChance: number;
  repeatChance: number;
  /** Of a numbered frame to vanish alone: what follows arrives. */
  gapChance: number;
  /** Of a numbered frame to be overtaken by those that follow. */
  overtakenChance: number;
}

export interface WireSurroundings {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly weather: Weather;
}

/** One direction between one machine and the gateway; all its connections use it. */
export class Way {
  readonly #waiting = new Set<Direction>();
  #isBlocked = false;
  /** Everything takes this much longer, ms. */
  slowMs = 0;

  get isBlocked(): boolean {
    return this.#isBlocked;
  }

  block(): void {
    this.#isBlocked = true;
  }

  open(): void {
    this.#isBlocked = false;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const direction of waiting) direction.flush();
  }

  /** It will be told when the way is open. */
  wait(direction: Direction): void {
    this.#waiting.add(direction);
  }
}

type Item = { readonly kind: 'frame' | 'close'; readonly text: string } | { readonly kind: 'ping' | 'pong' };

class Direction {
  readonly #world: WireSurroundings;
  readonly #way: Way;
  readonly #carriage: LinkWay;
  /** Of the last request, where requests carry the frames: when it leaves, and when it is back. */
  #request = { leavesMs: Number.NEGATIVE_INFINITY, backMs: Number.NEGATIVE_INFINITY };
  readonly #from: WireEnd;
  readonly #to: WireEnd;
  #waiting: Item[] = [];
  #lastArrivalMs = 0;
  /** Frames that were overtaken, and by how many more they will be. */
  readonly #overtaken = new Map<Item, number>();
  /** Nothing gets through any more. */
  isLost = false;
  /** Handed over while the way is blocked, characters. */
  waitingChars = 0;

  constructor(world: WireSurroundings, way: Way, carriage: LinkWay, from: WireEnd, to: WireEnd) {
    this.#world = world;
    this.#way = way;
    this.#carriage = carriage;
    this.#from = from;
    this.#to = to;
  }

  send(item: Item): void {
    if (this.isLost) return;
    if (!this.#way.isBlocked) return this.#travel(item);
    this.#waiting.push(item);
    this.waitingChars += item.kind === 'frame' ? item.text.length : 0;
    this.#way.wait(this);
  }

  flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.waitingChars = 0;
    for (const item of waiting) this.#travel(item);
    this.#from.hearWritable();
  }

  #travel(item: Item): void {
    const { timeline, random, weather } = this.#world;
    const isNumbered = item.kind === 'frame' && !item.text.startsWith('{');
    if (isNumbered && random.chance(weather.lossChance)) {
      this.isLost = true;
      timeline.after(random.between(0, 3_000), () => {
        this.#from.break('reset');
        this.#to.break('reset');
      });
      return;
    }
    if (isNumbered && weather.gapChance > 0 && random.chance(weather.gapChance)) return;
    if (isNumbered && random.chance(weather.overtakenChance)) {
      this.#overtaken.set(item, random.between(1, mostOvertaking));
      timeline.after(overtakenMs, () => this.#release(item));
      return;
    }
    const delayMs = random.between(...weather.delayMs) + this.#way.slowMs + this.#resendingMs();
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, this.#leavesMs(delayMs) + delayMs);
    timeline.at(this.#lastArrivalMs, () => this.#arrive(item));
    if (isNumbered && random.chance(weather.repeatChance)) {
      timeline.at(this.#lastArrivalMs + random.between(1, 8_000), () => this.#arrive(item));
    }
    for (const [waiting, left] of [...this.#overtaken]) {
      if (left > 1) this.#overtaken.set(waiting, left - 1);
      else timeline.at(this.#lastArrivalMs, () => this.#release(waiting));
    }
  }

  #release(item: Item): void {
    if (this.#overtaken.delete(item)) this.#arrive(item);
  }

  /** When what is sent now leaves; `delayMs`: how long it will be on its way. */
  #leavesMs(delayMs: number): number {
    const { timeline, random, weather } = this.#world;
    const { nowMs } = timeline;
    if (this.#carriage === 'websocket') return nowMs;
    const last = this.#request;
    // It goes with those that wait already.
    if (last.leavesMs > nowMs) return last.leavesMs;
    const leavesMs = Math.max(nowMs, last.backMs);
    this.#request = { leavesMs, backMs: leavesMs + delayMs + random.between(...weather.delayMs) };
    return leavesMs;
  }

  /** How much later a packet arrives because it got lost, and maybe again when it was sent again. */
  #resendingMs(): number {
    const { random, weather } = this.#world;
    let resendingMs = 0;
    for (let waitMs = firstResendMs; weather.resendChance > 0 && random.chance(weather.resendChance); waitMs *= 2)
      resendingMs += waitMs;
    return resendingMs;
  }

  #arrive(item: Item): void {
    if (!this.isLost) this.#to.arrive(item);
  }
}

/** A frame is overtaken by so many others at most, and arrives after so long even if none follows, ms. */
const mostOvertaking = 5;
const overtakenMs = 5_000;
/** TCP waits this long for a confirmation on a slow way, and twice as long with each further loss, ms. */
const firstResendMs = 600;

const decoder = new TextDecoder('utf-8', { fatal: true });

export class WireEnd implements Pipe {
  readonly #clock: ProcessClock;
  readonly #random: Random;
  #hearer: PipeHearer;
  #outgoing: Direction | null = null;
  #state: 'opening' | 'open' | 'closing' | 'closed' = 'opening';
  #heard = true;
  /** A ping has gone out and nothing has come since. */
  #isAsked = false;
  #stopPing = (): void => {};
  /** Somebody keeps a list of the open ones. */
  onGone: () => void = () => {};

  constructor(clock: ProcessClock, random: Random, hearer: PipeHearer) {
    this.#clock = clock;
    this.#random = random;
    this.#hearer = hearer;
  }

  get isOpening(): boolean {
    return this.#state === 'opening';
  }

  get bufferedBytes(): number {
    return this.#outgoing?.waitingChars ?? 0;
  }

  send(head: string, payload: JsonText): void {
    if (this.#state !== 'open') return;
    const text = head + (typeof payload === 'string' ? payload : decoder.decode(payload));
    this.#outgoing?.send({ kind: 'frame', text });
  }

  close(reason: string): void {
    if (this.#state === 'opening') return this.giveUp(reason);
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.#outgoing?.send({ kind: 'close', text: reason });
    // The other end may answer, or not: after a second at most this end is done with it.
    this.#clock.after(this.#random.between(1, 1_000), () => this.#close(reason));
  }

  hear(hearer: PipeHearer): void {
    this.#hearer = hearer;
  }

  hearWritable(): void {
    this.#whileHeard(() => this.#hearer.onWritable());
  }

  opened(outgoing: Direction): void {
    this.#outgoing = outgoing;
    this.#state = 'open';
    this.#ping();
  }

  arrive(item: Item): void {
    this.#whileHeard(() => {
      this.#heard = true;
      switch (item.kind) {
        case 'frame':
          return this.#hearer.onFrame(item.text);
        case 'ping':
          return this.#outgoing?.send({ kind: 'pong' });
        case 'pong':
          return;
        case 'close':
          return this.#close(item.text);
        default:
          item satisfies never;
      }
    });
  }

  /** This end has lost patience. */
  giveUp(why: string): void {
    this.#outgoing?.send({ kind: 'close', text: 'reset' });
    this.#close(why);
  }

  /** The connection breaks in the middle: what is on its way is lost, and both ends find out. */
  break(why: string): void {
    this.#whileHeard(() => this.giveUp(why));
  }

  /** What this end sends from now on vanishes, and nobody is told (a router forgot the connection). */
  silence(): void {
    if (this.#outgoing !== null) this.#outgoing.isLost = true;
  }

  /** The process of this end is gone. `isTold`: its system closes the connection. */
  vanish(isTold: boolean): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    if (isTold) this.#outgoing?.send({ kind: 'close', text: 'reset' });
    else if (this.#outgoing !== null) this.#outgoing.isLost = true;
    this.onGone();
  }

  #whileHeard(run: () => void): void {
    this.#clock.whenAwake(() => {
      if (this.#state !== 'closed') run();
    });
  }

  #close(why: string): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#stopPing();
    this.onGone();
    this.#hearer.onClosed(why);
  }

  #ping(): void {
    this.#stopPing = this.#clock.after(limits.linkPingMs, () => {
      if (this.#heard) this.#isAsked = false;
      else if (this.#isAsked) return this.giveUp('nothing heard');
      else {
        this.#isAsked = true;
        this.#outgoing?.send({ kind: 'ping' });
      }
      this.#heard = false;
      this.#ping();
    });
  }
}

/** Joins two ends over the two ways of a machine. */
export function connect(
  world: WireSurroundings,
  ways: { readonly toAgent: Way; readonly toGateway: Way },
  agent: WireEnd,
  gateway: WireEnd,
  carriage: LinkWay,
): void {
  agent.opened(new Direction(world, ways.toGateway, carriage, agent, gateway));
  gateway.opened(new Direction(world, ways.toAgent, carriage, gateway, agent));
}
