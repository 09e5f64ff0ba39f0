/**
 * A whole yard under virtual time: the real `step` and the product's agents, simulated engines,
 * clients and networks, and things going wrong. The same options give the same run, event by event.
 *
 *     await simulate({ seed: 7, machines: 10 })
 *
 * First clients ask while faults strike; then everything heals, and every request must have ended,
 * every slot be free and every model answer again. At last the gateway drains in the middle of a rush.
 */
import { type Conditions, drawConditions } from './conditions.ts';
import { letThingsGoWrong } from './faults.ts';
import { longestLeaseMs } from './oracles.ts';
import { drawPlan, keyIds, type Plan, probePlan } from './plan.ts';
import { createRandom, type Random } from './random.ts';
import type { Seen } from './seen.ts';
import { noTampering, type Tampering } from './tampering.ts';
import type { Timeline } from './timeline.ts';
import { Violation } from './violation.ts';
import { coldModels, models, YardWorld } from './yard-world.ts';

export interface SimulationOptions {
  readonly seed: number;
  readonly machines: number;
  /** How long clients ask and faults strike, ms. */
  readonly troubleMs: number;
  /** Mean time between two requests to each machine, ms. */
  readonly meanGapMs: number;
  /** `none`: all goes well. `freezes`: only the gateway itself stops now and then. */
  readonly faults: 'all' | 'freezes' | 'none';
  /** Of a frame to vanish alone while faults strike: see `wire.ts`. */
  readonly gapChance: number;
  /** The whole yard is looked at once in so many steps. Looking costs as much as the yard is large. */
  readonly stepsPerLook: number;
  /** A run with more events than this has gone astray. */
  readonly eventCap: number;
}

export const usualOptions = {
  machines: 10,
  troubleMs: 60_000,
  meanGapMs: 2_500,
  faults: 'all',
  gapChance: 0,
  stepsPerLook: 1,
  eventCap: 1_000_000,
} as const satisfies Omit<SimulationOptions, 'seed'>;

export interface SimulationReport {
  readonly requests: number;
  readonly steps: number;
  readonly events: number;
  /** Before all was well again. */
  readonly seen: Readonly<Seen>;
  /** How many requests ended how. `broken`: the gateway was restarted. */
  readonly tally: Readonly<Record<string, number>>;
  /** Virtual time it took, ms. */
  readonly tookMs: number;
}

/** Says first how to see it again. */
export class SimulationFailure extends Error {
  override readonly name = 'SimulationFailure';
  constructor(options: SimulationOptions, conditions: Conditions, atMs: number, cause: unknown) {
    const what = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    super(
      `seed ${options.seed}, options ${JSON.stringify(options)}: at ${atMs} ms: ${what}\n  (drawn: ${JSON.stringify(conditions)})`,
      { cause },
    );
  }
}

/** All that was asked during the trouble has ended this long after it, ms. */
const drainMs = 900_000;
/** Until nobody waits any more at a gateway that was told to stop in a rush, ms. */
const drainedMs = 60_000;
/** Machines that noticed nothing yet give up their connections, dial again, and tell their load; leases run out meanwhile, ms. */
const settleMs = 60_000;
/** A model's load, its residency, and the load of the model that waits for its memory: with what is to stay loaded, too. */
const coldMs = 2 * 70_000 + 4 * 70_000;
const memoryLookMs = 1_000;
/** A key that has used all that it may, and owes as much again, may use all of it once more after two minutes; the store's last word is older, ms. */
const repaidMs = 130_000;

/** Runs one seed to its end. Throws `SimulationFailure` when a rule was broken. */
export async function simulate(
  given: Partial<SimulationOptions> & { readonly seed: number },
  tampering: Tampering = noTampering,
): Promise<SimulationReport> {
  const options = { ...usualOptions, ...given };
  const random = createRandom(options.seed);
  const conditions = drawConditions(random);
  const simulation = new Simulation(options, random, conditions, tampering);
  try {
    return await simulation.run();
  } catch (cause) {
    throw new SimulationFailure(options, conditions, simulation.nowMs, cause);
  }
}

class Simulation {
  readonly #options: SimulationOptions;
  readonly #random: Random;
  readonly #conditions: Conditions;
  readonly #world: YardWorld;
  readonly #timeline: Timeline;
  #minimum = 0;

  constructor(options: SimulationOptions, random: Random, conditions: Conditions, tampering: Tampering) {
    this.#options = options;
    this.#random = random;
    this.#conditions = conditions;
    this.#world = new YardWorld(options, random, conditions, tampering);
    this.#timeline = this.#world.timeline;
  }

  get nowMs(): number {
    return this.#timeline.nowMs;
  }

  async run(): Promise<SimulationReport> {
    const { troubleMs, faults } = this.#options;
    const { oracles } = this.#world;
    this.#letClientsAsk(troubleMs);
    this.#lookAtMemory();
    this.#keepLoaded(troubleMs);
    if (faults === 'all') this.#letThingsGoWrong(troubleMs);
    if (faults === 'freezes') this.#letGatewayFreeze(troubleMs);
    await this.#pass(troubleMs);
    await this.#pass(troubleMs + drainMs, () => oracles.open === 0);
    oracles.allEnded();
    const seen = { ...this.#world.seen };
    await this.#probe();
    await this.#drain();
    const { nowMs: tookMs, happened: events } = this.#timeline;
    return { requests: oracles.asked, steps: oracles.steps, events, seen, tally: oracles.tally(), tookMs };
  }

  #letClientsAsk(untilMs: number): void {
    const { meanGapMs, machines } = this.#options;
    const most = (2 * meanGapMs) / machines;
    const ask = (): void => {
      if (this.nowMs >= untilMs) return;
      // Large yards are asked several times in the same ms.
      for (let count = most < 2 ? Math.round(2 / most) : 1; count > 0; count -= 1) {
        this.#world.ask(drawPlan(this.#random, this.#random.chance(0.8) ? ['tiny'] : [...models, ...coldModels]));
      }
      this.#timeline.after(this.#random.between(1, Math.max(1, Math.floor(most))), ask);
    };
    ask();
  }

  #letThingsGoWrong(untilMs: number): void {
    const { machineFaults, gatewayFaults, lossChance, repeatChance, overtakenChance } = this.#conditions;
    const { timeline, weather, network, agents } = this.#world;
    Object.assign(weather, { lossChance, repeatChance, overtakenChance, gapChance: this.#options.gapChance });
    const world = {
      ...{ timeline, weather, network, agents, machineFaults, gatewayFaults },
      random: this.#random,
      gateway: () => this.#world.gateway,
      hold: this.#world.hold.bind(this.#world),
      remove: this.#world.remove.bind(this.#world),
      letIn: this.#world.letIn.bind(this.#world),
      lie: this.#world.lie.bind(this.#world),
      giveRoom: this.#world.giveRoom.bind(this.#world),
      clone: this.#world.clone.bind(this.#world),
      setKey: this.#world.setKey.bind(this.#world),
      setGatewayClock: this.#world.setGatewayClock.bind(this.#world),
      sleepGateway: this.#world.sleepGateway.bind(this.#world),
      restartGateway: this.#world.restartGateway.bind(this.#world),
    };
    letThingsGoWrong(world, untilMs);
  }

  #letGatewayFreeze(untilMs: number): void {
    const freeze = (): void => {
      if (this.nowMs >= untilMs) return;
      this.#world.sleepGateway(this.#random.between(100, 30_000), 'stopped');
      this.#timeline.after(this.#random.between(20_000, 60_000), freeze);
    };
    freeze();
  }

  /** In one of three seeds the owner wants a cold model to stay loaded, later on more machines, and the other one has room left. */
  #keepLoaded(troubleMs: number): void {
    const { seed } = this.#options;
    const [model] = coldModels;
    const most = this.#world.agents.filter((agent) => agent.has(model)).length - 1;
    if (seed % 3 !== 0 || most < 1) return;
    this.#minimum = Math.min(2, most);
    this.#world.setMinimum(model, 1);
    this.#timeline.after(troubleMs / 2, () => this.#world.setMinimum(model, this.#minimum));
  }

  /** Where another model was loaded last it has its time first. */
  async #checkKept(): Promise<void> {
    const [model] = coldModels;
    const countLoaded = () => this.#world.agents.filter(({ models: own }) => own?.statusOf(model) === 'ready').length;
    await this.#pass(this.nowMs + coldMs, () => countLoaded() >= this.#minimum);
    const loaded = countLoaded();
    if (loaded >= this.#minimum) return;
    throw new Violation(`${model} is loaded on ${loaded} machines and is to stay loaded on ${this.#minimum}`);
  }

  #lookAtMemory(): void {
    this.#timeline.after(memoryLookMs, () => {
      this.#world.checkMemory();
      this.#lookAtMemory();
    });
  }

  /** All is well again: every machine is there and idle, and every model answers. */
  async #probe(): Promise<void> {
    const endedAtMs = this.nowMs;
    await this.#pass(this.nowMs + settleMs + longestLeaseMs(this.#options.machines));
    const { agents, gateway, oracles } = this.#world;
    for (const { machineId, busy } of agents) {
      if (busy > 0) throw new Violation(`${machineId} still has ${busy} slots taken when nobody asks for anything`);
      const machine = gateway?.yard.machines.get(machineId);
      if (machine?.status !== 'live')
        throw new Violation(`${machineId} is ${machine?.status ?? 'unknown'}, all being well`);
      if (machine.holds.size > 0) {
        const kept = Array.from(machine.holds, ([key, { stage }]) => `${key} (${stage})`).join(', ');
        throw new Violation(`the yard still counts on work of ${machineId}: ${kept}`);
      }
    }
    const probes = models.map((model) => this.#ask(probePlan(model)));
    await this.#pass(this.nowMs + 10_000, () => oracles.open === 0);
    for (const requestId of probes) oracles.answered(requestId);
    await this.#pass(endedAtMs + repaidMs);
    for (let round = 0; round < 2; round += 1) await this.#probeKeys();
    if (agents.length > 1) for (const model of coldModels) await this.#probeCold(model);
    await this.#checkKept();
  }

  /** Whatever their limits are, and whatever the gateway's clock has said: what keys have left unused is theirs again. */
  async #probeKeys(): Promise<void> {
    const { oracles } = this.#world;
    const probes = keyIds.flatMap((keyId) =>
      Array.from({ length: 5 }, () => this.#ask({ ...probePlan('tiny'), keyId })),
    );
    await this.#pass(this.nowMs + 10_000, () => oracles.open === 0);
    // So many at once may be more than the machines can answer soon, as far as the gateway can tell. No limit of a key is.
    for (const requestId of probes) oracles.answeredOrSentAway(requestId);
  }

  /** Where another model has to have its time first, clients are told when to come back; who does is answered in the end. */
  async #probeCold(model: string): Promise<void> {
    const { oracles } = this.#world;
    const untilMs = this.nowMs + coldMs;
    for (;;) {
      const requestId = this.#ask(probePlan(model));
      await this.#pass(this.nowMs + coldMs, () => oracles.open === 0);
      const comeBackMs = oracles.toldToComeBack(requestId, 'model_loading');
      if (comeBackMs === null || this.nowMs > untilMs) return oracles.answered(requestId);
      await this.#pass(this.nowMs + comeBackMs);
    }
  }

  /** The gateway stops in the middle of a rush: whoever was let in is answered, runs or waits, and nobody else is let in. */
  async #drain(): Promise<void> {
    const { agents, gateway, oracles } = this.#world;
    const rush = Array.from({ length: 20 + 4 * agents.length }, () => this.#ask(probePlan('tiny')));
    // They are let in.
    this.#timeline.after(20, () => {});
    await this.#pass(this.nowMs + 20);
    gateway?.drain();
    const late = this.#ask(probePlan('tiny'));
    await this.#pass(this.nowMs + drainedMs, () => oracles.open === 0);
    oracles.allEnded();
    for (const requestId of rush) oracles.answeredOrSentAway(requestId);
    if (oracles.toldToComeBack(late, 'draining') === null)
      throw new Violation(`${late} was let in by a gateway that drains`);
  }

  #ask(plan: Plan): string {
    const requestId = this.#world.ask(plan);
    if (requestId === null) throw new Violation('the gateway is down, all being well');
    return requestId;
  }

  async #pass(untilMs: number, isDone: () => boolean = () => false): Promise<void> {
    const { eventCap } = this.#options;
    await this.#world.pass(untilMs, () => {
      if (this.#timeline.happened > eventCap) throw new Violation(`more than ${eventCap} events`);
      return isDone();
    });
  }
}
