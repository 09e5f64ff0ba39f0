/**
 * A simulated machine with the product's own agent on it: its tickets and its link to the gateway, under another clock
 * and over another network. It can crash, sleep, drain and have its clock set.
 */
import { type LinkWorld, linkToGateway } from '../agent/gateway-link.ts';
import type { Tickets, TicketsOptions } from '../agent/tickets.ts';
import { limits } from '../contract/limits.ts';
import { type AgentMessage, type GatewayMessage, readGatewayMessage } from '../contract/link/messages.ts';
import type { After } from '../session/after.ts';
import type { IncomingLanes, OutgoingLanes } from '../session/lanes.ts';
import type { PipeHearer } from '../session/pipe.ts';
import { SessionLink } from '../session/session-link.ts';
import { watchForSleep } from '../session/sleep-watch.ts';
import type { Log } from '../transport/log/log.ts';
import type { Time } from '../transport/time.ts';
import type { makeRoom } from '../yard/loads/make-room.ts';
import { SimulatedModels } from './models.ts';
import type { Network } from './network.ts';
import { dialAsOlder, readAsOlder } from './older-agent.ts';
import type { Oracles } from './oracles.ts';
import type { Plan } from './plan.ts';
import { ProcessClock } from './process-clock.ts';
import type { Random } from './random.ts';
import type { Timeline } from './timeline.ts';
import { Violation } from './violation.ts';

export interface AgentSurroundings {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly oracles: Oracles;
  readonly network: Network;
  /** Hears of what cannot be thrown, since somebody else would catch it. */
  readonly log: Log;
  createTickets(options: TicketsOptions): Tickets;
  readonly makeRoom: typeof makeRoom;
  newLanes(): { outgoing: OutgoingLanes; incoming: IncomingLanes };
  /** Of a connection to be carried by plain HTTP requests. */
  readonly httpChance: number;
  /** What may wait for credit before an engine is to wait, UTF-16 units. */
  readonly gatherChars: number;
  /** Its link is of the first version. */
  readonly isOlder: boolean;
  /** Where another program has its key: the way of that one to the gateway. */
  readonly way?: string;
  /** Its timers, and how long it waits before it dials again, as a bug has it. */
  linkAfter(after: After): After;
  redialMs(ms: number): number;
  planOf(requestId: string): Plan;
  /** Its session outlives a connection for so long, ms. */
  readonly holdMs: number;
}

/** Work may go on this much longer, ms: a heartbeat more where much has just arrived, and a machine may be late by itself. */
const lateMs = 1_000;
const orphanSlackMs = limits.heartbeatMs * (1 + limits.heartbeatJitter) + lateMs;

type Offer = Extract<GatewayMessage, { type: 'offer' }>;

/** From its start to its end. */
interface Life {
  readonly models: SimulatedModels;
  readonly tickets: Tickets;
  readonly link: ReturnType<typeof linkToGateway>;
}

export class SimulatedAgent {
  readonly machineId: string;
  readonly clock: ProcessClock;
  readonly #world: AgentSurroundings;
  readonly #slots: ReadonlyMap<string, number>;
  #life: Life | null = null;
  #starts = 0;
  #draining = false;
  /** Since its session lost its connection; null while it has one. */
  #awaySinceMs: number | null = null;
  #link: SessionLink<GatewayMessage, AgentMessage> | null = null;
  /** Those that may not have arrived: frames of the control lane up to each, and when it was said. */
  #heartbeats: { readonly said: number; readonly atMs: number }[] = [];
  /** The same of these and of reports, any of which may have been a heartbeat. */
  #unheard: { readonly said: number; readonly atMs: number }[] = [];
  /** Frames of the control lane that the gateway has confirmed. */
  #lastConfirmed = 0;
  #sessionsOver = 0;
  #held = (): number => 0;
  #say = (_message: AgentMessage): void => {};

  constructor(machineId: string, slots: ReadonlyMap<string, number>, world: AgentSurroundings) {
    this.machineId = machineId;
    this.#slots = slots;
    this.#world = world;
    // Real clocks differ by a ten-thousandth; here by up to five hundredths.
    this.clock = new ProcessClock(world.timeline, 1 + (world.random.next() - 0.5) / 10);
  }

  get isUp(): boolean {
    return this.#life !== null;
  }

  /** Loaded or not. */
  has(model: string): boolean {
    return this.#slots.has(model);
  }

  /** Slots taken. */
  get busy(): number {
    return this.#life?.tickets.running ?? 0;
  }

  /** Kept for the gateway, bytes. */
  get heldBytes(): number {
    return this.#held();
  }

  /** While it is up. */
  get models(): SimulatedModels | null {
    return this.#life?.models ?? null;
  }

  /** As `agent/agent.ts` does it. */
  start(): void {
    const { clock, machineId } = this;
    const { oracles, log, createTickets, gatherChars } = this.#world;
    this.#draining = false;
    this.#awaySinceMs = null;
    this.#starts += 1;
    const models = new SimulatedModels(this.#slots, {
      ...this.#world,
      ...{ machineId, clock },
      busySlots: (model) => tickets.busySlots(model),
      onChange: () => link.report(),
      onWork: (begunAfter) => this.#checkOrphans(begunAfter),
    });
    const time: Time = {
      nowMs: () => clock.nowMs,
      wallMs: () => clock.wallMs,
      after: clock.after,
      soon: (run) => clock.after(0, run),
    };
    const tickets = createTickets({
      ...{ models, log, time, gatherChars },
      draining: () => this.#draining,
      pressedBecause: () => null,
    });
    this.#watch(tickets, models);
    const options = {
      ...{ gatewayUrl: '', trust: {}, name: machineId, version: '0', log, tickets, wishes: models },
      program: `start ${this.#starts}`,
      identity: {
        ...{ machineId, publicKey: `key of ${machineId}` },
        signLinkProof: ({ nonce }: { readonly nonce: string }) => `${machineId} signs ${nonce}`,
        signJoinProof: () => '',
      },
      models: () => {
        const told = models.describe();
        oracles.reported(machineId, told);
        return told;
      },
      draining: () => this.#draining,
      pressedBecause: () => null,
      facts: () => undefined,
      liveFacts: () => ({}),
      way: { linked: () => this.#linked(), failed() {} },
    };
    const link = linkToGateway(options, this.#linkWorld(time));
    this.#life = { models, tickets, link };
    models.start();
  }

  /** The machine is gone at once. Its connections are left to be found broken, or closed by its system. */
  crash(isTold: boolean): void {
    this.#life = null;
    this.#say = () => {};
    this.#held = () => 0;
    this.clock.restart();
    this.#world.network.agentGone(this.#way, isTold);
  }

  get #way(): string {
    return this.#world.way ?? this.machineId;
  }

  /** Says something that its agent would not. It works on at nothing of which it says that it is done. */
  lie(message: AgentMessage): void {
    this.clock.whenAwake(() => {
      this.#say(message);
      const isEnd = message.type === 'output' && message.events.some(({ type }) => type === 'generation-end');
      if (isEnd) this.#life?.tickets.cancel(message.requestId, message.attempt, () => {});
    });
  }

  drain(): void {
    this.#draining = true;
    this.#life?.link.report();
  }

  /** What the oracles want to know of its tickets. */
  #watch(tickets: Tickets, models: SimulatedModels): void {
    const { oracles } = this.#world;
    const { machineId } = this;
    const [offer, cancelAll] = [tickets.offer.bind(tickets), tickets.cancelAll.bind(tickets)];
    tickets.offer = (given: Offer, send: (message: AgentMessage) => void): void => {
      const { requestId, attempt, scope, request } = given;
      oracles.offered(machineId, requestId, scope, request.model);
      models.asked = { requestId, attempt, sessionsOver: this.#sessionsOver };
      offer(given, send);
      models.asked = null;
    };
    tickets.cancelAll = (): void => {
      this.#sessionsOver += 1;
      this.#held = () => 0;
      cancelAll();
    };
  }

  /** The gateway has just heard of this machine. */
  #linked(): void {
    this.#awaySinceMs = null;
    this.#heartbeats = [];
    this.#unheard = [];
  }

  /** Something new was confirmed, be it a heartbeat, a report or an answer: the gateway is there, and has from now on to hear the others. */
  #confirmed(): void {
    const { confirmed = 0 } = this.#link?.control ?? {};
    if (confirmed <= this.#lastConfirmed) return;
    this.#lastConfirmed = confirmed;
    const unheard = this.#heartbeats.filter(({ said }) => said > confirmed);
    this.#heartbeats = unheard.map(({ said }) => ({ said, atMs: this.clock.nowMs }));
    this.#unheard = this.#unheard.filter(({ said }) => said > confirmed);
  }

  #linkWorld(time: Time): LinkWorld {
    const { clock } = this;
    const { random, network, newLanes, httpChance, isOlder, linkAfter, redialMs } = this.#world;
    return {
      time: { ...time, after: linkAfter(time.after) },
      random: random.next,
      createDialler: ({ onWay }) => {
        const dial = (hearer: PipeHearer) => {
          const way = random.chance(httpChance) ? 'http' : 'websocket';
          onWay(way, 'it was drawn');
          return network.dial(this.#way, clock, hearer, way);
        };
        return isOlder ? dialAsOlder(dial) : dial;
      },
      newLink: (options) => {
        const link = new SessionLink<GatewayMessage, AgentMessage>({
          ...options,
          ...newLanes(),
          read: isOlder ? readAsOlder : readGatewayMessage,
          after: clock.after,
          onDetached: (why) => {
            this.#awaySinceMs = clock.nowMs;
            options.onDetached(why);
          },
          onConfirmed: () => {
            this.#confirmed();
            options.onConfirmed?.();
          },
        });
        this.#link = link;
        this.#heartbeats = [];
        this.#unheard = [];
        this.#lastConfirmed = 0;
        const send = link.send.bind(link);
        link.send = (message) => {
          send(message);
          if (message.type === 'beat') this.#heartbeats.push({ said: link.control.added, atMs: clock.nowMs });
          if (message.type === 'beat' || message.type === 'report') {
            this.#unheard.push({ said: link.control.added, atMs: clock.nowMs });
          }
        };
        const close = link.close.bind(link);
        link.close = (reason) => {
          if (reason === 'the gateway was out of reach') this.#checkGivenUp();
          close(reason);
        };
        this.#held = () => link.heldBytes;
        this.#say = (message) => link.send(message);
        return link;
      },
      onWake: (wake) => watchForSleep(clock.after, () => clock.wallMs, wake),
      pause: (ms, signal) =>
        new Promise((resolve) => {
          const callOff = clock.after(redialMs(ms), resolve);
          signal.addEventListener('abort', () => {
            callOff();
            resolve();
          });
        }),
    };
  }

  /** Since the gateway heard of it last, as far as it can know, ms. */
  get #goneMs(): number {
    const { nowMs } = this.clock;
    return nowMs - (this.#awaySinceMs ?? this.#heartbeats[0]?.atMs ?? nowMs);
  }

  /** Slots are kept for a gateway that may come back, and no longer than that. */
  checkHold(): void {
    const goneMs = Math.min(this.#goneMs, this.clock.awakeForMs);
    if (this.busy === 0 || this.clock.isAsleep || goneMs <= this.#world.holdMs + orphanSlackMs) return;
    throw new Violation(
      `${this.machineId} keeps ${this.busy} slots for a gateway that has not heard it for ${goneMs} ms`,
    );
  }

  /** It gives up its session, and what was generated for it. */
  #checkGivenUp(): void {
    const { nowMs } = this.clock;
    const goneMs = nowMs - Math.min(this.#awaySinceMs ?? nowMs, this.#unheard[0]?.atMs ?? nowMs);
    if (goneMs >= this.#world.holdMs - lateMs) return;
    throw new Violation(`${this.machineId} gave its session up when the gateway had not heard it for ${goneMs} ms`);
  }

  /** Nobody may be at work for a gateway that has given the work up. */
  #checkOrphans(begunAfter: number): void {
    if (begunAfter !== this.#sessionsOver) {
      throw new Violation(`${this.machineId} works for a session that is over`);
    }
    const goneMs = this.#goneMs;
    // While it slept it did not work.
    if (Math.min(goneMs, this.clock.awakeForMs) <= limits.sessionPauseMs + orphanSlackMs) return;
    throw new Violation(`${this.machineId} works for a gateway that has not heard it for ${goneMs} ms`);
  }
}
