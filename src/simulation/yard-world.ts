/** Everybody who takes part in a run: machines, the network, the gateway and its restarts, the clients. */
import { limits } from '../contract/limits.ts';
import type { MachineChange } from '../gateway/machine-admin.ts';
import type { LaneLimits } from '../session/lanes.ts';
import { type Log, silentLog } from '../transport/log/log.ts';
import type { Machine } from '../transport/store/machines.ts';
import { turnEnds } from '../transport/time.ts';
import { heartbeatMs } from '../yard/lease.ts';
import { SimulatedAgent } from './agent.ts';
import { checkBounds, checkHeld } from './bounds.ts';
import type { Conditions } from './conditions.ts';
import { SimulatedGateway } from './gateway.ts';
import { drawLie, drawOwnLie } from './lies.ts';
import { Network } from './network.ts';
import { Oracles } from './oracles.ts';
import type { Plan } from './plan.ts';
import { ProcessClock, type Sleep } from './process-clock.ts';
import type { Random } from './random.ts';
import type { Seen } from './seen.ts';
import { SimulatedStore } from './store.ts';
import type { Tampering } from './tampering.ts';
import { Timeline } from './timeline.ts';
import { Violation } from './violation.ts';
import type { Weather } from './wire.ts';

/** Models of the simulated yard. Every machine has the first, some have the second. */
export const models = ['tiny', 'big'] as const;
/** Loaded when somebody asks; the machines that have them have room for one of them at a time. */
export const coldModels = ['cold-a', 'cold-b'] as const;

export interface YardWorldOptions {
  readonly machines: number;
  readonly stepsPerLook: number;
}

export class YardWorld {
  readonly timeline = new Timeline();
  readonly oracles: Oracles;
  readonly weather: Weather = {
    delayMs: [1, 80],
    resendChance: 0,
    lossChance: 0,
    repeatChance: 0,
    gapChance: 0,
    overtakenChance: 0,
  };
  readonly network: Network;
  readonly agents: readonly SimulatedAgent[];
  readonly #random: Random;
  readonly #conditions: Conditions;
  readonly #machines: number;
  readonly #agentLanes: { -readonly [Name in keyof LaneLimits]: LaneLimits[Name] };
  readonly #tampering: Tampering;
  readonly #gatewayClock: ProcessClock;
  readonly #store: SimulatedStore;
  #gateway: SimulatedGateway | null = null;
  #epoch = 0;
  #asked = 0;
  /** Programs with a key that a machine has, too. */
  #clones = 0;
  /** What was found where nobody but the product would have caught it. */
  #found: unknown;
  /** Machines that beat as well, and that nobody simulates. */
  others = 0;
  readonly seen: Seen = { suspicions: 0, sessions: 0, resumptions: 0 };

  constructor(options: YardWorldOptions, random: Random, conditions: Conditions, tampering: Tampering) {
    this.#random = random;
    this.#conditions = conditions;
    this.#machines = options.machines;
    this.#agentLanes = { ...conditions.agentLanes };
    this.#tampering = tampering;
    const { timeline, weather } = this;
    this.#gatewayClock = new ProcessClock(timeline);
    this.oracles = new Oracles(timeline, this.#gatewayClock, options);
    this.network = new Network({ timeline, random, weather });
    const machineIds = Array.from({ length: options.machines }, (_, index) => `mch_${index}`);
    this.#store = new SimulatedStore(machineIds, conditions.hasQuotas);
    this.#startGateway();
    this.agents = machineIds.map((machineId, index) => this.#newAgent(machineId, index));
    for (const agent of this.agents) timeline.after(random.between(0, 3_000), () => agent.start());
  }

  /**
   * Lets time pass until `untilMs`, or until `isDone`. After each thing that happens all is done that waits for nothing but
   * promises, so that the next one finds everybody at rest. Throws when a rule is broken.
   */
  async pass(untilMs: number, isDone: () => boolean = () => false): Promise<void> {
    while (!isDone() && this.timeline.step(untilMs)) {
      await turnEnds();
      if (this.#found !== undefined) throw this.#found;
    }
  }

  /** The one that runs, or null. */
  get gateway(): SimulatedGateway | null {
    return this.#gateway;
  }

  /** Asks the gateway; null when nobody listens there. */
  ask(plan: Plan): string | null {
    const gateway = this.#gateway;
    if (gateway === null) return null;
    this.#asked += 1;
    const requestId = `req_${this.#asked}`;
    this.oracles.submitted(requestId, plan);
    gateway.submit(requestId, plan);
    if (plan.leavesAfterMs !== null) {
      this.timeline.after(plan.leavesAfterMs, () => gateway.withdraw(requestId, 'client-left'));
    }
    return requestId;
  }

  /** The owner of a machine keeps it from new work, or lets it work again; whether a gateway runs or not. */
  hold(machineId: string, held: boolean): void {
    this.#change(machineId, { kind: held ? 'drain' : 'resume' }, { drained: held });
  }

  /** The owner removes a machine. */
  remove(machineId: string): void {
    const done = (): void => this.oracles.standing.removed(machineId);
    this.#change(machineId, { kind: 'remove' }, { standing: 'removed' }, () => {}, done);
  }

  /** A machine that was removed joins again, and its owner approves of it. */
  letIn(machineId: string): void {
    this.#change(machineId, { kind: 'approve' }, { standing: 'approved' }, () => {
      if (this.#store.machine(machineId)?.standing !== 'removed') return;
      this.oracles.standing.letIn(machineId);
      this.#store.set(machineId, {
        standing: 'pending',
        drained: false,
        labels: [],
        knownSinceMs: this.timeline.nowMs,
      });
    });
  }

  /** Sessions may keep as much as in the product from now on, those that are there too: what a rush reports may be more than little. */
  giveRoom(): void {
    this.#agentLanes.heldBytes = limits.sessionHeldBytes;
  }

  /** The owner revokes a key, or lets it work again. */
  setKey(keyId: string, works: boolean): void {
    this.#store.setKey(keyId, works);
    this.oracles.standing.setKey(keyId, works ? null : this.oracles.awakeMs);
  }

  /** Through the gateway, or in its store while there is none. */
  #change(machineId: string, change: MachineChange, kept: Partial<Machine>, begin = () => {}, done = () => {}): void {
    if (this.#gateway !== null) return this.#gateway.change(machineId, change, begin, done);
    begin();
    this.#store.set(machineId, kept);
    done();
  }

  /** The store remembers this too. */
  setMinimum(model: string, machines: number): void {
    this.#store.minimums.set(model, machines);
    this.#gateway?.setMinimums(this.#store.minimums);
  }

  /** Days and quotas go by it; nothing else does. */
  setGatewayClock(byMs: number): void {
    this.#gatewayClock.setWall(byMs);
  }

  sleepGateway(forMs: number, kind: Sleep): void {
    this.#gatewayClock.sleep(forMs, kind);
  }

  restartGateway(downMs: number, isTold: boolean): void {
    if (this.#gateway === null) return;
    this.#gateway.die();
    this.#gateway = null;
    this.#gatewayClock.restart();
    this.network.gatewayGone(isTold);
    this.timeline.after(downMs, () => this.#startGateway());
  }

  /** Another program with a machine's key is started elsewhere, for so long. */
  clone(machineId: string, forMs: number): void {
    this.#clones += 1;
    const index = Number(machineId.slice('mch_'.length));
    const clone = this.#newAgent(machineId, index, `${machineId} elsewhere ${this.timeline.nowMs}`);
    clone.start();
    this.timeline.after(forMs, () => {
      clone.crash(true);
      // Its session may wait for it for a while.
      this.timeline.after(120_000, () => {
        this.#clones -= 1;
      });
    });
  }

  /** A machine speaks of work that another one has, or says of its own what is not true. */
  lie(agent: SimulatedAgent): void {
    const isOwn = this.#random.chance(0.5);
    const some = [...(this.#gateway?.yard.tickets.values() ?? [])].filter(({ state }) => {
      return state.phase !== 'queued' && (state.machine.machineId === agent.machineId) === isOwn;
    });
    if (some.length === 0) return;
    const { requestId, attempt } = this.#random.pick(some);
    if (isOwn) this.oracles.liedAbout(requestId);
    agent.lie((isOwn ? drawOwnLie : drawLie)(this.#random, { requestId, attempt }));
  }

  /** Bounds on what everybody keeps. */
  checkMemory(): void {
    const { oracles, agents } = this;
    const { gatewayLanes } = this.#conditions;
    for (const agent of agents) {
      checkHeld(agent.machineId, agent.heldBytes, this.#agentLanes.heldBytes);
      agent.checkHold();
    }
    const gateway = this.#gateway;
    if (gateway === null) return;
    const { links, requests } = gateway.core;
    oracles.silence.look(gateway.yard, oracles.awakeMs);
    checkBounds(gateway.yard, agents.length, links.sessions.length - this.#clones, requests.count);
    for (const { machineId, link } of links.sessions) {
      oracles.standing.machineGets(machineId, 'has a session');
      checkHeld(`the gateway, for ${machineId},`, link.heldBytes, gatewayLanes.heldBytes);
    }
  }

  #startGateway(): void {
    this.#epoch += 1;
    this.oracles.starts += 1;
    const gateway = new SimulatedGateway({
      timeline: this.timeline,
      credit: this.#conditions.credit,
      gatherChars: this.#conditions.gatherChars,
      store: this.#store,
      log: this.#newLog('the gateway'),
      found: (error) => this.#note(error),
      clock: this.#gatewayClock,
      random: this.#random,
      oracles: this.oracles,
      tampering: this.#tampering,
      epoch: this.#epoch,
      newLanes: () => this.#newLanes(this.#conditions.gatewayLanes),
      seen: this.seen,
      others: () => this.others,
    });
    this.#gateway = gateway;
    this.network.listener = gateway;
  }

  #newAgent(machineId: string, index: number, way?: string): SimulatedAgent {
    const { timeline, oracles, network } = this;
    const random = this.#random;
    const { createTickets, makeRoom, linkAfter, redialMs } = this.#tampering;
    const { httpChance, gatherChars } = this.#conditions;
    const log = this.#newLog(machineId);
    const slots = new Map([['tiny', random.between(1, 4)]]);
    if (index % 3 === 0) slots.set('big', random.between(1, 2));
    if (index % 3 === 1) for (const model of coldModels) slots.set(model, random.between(1, 2));
    return new SimulatedAgent(machineId, slots, {
      ...{
        timeline,
        random,
        oracles,
        network,
        log,
        createTickets,
        makeRoom,
        linkAfter,
        redialMs,
        httpChance,
        gatherChars,
      },
      ...(way === undefined ? {} : { way }),
      holdMs: (limits.sessionHoldMs * heartbeatMs(this.#machines)) / limits.heartbeatMs,
      isOlder: this.#conditions.hasOlder && index % 4 === 3,
      newLanes: () => this.#newLanes(this.#agentLanes),
      planOf: (requestId) => oracles.planOf(requestId),
    });
  }

  /** The product catches what goes wrong in the middle of its promises, and writes it down. */
  #newLog(who: string): Log {
    return {
      ...silentLog,
      info: (message) => {
        if (message === 'machine back') this.seen.resumptions += 1;
      },
      error: (message, fields) => this.#note(new Violation(`${who} says: ${message}: ${JSON.stringify(fields)}`)),
    };
  }

  /** The first counts. */
  #note(error: unknown): void {
    this.#found ??= error;
  }

  #newLanes(lanes: LaneLimits) {
    const { createOutgoing, createIncoming } = this.#tampering;
    return { outgoing: createOutgoing(lanes), incoming: createIncoming(limits.linkMessageBytes) };
  }
}
