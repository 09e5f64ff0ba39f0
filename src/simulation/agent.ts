/**
 * A simulated agent and its machine: dials as `agent/gateway-link.ts` does, keeps its sessions with
 * the product's own code, and can crash, sleep, drain and have its clock set.
 */
import { limits } from '../contract/limits.ts';
import { type AgentMessage, type GatewayMessage, linkProtocol, readGatewayMessage } from '../contract/link/messages.ts';
import { AgentSession, type SessionMessage } from '../session/agent-session.ts';
import type { OutputAmount, OutputCredit } from '../session/credit.ts';
import type { IncomingLanes, OutgoingLanes } from '../session/lanes.ts';
import type { Pipe, PipeHearer } from '../session/pipe.ts';
import { redialDelayMs } from '../session/redial.ts';
import { Reports } from '../session/reports.ts';
import { SessionLink } from '../session/session-link.ts';
import { watchForSleep } from '../session/sleep-watch.ts';
import type { makeRoom } from '../yard/loads/make-room.ts';
import type { createSlotDesk } from '../yard/slots.ts';
import type { Network } from './network.ts';
import type { Oracles } from './oracles.ts';
import type { Plan } from './plan.ts';
import { ProcessClock } from './process-clock.ts';
import type { Random } from './random.ts';
import { SimulatedTickets } from './tickets.ts';
import type { Timeline } from './timeline.ts';
import { Violation } from './violation.ts';

export interface AgentSurroundings {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly oracles: Oracles;
  readonly network: Network;
  readonly createDesk: typeof createSlotDesk;
  createCredit(window: OutputAmount | undefined): OutputCredit;
  readonly makeRoom: typeof makeRoom;
  newLanes(): { outgoing: OutgoingLanes; incoming: IncomingLanes };
  /** Of a connection to be carried by plain HTTP requests. */
  readonly httpChance: number;
  /** What an agent does when a session is over. */
  onSessionOver(tickets: SimulatedTickets): void;
  planOf(requestId: string): Plan;
}

/** A connection of this length forgives the failures before it, ms. */
const settledMs = 10_000;
/** Work may go on this much longer than the session is held, ms: a machine may be late by itself. */
const orphanSlackMs = 1_000;

export class SimulatedAgent {
  readonly machineId: string;
  readonly clock: ProcessClock;
  readonly #world: AgentSurroundings;
  readonly #slots: ReadonlyMap<string, number>;
  #tickets: SimulatedTickets;
  #session: AgentSession;
  readonly #reports = new Reports();
  #protocol = 1;
  #isUp = false;
  #draining = false;
  #failures = 0;
  #awaySinceMs: number | null = null;
  #sessionsOver = 0;

  constructor(machineId: string, slots: ReadonlyMap<string, number>, world: AgentSurroundings) {
    this.machineId = machineId;
    this.#slots = slots;
    this.#world = world;
    // Real clocks differ by a ten-thousandth; here by up to five hundredths.
    this.clock = new ProcessClock(world.timeline, 1 + (world.random.next() - 0.5) / 10);
    this.#tickets = this.#newTickets();
    this.#session = this.#newSession();
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Slots taken. */
  get busy(): number {
    return this.#tickets.running;
  }

  /** Kept for the gateway, bytes. */
  get heldBytes(): number {
    return this.#session.heldBytes;
  }

  get tickets(): SimulatedTickets {
    return this.#tickets;
  }

  start(): void {
    this.#isUp = true;
    this.#draining = false;
    this.#failures = 0;
    this.#tickets = this.#newTickets();
    this.#session = this.#newSession();
    this.#tickets.load();
    watchForSleep(
      this.clock.after,
      () => this.clock.wallMs,
      () => this.#session.drop('the machine was asleep'),
    );
    this.#dial();
  }

  /** The machine is gone at once. Its connections are left to be found broken, or closed by its system. */
  crash(isTold: boolean): void {
    this.#isUp = false;
    this.#tickets.powerOff();
    this.clock.restart();
    this.#world.network.agentGone(this.machineId, isTold);
  }

  drain(): void {
    this.#draining = true;
    this.#report();
  }

  #dial(): void {
    const { network, random, httpChance } = this.#world;
    const dialledAtMs = this.clock.nowMs;
    let wasOpen = false;
    let isOver = false;
    const ended = (): void => {
      if (isOver) return;
      isOver = true;
      this.#failures = wasOpen && this.clock.nowMs - dialledAtMs >= settledMs ? 0 : this.#failures + 1;
      const delayMs = redialDelayMs(this.#failures, this.#session.heartbeatMs, random.next());
      this.clock.after(delayMs, () => this.#dial());
    };
    const hearer: PipeHearer = {
      onFrame: (frame) => {
        const read = readGatewayMessage(frame);
        const message = read.kind === 'message' ? read.message : undefined;
        if (message?.type === 'challenge') this.#greet(pipe);
        else if (message?.type === 'welcome') {
          wasOpen = true;
          this.#connectionEnded = ended;
          this.#awaySinceMs = null;
          this.#protocol = message.protocol;
          this.#session.welcomed(pipe, message);
        } else if (read.kind !== 'unknown') pipe.close('expected a challenge or a welcome');
      },
      onWritable() {},
      onClosed: ended,
    };
    const way = random.chance(httpChance) ? 'http' : 'websocket';
    const pipe = network.dial(this.machineId, this.clock, hearer, way);
  }
  #connectionEnded = (): void => {};

  #greet(pipe: Pipe): void {
    const { machineId } = this;
    const { resume } = this.#session;
    const hello: AgentMessage = {
      type: 'hello',
      protocol: [...linkProtocol],
      agentVersion: '0',
      machineId,
      name: machineId,
      publicKey: '',
      signature: '',
      ...(resume === undefined ? {} : { resume }),
    };
    pipe.send(JSON.stringify(hello), '');
  }

  #newSession(): AgentSession {
    const { clock } = this;
    const { random, newLanes } = this.#world;
    return new AgentSession({
      after: clock.after,
      random: random.next,
      newLink: (handlers) =>
        new SessionLink<GatewayMessage, AgentMessage>({
          ...handlers,
          ...newLanes(),
          read: readGatewayMessage,
          after: clock.after,
        }),
      onReportDue: (isNew, newPaceMs) => {
        if (isNew) this.#reports.forget();
        this.#report(true, newPaceMs);
      },
      onKeepsNone: () => this.#tickets.keepNone(),
      onMessage: (message, send) => this.#hear(message, send),
      onAway: () => {
        this.#awaySinceMs = clock.nowMs;
        this.#connectionEnded();
      },
      onSilent: () => this.#connectionEnded(),
      onOver: () => {
        this.#sessionsOver += 1;
        this.#world.onSessionOver(this.#tickets);
      },
    });
  }

  #hear(message: SessionMessage, send: (answer: AgentMessage) => void): void {
    switch (message.type) {
      case 'offer':
        return this.#tickets.offer(message, send);
      case 'cancel':
        return this.#tickets.cancel({ requestId: message.requestId, attempt: message.attempt }, send);
      case 'credit':
        return this.#tickets.credit({ requestId: message.requestId, attempt: message.attempt }, message.taken);
      case 'load':
        return this.#tickets.wanted(message.model, send);
      case 'keep':
        return this.#tickets.keep(message.model, message.isKept);
      case 'pardon':
      case 'goaway':
      case 'count':
      case 'model-wish':
        return;
      default:
        message satisfies never;
    }
  }

  #report(isHeartbeat = false, newPaceMs?: number): void {
    if (!this.#session.isAttached) return;
    const models = this.#tickets.describe();
    this.#world.oracles.reported(this.machineId, models);
    const available = models.filter(({ status }) => status === 'available');
    const message = this.#reports.next({
      report: {
        type: 'report',
        models: models.filter(({ status }) => status !== 'available'),
        ...(available.length === 0 ? {} : { available }),
        draining: this.#draining,
      },
      live: {},
      protocol: this.#protocol,
      nowMs: this.clock.nowMs,
      isHeartbeat,
      heartbeatMs: this.#session.heartbeatMs ?? limits.heartbeatMs,
    });
    this.#session.send(newPaceMs === undefined ? message : { ...message, heartbeatMs: newPaceMs });
  }

  #newTickets(): SimulatedTickets {
    const { clock, machineId } = this;
    return new SimulatedTickets(this.#slots, {
      ...this.#world,
      clock,
      machineId,
      draining: () => this.#draining,
      onChange: () => this.#report(),
      sessionsOver: () => this.#sessionsOver,
      onWork: (begunAfter) => this.#checkOrphans(begunAfter),
    });
  }

  /** Nobody may be at work for a gateway that has given the work up. */
  #checkOrphans(begunAfter: number): void {
    if (begunAfter !== this.#sessionsOver) {
      throw new Violation(`${this.machineId} works for a session that is over`);
    }
    if (this.#awaySinceMs === null) return;
    const awayMs = this.clock.nowMs - this.#awaySinceMs;
    if (awayMs <= limits.sessionHoldMs + orphanSlackMs || this.clock.awakeForMs < orphanSlackMs) return;
    throw new Violation(`${this.machineId} works for a gateway it lost ${awayMs} ms ago`);
  }
}
