/**
 * A whole yard under virtual time: the real `step`, the real slot desk, simulated machines,
 * clients and links, and things going wrong. The same options give the same run, event by event.
 *
 *     simulate({ seed: 7, machines: 10 })
 *
 * First clients ask while faults strike; then everything heals, and every request must have ended,
 * every slot be free and every model answer again. At last the gateway drains in the middle of a rush.
 */
import { SimulatedAgent } from './agent.ts';
import { letThingsGoWrong } from './faults.ts';
import { SimulatedGateway } from './gateway.ts';
import { Link, type Weather } from './link.ts';
import { Oracles, Violation } from './oracles.ts';
import { drawPlan, type Plan, probePlan } from './plan.ts';
import { createRandom, type Random } from './random.ts';
import { noTampering, type Tampering } from './tampering.ts';
import { Timeline } from './timeline.ts';

export interface SimulationOptions {
  readonly seed: number;
  readonly machines: number;
  /** How long clients ask and faults strike, ms. */
  readonly troubleMs: number;
  /** Mean time between two requests to each machine, ms. */
  readonly meanGapMs: number;
  /** `none`: all goes well. `freezes`: only the gateway itself stops now and then. */
  readonly faults: 'all' | 'freezes' | 'none';
  /** Of a control message to be lost or to arrive twice, while faults strike. */
  readonly lossChance: number;
  readonly repeatChance: number;
  /** A run with more events than this has gone astray. */
  readonly eventCap: number;
}

export const usualOptions = {
  machines: 10,
  troubleMs: 60_000,
  meanGapMs: 2_500,
  faults: 'all',
  lossChance: 0.02,
  repeatChance: 0.05,
  eventCap: 400_000,
} as const satisfies Omit<SimulationOptions, 'seed'>;

export interface SimulationReport {
  readonly requests: number;
  readonly steps: number;
  readonly events: number;
  /** Machines suspected or lost by the yard. */
  readonly suspicions: number;
  /** How many requests ended how. */
  readonly tally: Readonly<Record<string, number>>;
  /** Virtual time it took, ms. */
  readonly tookMs: number;
}

/** Says first how to see it again. */
export class SimulationFailure extends Error {
  override readonly name = 'SimulationFailure';
  constructor(options: SimulationOptions, atMs: number, cause: unknown) {
    const what = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    super(`seed ${options.seed}, options ${JSON.stringify(options)}: at ${atMs} ms: ${what}`, { cause });
  }
}

/** Models of the simulated yard. Every machine has the first, some have the second. */
const models = ['tiny', 'big'] as const;
/** All that was asked during the trouble has ended this long after it, ms: a minute's wait, three tries, and again. */
const drainMs = 300_000;

/** Runs one seed to its end. Throws `SimulationFailure` when a rule was broken. */
export function simulate(
  given: Partial<SimulationOptions> & { readonly seed: number },
  tampering: Tampering = noTampering,
): SimulationReport {
  const options = { ...usualOptions, ...given };
  const simulation = new Simulation(options, tampering);
  try {
    return simulation.run();
  } catch (cause) {
    throw new SimulationFailure(options, simulation.timeline.nowMs, cause);
  }
}

class Simulation {
  readonly timeline = new Timeline();
  readonly #options: SimulationOptions;
  readonly #random: Random;
  readonly #oracles = new Oracles();
  readonly #weather: Weather = { delayMs: [1, 80], lossChance: 0, repeatChance: 0 };
  readonly #plans = new Map<string, Plan>();
  readonly #links = new Map<SimulatedAgent, Link>();
  readonly #gateway: SimulatedGateway;
  readonly #agents: readonly SimulatedAgent[];

  constructor(options: SimulationOptions, tampering: Tampering) {
    this.#options = options;
    this.#random = createRandom(options.seed);
    const { timeline } = this;
    const [random, oracles] = [this.#random, this.#oracles];
    this.#gateway = new SimulatedGateway({ timeline, oracles, tampering, onEnded: () => {} });
    this.#agents = Array.from({ length: options.machines }, (_, index) => {
      const slots = new Map([['tiny', random.between(1, 4)]]);
      if (index % 3 === 0) slots.set('big', random.between(1, 2));
      return new SimulatedAgent(`mch_${index}`, slots, {
        timeline,
        random,
        oracles,
        createDesk: tampering.createDesk,
        planOf: (requestId) => this.#plans.get(requestId)!,
        dial: (agent, end) => this.#dial(agent, end),
      });
    });
  }

  run(): SimulationReport {
    const { troubleMs, faults, lossChance, repeatChance } = this.#options;
    for (const agent of this.#agents) this.timeline.after(this.#random.between(0, 3_000), () => agent.start());
    this.#letClientsAsk(troubleMs);
    if (faults === 'all') {
      Object.assign(this.#weather, { lossChance, repeatChance });
      this.#letThingsGoWrong(troubleMs);
    }
    if (faults === 'freezes') this.#letGatewayFreeze(troubleMs);
    this.#pass(troubleMs);
    this.#pass(troubleMs + drainMs, () => this.#oracles.open === 0);
    this.#oracles.allEnded();
    const { suspicions } = this.#gateway;
    this.#probe();
    this.#drain();
    const { nowMs: tookMs, happened: events } = this.timeline;
    const tally = this.#oracles.tally();
    return { requests: this.#plans.size, steps: this.#gateway.steps, events, suspicions, tally, tookMs };
  }

  #letClientsAsk(untilMs: number): void {
    const { meanGapMs, machines } = this.#options;
    const ask = (): void => {
      if (this.timeline.nowMs >= untilMs) return;
      this.#ask(drawPlan(this.#random, this.#random.chance(0.8) ? ['tiny'] : models));
      this.timeline.after(this.#random.between(1, (2 * meanGapMs) / machines), ask);
    };
    ask();
  }

  #ask(plan: Plan): string {
    const requestId = `req_${this.#plans.size + 1}`;
    this.#plans.set(requestId, plan);
    this.#oracles.submitted(requestId, plan);
    this.#gateway.submit(requestId, plan);
    const { leavesAfterMs } = plan;
    if (leavesAfterMs !== null) {
      this.timeline.after(leavesAfterMs, () => this.#gateway.withdraw(requestId, 'client-left'));
    }
    return requestId;
  }

  #letThingsGoWrong(untilMs: number): void {
    const { timeline } = this;
    const [random, weather, gateway, agents] = [this.#random, this.#weather, this.#gateway, this.#agents];
    const linkOf = (agent: SimulatedAgent): Link | undefined => this.#links.get(agent);
    letThingsGoWrong({ timeline, random, weather, gateway, agents, linkOf }, untilMs);
  }

  #letGatewayFreeze(untilMs: number): void {
    const freeze = (): void => {
      if (this.timeline.nowMs >= untilMs) return;
      this.#gateway.freeze(this.#random.between(100, 30_000));
      this.timeline.after(this.#random.between(20_000, 60_000), freeze);
    };
    freeze();
  }

  /** All is well again: every machine is there and idle, and every model answers. */
  #probe(): void {
    // Machines that noticed nothing yet give up their links, dial again, and tell their load.
    this.#pass(this.timeline.nowMs + 60_000);
    for (const { machineId, busy } of this.#agents) {
      if (busy > 0) throw new Violation(`${machineId} still has ${busy} slots taken when nobody asks for anything`);
      const machine = this.#gateway.yard.machines.get(machineId);
      if (machine?.status !== 'live')
        throw new Violation(`${machineId} is ${machine?.status ?? 'unknown'}, all being well`);
      if (machine.holds.size > 0) throw new Violation(`the yard still counts on work of ${machineId}`);
    }
    const probes = models.map((model) => this.#ask(probePlan(model)));
    this.#pass(this.timeline.nowMs + 10_000, () => this.#oracles.open === 0);
    for (const requestId of probes) this.#oracles.answered(requestId);
  }

  /** The gateway stops in the middle of a rush: what runs is answered, what waits is told. */
  #drain(): void {
    const rush = Array.from({ length: 20 + 4 * this.#agents.length }, () => this.#ask(probePlan('tiny')));
    this.timeline.after(20, () => this.#gateway.drain());
    this.#pass(this.timeline.nowMs + 10_000, () => this.#oracles.open === 0);
    this.#oracles.allEnded();
    for (const requestId of rush) this.#oracles.answeredOrSentAway(requestId);
  }

  #pass(untilMs: number, isDone: () => boolean = () => false): void {
    const { eventCap } = this.#options;
    this.timeline.run(untilMs, () => {
      if (this.timeline.happened > eventCap) throw new Violation(`more than ${eventCap} events`);
      return isDone();
    });
  }

  #dial(
    agent: SimulatedAgent,
    end: ConstructorParameters<typeof Link>[1],
  ): {
    send: Link['sendToGateway'];
    close: () => void;
  } {
    const surroundings = { timeline: this.timeline, random: this.#random, weather: this.#weather };
    const link: Link = new Link(surroundings, end, {
      receive: (message) => gatewayEnd.receive(message),
      closed: () => gatewayEnd.closed(),
    });
    const gatewayEnd = this.#gateway.open(agent.machineId, {
      send: (message) => link.sendToAgent(message),
      close: () => link.closeByGateway(),
    });
    this.#links.set(agent, link);
    return { send: (message) => link.sendToGateway(message), close: () => link.closeByAgent() };
  }
}
