/**
 * A simulated agent and its machine. It keeps its slots with the same desk as the real agent, and
 * can crash, freeze, drain, lose its link and have engines that die or stall.
 */
import { apiError } from '../contract/errors.ts';
import { limits } from '../contract/limits.ts';
import type { AgentMessage, DeclineReason, GatewayMessage, MachineModel } from '../contract/link/messages.ts';
import type { createSlotDesk, SlotDesk, TicketName } from '../yard/slots.ts';
import { type Generation, startGeneration } from './engine.ts';
import type { LinkEnd } from './link.ts';
import type { Oracles } from './oracles.ts';
import { type Plan, promptMaximum, windowTokens } from './plan.ts';
import type { Random } from './random.ts';
import { Sleeper } from './sleeper.ts';
import type { Timeline } from './timeline.ts';

/** The agent's end of a link. */
export interface Uplink {
  send(message: AgentMessage): void;
  close(): void;
}

export interface AgentSurroundings {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly oracles: Oracles;
  readonly createDesk: typeof createSlotDesk;
  planOf(requestId: string): Plan;
  dial(agent: SimulatedAgent, end: LinkEnd<GatewayMessage>): Uplink;
}

/** One model on the machine. */
interface Served {
  readonly model: string;
  readonly slots: number;
  readonly desk: SlotDesk;
  readonly generations: Map<string, Generation>;
  status: MachineModel['status'];
}

export class SimulatedAgent {
  readonly machineId: string;
  readonly #world: AgentSurroundings;
  readonly #slots: ReadonlyMap<string, number>;
  #served = new Map<string, Served>();
  #uplink: Uplink | null = null;
  #isUp = false;
  #draining = false;
  readonly #sleeper: Sleeper;
  /** Rises with every start: what an earlier life meant to do later is void. */
  #life = 0;

  constructor(machineId: string, slots: ReadonlyMap<string, number>, world: AgentSurroundings) {
    this.machineId = machineId;
    this.#slots = slots;
    this.#world = world;
    this.#sleeper = new Sleeper(world.timeline);
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Slots taken on all its desks. */
  get busy(): number {
    return [...this.#served.values()].reduce((sum, served) => sum + served.desk.busy, 0);
  }

  start(): void {
    this.#isUp = true;
    this.#draining = false;
    this.#life += 1;
    this.#served = new Map();
    for (const [model, slots] of this.#slots) {
      const desk = this.#world.createDesk({ slots });
      this.#served.set(model, { model, slots, desk, generations: new Map(), status: 'loading' });
      this.#load(this.#served.get(model)!);
    }
    this.#dial();
    this.#beat();
  }

  /** The machine is gone at once. Its link is left to be found broken, or is closed by its system. */
  crash(isClosed: boolean): void {
    for (const served of this.#served.values()) this.#killAll(served);
    this.#isUp = false;
    this.#life += 1;
    if (isClosed) this.#uplink?.close();
    this.#uplink = null;
  }

  /** Nothing happens on the machine for a while: sleep, swapping, a stopped process. */
  freeze(forMs: number): void {
    this.#sleeper.sleep(forMs);
  }

  drain(): void {
    this.#draining = true;
    this.#report();
  }

  /** One engine dies with all it runs and is started again. */
  crashEngine(): void {
    const served = this.#world.random.pick([...this.#served.values()]);
    const names = [...served.generations.keys()].map(readKey);
    this.#killAll(served);
    for (const name of names) {
      if (served.desk.isWanted(name)) {
        const error = apiError('engine_crashed', 'the engine process ended unexpectedly');
        this.#send({ type: 'output', ...name, events: [{ type: 'generation-error', error }] });
      } else {
        this.#send({ type: 'cancelled', ...name });
      }
      served.desk.end(name);
    }
    served.status = 'loading';
    this.#report();
    this.#load(served);
  }

  stallGenerations(): void {
    for (const served of this.#served.values())
      for (const generation of served.generations.values()) generation.stall();
  }

  #receive(message: GatewayMessage): void {
    if (message.type === 'offer') {
      const { requestId, attempt, offerMs } = message;
      this.#answerOffer({ requestId, attempt }, message.request.model, offerMs);
    } else if (message.type === 'cancel') {
      this.#cancel({ requestId: message.requestId, attempt: message.attempt });
    }
  }

  #answerOffer(name: TicketName, model: string, offerMs: number): void {
    const served = this.#served.get(model);
    const plan = this.#world.planOf(name.requestId);
    if (this.#draining) return this.#decline(name, { code: 'draining' });
    if (served?.status !== 'ready') return this.#decline(name, { code: 'model-unavailable', message: 'not loaded' });
    const decision = served.desk.decide(name, (earlier) => this.#cancel(earlier));
    if (decision.kind === 'ignore') return;
    if (decision.kind === 'decline') return this.#decline(name, decision.reason);
    const offeredAtMs = this.#world.timeline.nowMs;
    // Counting the prompt takes time.
    this.#later(this.#world.random.between(1, 200), () => {
      if (!served.desk.isWanted(name)) return;
      const isVoid = this.#world.timeline.nowMs - offeredAtMs > offerMs;
      const isTooLong = plan.promptTokens > promptMaximum;
      if (isVoid || isTooLong || served.status !== 'ready') {
        served.desk.end(name);
        if (isVoid) return;
        if (!isTooLong) return this.#decline(name, { code: 'model-unavailable', message: 'not loaded' });
        const { promptTokens: tokens } = plan;
        return this.#decline(name, { code: 'context-overflow', tokens, maximum: promptMaximum, window: windowTokens });
      }
      this.#begin(served, name, plan);
    });
  }

  #begin(served: Served, name: TicketName, plan: Plan): void {
    served.desk.begin(name);
    const { promptTokens } = plan;
    this.#send({ type: 'accept', ...name, promptTokens, window: windowTokens, maxTokens: plan.pieces });
    const key = writeKey(name);
    const generation = startGeneration(name, plan, this.#later, (event) => {
      this.#send({ type: 'output', ...name, events: [event] });
      if (event.type === 'generation-end') this.#end(served, name);
    });
    served.generations.set(key, generation);
    this.#world.oracles.engineWorks(this.machineId, served.model, served.generations.size, served.slots);
  }

  #cancel(name: TicketName): void {
    const served = [...this.#served.values()].find((candidate) => candidate.generations.has(writeKey(name)));
    for (const { desk } of this.#served.values()) {
      if (desk.cancel(name) !== 'stop') continue;
      served!.generations.get(writeKey(name))!.stop(() => {
        this.#end(served!, name);
        this.#send({ type: 'cancelled', ...name });
      });
      return;
    }
    this.#send({ type: 'cancelled', ...name });
  }

  #end(served: Served, name: TicketName): void {
    served.generations.delete(writeKey(name));
    served.desk.end(name);
    this.#report();
  }

  #killAll(served: Served): void {
    for (const generation of served.generations.values()) generation.kill();
    served.generations.clear();
  }

  #load(served: Served): void {
    this.#later(this.#world.random.between(500, 5_000), () => {
      served.status = 'ready';
      this.#report();
    });
  }

  #dial(): void {
    const uplink = this.#world.dial(this, {
      receive: (message) => this.#sleeper.whenAwake(() => this.#uplink === uplink && this.#receive(message)),
      closed: () => this.#sleeper.whenAwake(() => this.#uplink === uplink && this.#hangUp()),
    });
    this.#uplink = uplink;
    this.#report();
  }

  /** Nobody is there to read the answers: all work stops, and the gateway is dialled again. */
  #hangUp(): void {
    this.#uplink?.close();
    this.#uplink = null;
    for (const { generations } of this.#served.values())
      for (const key of generations.keys()) this.#cancel(readKey(key));
    this.#later(this.#world.random.between(100, 3_000), () => this.#dial());
  }

  #beat(): void {
    const jitter = 1 + limits.heartbeatJitter * (2 * this.#world.random.next() - 1);
    this.#later(Math.round(limits.heartbeatMs * jitter), () => {
      this.#report();
      this.#beat();
    });
  }

  #report(): void {
    const models = Array.from(this.#served.values(), ({ model, status, slots, desk }): MachineModel => {
      const load = status === 'ready' ? { slots, busySlots: desk.busy } : { slots: 0, busySlots: 0 };
      const facts = { digest: model, displayName: model, window: windowTokens, thinking: false, tools: false };
      return { id: model, status, createdAtMs: 0, ...facts, ...load };
    });
    this.#send({ type: 'report', models, draining: this.#draining });
  }

  #decline(name: TicketName, reason: DeclineReason): void {
    this.#send({ type: 'decline', ...name, reason });
  }

  #send(message: AgentMessage): void {
    if (message.type === 'report') this.#world.oracles.reported(this.machineId, message);
    this.#uplink?.send(message);
  }

  /** On this machine's clock: not while it is frozen, and not in another life. */
  readonly #later = (delayMs: number, run: () => void): (() => void) => {
    const life = this.#life;
    let isCalledOff = false;
    this.#world.timeline.after(delayMs, () =>
      this.#sleeper.whenAwake(() => {
        if (!isCalledOff && life === this.#life) run();
      }),
    );
    return () => {
      isCalledOff = true;
    };
  };
}

const writeKey = ({ requestId, attempt }: TicketName): string => `${requestId}/${attempt}`;

function readKey(key: string): TicketName {
  const [requestId = '', attempt] = key.split('/');
  return { requestId, attempt: Number(attempt) };
}
