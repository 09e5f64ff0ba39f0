/**
 * A link between an agent and the gateway, as bad as links are. What one end sends arrives in
 * order and late. A link can be cut, one way or both: from then on messages vanish, and the ends
 * find out when they find out. Beyond what a WebSocket would do, single control messages get lost
 * and repeated, so that every deadline and every fence is needed. Content never is, because a
 * real link closes rather than skip some.
 */
import type { AgentMessage, GatewayMessage } from '../contract/link/messages.ts';
import type { Random } from './random.ts';
import type { Timeline } from './timeline.ts';

/** How bad links are at present. Shared by all, changed by `faults.ts`. */
export interface Weather {
  readonly delayMs: readonly [lowest: number, highest: number];
  /** Of a control message to vanish or to arrive twice. */
  lossChance: number;
  repeatChance: number;
}

export interface LinkEnd<Incoming> {
  receive(message: Incoming): void;
  /** The other end closed it, or this end's socket gave up. Told once. */
  closed(): void;
}

export class Link {
  readonly #timeline: Timeline;
  readonly #random: Random;
  readonly #toAgent: Direction<GatewayMessage>;
  readonly #toGateway: Direction<AgentMessage>;

  constructor(
    surroundings: { timeline: Timeline; random: Random; weather: Weather },
    agent: LinkEnd<GatewayMessage>,
    gateway: LinkEnd<AgentMessage>,
  ) {
    this.#timeline = surroundings.timeline;
    this.#random = surroundings.random;
    this.#toAgent = new Direction(surroundings, agent);
    this.#toGateway = new Direction(surroundings, gateway);
  }

  sendToAgent(message: GatewayMessage): void {
    this.#toAgent.send(message, true);
  }

  sendToGateway(message: AgentMessage): void {
    const isContent = message.type === 'output' && message.events.some((event) => event.type === 'block-delta');
    this.#toGateway.send(message, !isContent);
  }

  /** Closed by the agent: the gateway learns of it, unless that direction is cut. */
  closeByAgent(): void {
    this.#toAgent.deafen();
    this.#toGateway.close();
  }

  closeByGateway(): void {
    this.#toGateway.deafen();
    this.#toAgent.close();
  }

  /** Everything takes this much longer from now on, both ways, until told otherwise. */
  slow(byMs: number): void {
    this.#toAgent.slow(byMs);
    this.#toGateway.slow(byMs);
  }

  /** Messages vanish from now on. Each end that hears nothing more gives up in its own time. */
  cut(ways: { readonly toAgent: boolean; readonly toGateway: boolean }): void {
    for (const [isCut, direction] of [
      [ways.toAgent, this.#toAgent],
      [ways.toGateway, this.#toGateway],
    ] as const) {
      if (!isCut) continue;
      direction.cut();
      this.#timeline.after(this.#random.between(500, 40_000), () => direction.giveUp());
    }
  }
}

class Direction<Message> {
  readonly #timeline: Timeline;
  readonly #random: Random;
  readonly #weather: Weather;
  readonly #end: LinkEnd<Message>;
  #lastArrivalMs = 0;
  #slowByMs = 0;
  #isCut = false;
  #isDeaf = false;

  constructor(
    { timeline, random, weather }: { timeline: Timeline; random: Random; weather: Weather },
    end: LinkEnd<Message>,
  ) {
    this.#timeline = timeline;
    this.#random = random;
    this.#weather = weather;
    this.#end = end;
  }

  send(message: Message, isControl: boolean): void {
    if (this.#isCut) return;
    if (isControl && this.#random.chance(this.#weather.lossChance)) return;
    const isRepeated = isControl && this.#random.chance(this.#weather.repeatChance);
    this.#arrive(() => {
      this.#end.receive(message);
      // The repetition is overtaken by what was sent after it.
      if (isRepeated) this.#timeline.after(this.#random.between(1, 8_000), () => this.#hear(message));
    });
  }

  close(): void {
    if (!this.#isCut) this.#arrive(() => this.giveUp());
  }

  cut(): void {
    this.#isCut = true;
  }

  slow(byMs: number): void {
    this.#slowByMs = byMs;
  }

  /** The receiving end has left. */
  deafen(): void {
    this.#isDeaf = true;
  }

  giveUp(): void {
    if (this.#isDeaf) return;
    this.#isDeaf = true;
    this.#end.closed();
  }

  #hear(message: Message): void {
    if (!this.#isDeaf) this.#end.receive(message);
  }

  #arrive(run: () => void): void {
    const delayMs = this.#random.between(...this.#weather.delayMs);
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, this.#timeline.nowMs + delayMs + this.#slowByMs);
    this.#timeline.at(this.#lastArrivalMs, () => {
      if (!this.#isDeaf) run();
    });
  }
}
