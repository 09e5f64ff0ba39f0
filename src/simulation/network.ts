/** The network between machines and the gateway: dialling, and what becomes of open connections. */
import type { Pipe, PipeHearer } from '../session/pipe.ts';
import type { LinkWay } from '../yard/lease.ts';
import type { ProcessClock } from './process-clock.ts';
import { connect, Way, WireEnd, type WireSurroundings } from './wire.ts';

/** Whoever answers when the gateway is dialled. */
export interface Listener {
  readonly clock: ProcessClock;
  open(pipe: Pipe, way: LinkWay): void;
}

/** What lies between one machine and the gateway. */
export interface Path {
  readonly toAgent: Way;
  readonly toGateway: Way;
  readonly ends: { readonly agent: Set<WireEnd>; readonly gateway: Set<WireEnd> };
}

/** A dial that nobody answers fails after this long, ms. */
const dialMs = 10_000;
/** While a way is blocked, a dial is repeated this often, ms. */
const dialAgainMs = 1_000;

const nobody: PipeHearer = { onFrame() {}, onWritable() {}, onClosed() {} };

export class Network {
  readonly #world: WireSurroundings;
  readonly #paths = new Map<string, Path>();
  /** null: nobody listens. */
  listener: Listener | null = null;

  constructor(world: WireSurroundings) {
    this.#world = world;
  }

  pathOf(machineId: string): Path {
    let path = this.#paths.get(machineId);
    if (path === undefined) {
      path = { toAgent: new Way(), toGateway: new Way(), ends: { agent: new Set(), gateway: new Set() } };
      this.#paths.set(machineId, path);
    }
    return path;
  }

  /** Opens a connection; failures arrive through `onClosed`. */
  dial(machineId: string, clock: ProcessClock, hearer: PipeHearer, way: LinkWay): Pipe {
    const path = this.pathOf(machineId);
    const end = this.#newEnd(path.ends.agent, clock, hearer);
    this.#knock(path, end, way, this.#world.timeline.nowMs + dialMs);
    return end;
  }

  /** The process on one side is gone. */
  agentGone(machineId: string, isTold: boolean): void {
    for (const end of this.pathOf(machineId).ends.agent) end.vanish(isTold);
  }

  gatewayGone(isTold: boolean): void {
    this.listener = null;
    for (const { ends } of this.#paths.values()) for (const end of ends.gateway) end.vanish(isTold);
  }

  /** Every connection of a machine breaks. */
  reset(machineId: string): void {
    const { agent, gateway } = this.pathOf(machineId).ends;
    for (const end of [...agent, ...gateway]) end.break('reset');
  }

  /** Every connection of a machine goes silent for good; new ones work. */
  forget(machineId: string): void {
    const { agent, gateway } = this.pathOf(machineId).ends;
    for (const end of [...agent, ...gateway]) end.silence();
  }

  /** All ways are open and quick. */
  heal(): void {
    for (const { toAgent, toGateway } of this.#paths.values()) {
      for (const way of [toAgent, toGateway]) {
        way.slowMs = 0;
        way.open();
      }
    }
  }

  #knock(path: Path, end: WireEnd, way: LinkWay, untilMs: number): void {
    const { timeline, random, weather } = this.#world;
    const tripMs = 2 * random.between(...weather.delayMs) + path.toAgent.slowMs + path.toGateway.slowMs;
    timeline.after(tripMs, () => {
      if (!end.isOpening) return;
      if (path.toAgent.isBlocked || path.toGateway.isBlocked) {
        if (timeline.nowMs >= untilMs) return end.break('nobody answered');
        timeline.after(dialAgainMs, () => this.#knock(path, end, way, untilMs));
      } else if (this.listener === null) end.break('refused');
      else {
        const { listener } = this;
        const gatewayEnd = this.#newEnd(path.ends.gateway, listener.clock, nobody);
        connect(this.#world, path, end, gatewayEnd, way);
        listener.clock.whenAwake(() => {
          if (listener === this.listener) listener.open(gatewayEnd, way);
        });
      }
    });
  }

  #newEnd(ends: Set<WireEnd>, clock: ProcessClock, hearer: PipeHearer): WireEnd {
    const end = new WireEnd(clock, this.#world.random, hearer);
    ends.add(end);
    end.onGone = () => ends.delete(end);
    return end;
  }
}
