/**
 * The simulated gateway's sessions with machines: the handshake and the rule which session goes on are
 * those of `gateway/machine-links.ts`; the sessions themselves are the product's.
 */
import { limits } from '../contract/limits.ts';
import { type AgentMessage, type GatewayMessage, linkProtocol, readAgentMessage } from '../contract/link/messages.ts';
import type { IncomingLanes, OutgoingLanes } from '../session/lanes.ts';
import type { Pipe } from '../session/pipe.ts';
import { SessionLink } from '../session/session-link.ts';
import { type BeatTiming, firstBeatInMs, newBeatTiming, shiftOf } from '../yard/beat-grid.ts';
import { heartbeatMs, type LinkWay, newHeartbeatMs, slowestHeartbeatMs } from '../yard/lease.ts';
import type { ProcessClock } from './process-clock.ts';
import type { Random } from './random.ts';

export interface Session {
  readonly sessionId: string;
  readonly machineId: string;
  readonly link: SessionLink<AgentMessage, GatewayMessage>;
  /** When the yard last heard of it through a frame that was no report, ms. */
  heardAtMs: number;
  /** Of its last connection: what it was told, and how it is carried. */
  heartbeatMs: number;
  toldHeartbeatMs: number;
  way: LinkWay;
  readonly timing: BeatTiming;
}

/** Everything an agent says after the handshake. */
export type SessionMessage = Exclude<AgentMessage, { type: 'hello' | 'end' }>;
type SignOfLife = Extract<AgentMessage, { type: 'report' | 'beat' }>;

export interface LinksSurroundings {
  readonly clock: ProcessClock;
  readonly random: Random;
  readonly epoch: number;
  newLanes(): { outgoing: OutgoingLanes; incoming: IncomingLanes };
  onOpened(session: Session): void;
  onMessage(session: Session, message: SessionMessage): void;
  onAway(session: Session): void;
  onResumed(session: Session): void;
  onPace(session: Session): void;
  /** Machines on their way back. */
  awaited(): number;
  onClosed(session: Session): void;
}

type Hello = Extract<AgentMessage, { type: 'hello' }>;

/** An agent that does not say hello within this time is cut off, ms. */
const helloMs = 10_000;

export class GatewayLinks {
  readonly #world: LinksSurroundings;
  readonly #sessions = new Map<string, Session>();
  #opened = 0;

  constructor(world: LinksSurroundings) {
    this.#world = world;
  }

  /** Sessions that have not ended. */
  get sessions(): ReadonlyMap<string, Session> {
    return this.#sessions;
  }

  /** Ends a session for good. */
  end(sessionId: string, why: string): void {
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return;
    session.link.close(why);
    this.#ended(session);
  }

  /** Takes a new connection through the handshake. */
  open(pipe: Pipe, way: LinkWay): void {
    const { clock, random, epoch } = this.#world;
    let isGreeted = false;
    let isClosed = false;
    const callOff = clock.after(helloMs, () => pipe.close('no hello in time'));
    pipe.hear({
      onFrame: (frame) => {
        const read = readAgentMessage(frame);
        const hello = read.kind === 'message' && read.message.type === 'hello' ? read.message : null;
        if (hello === null) return pipe.close('expected hello');
        if (isGreeted) return;
        isGreeted = true;
        // Looking the machine's key up takes a moment.
        clock.after(random.between(1, 30), () => {
          if (isClosed) return;
          callOff();
          this.#welcome(pipe, hello, way);
        });
      },
      onWritable() {},
      onClosed: () => {
        isClosed = true;
        callOff();
      },
    });
    say(pipe, { type: 'challenge', gatewayId: 'gw', epoch, nonce: 'n' });
  }

  #welcome(pipe: Pipe, hello: Hello, way: LinkWay): void {
    const { epoch, onOpened, onResumed } = this.#world;
    const known = this.#sessions.get(hello.resume?.sessionId ?? '');
    const resumed = known?.machineId === hello.machineId ? known : undefined;
    const beatMs = heartbeatMs(this.#fleet + (resumed === undefined ? 1 : 0));
    const session = resumed ?? this.#newSession(hello.machineId);
    Object.assign(session, { way, heartbeatMs: beatMs, toldHeartbeatMs: beatMs });
    say(pipe, {
      type: 'welcome',
      protocol: linkProtocol[1],
      gatewayId: 'gw',
      epoch,
      sessionId: session.sessionId,
      ...(resumed === undefined ? {} : { resumed: resumed.link.received }),
      heartbeatMs: beatMs,
      ...(resumed === undefined ? { beatInMs: firstBeatInMs(this.#opened, beatMs, this.#world.clock.nowMs) } : {}),
      maxMessageBytes: limits.linkMessageBytes,
      maxFrameBytes: limits.linkFrameBytes,
      keeps: true,
      gateways: [],
    });
    if (resumed === undefined) {
      this.#sessions.set(session.sessionId, session);
      onOpened(session);
      session.link.attach(pipe, { c: 0, d: 0 });
    } else if (hello.resume !== undefined && session.link.attach(pipe, hello.resume.received)) {
      onResumed(session);
    }
  }

  get #fleet(): number {
    return this.#sessions.size + this.#world.awaited();
  }

  #seeToPace(session: Session, said: SignOfLife): void {
    const { heartbeatMs: saidMs } = said;
    if (saidMs !== undefined && saidMs <= slowestHeartbeatMs) {
      Object.assign(session, { heartbeatMs: saidMs, toldHeartbeatMs: saidMs });
      this.#world.onPace(session);
    }
    const wantedMs = newHeartbeatMs(session.toldHeartbeatMs, this.#fleet);
    const shiftMs = isPlainBeat(said) ? shiftOf(session.timing, this.#world.clock.nowMs) : null;
    if (wantedMs === null && shiftMs === null) return;
    session.toldHeartbeatMs = wantedMs ?? session.toldHeartbeatMs;
    const shift = shiftMs === null ? {} : { shiftMs };
    session.link.send({ type: 'heartbeat', heartbeatMs: session.toldHeartbeatMs, ...shift });
  }

  #newSession(machineId: string): Session {
    const { clock, epoch, newLanes, onMessage, onAway } = this.#world;
    this.#opened += 1;
    const session: Session = {
      sessionId: `ses_${epoch}_${this.#opened}`,
      machineId,
      link: new SessionLink<AgentMessage, GatewayMessage>({
        ...newLanes(),
        read: readAgentMessage,
        after: clock.after,
        onMessage: (message) => {
          if (message.type === 'hello' || message.type === 'end') return;
          onMessage(session, message);
          if (message.type === 'report' || message.type === 'beat') this.#seeToPace(session, message);
        },
        onDetached: () => onAway(session),
        onEnded: () => this.#ended(session),
      }),
      heardAtMs: 0,
      heartbeatMs: limits.heartbeatMs,
      toldHeartbeatMs: limits.heartbeatMs,
      way: 'websocket',
      timing: newBeatTiming(),
    };
    return session;
  }

  #ended(session: Session): void {
    if (this.#sessions.delete(session.sessionId)) this.#world.onClosed(session);
  }
}

/** What says more may have been said at any time; this was time for a heartbeat. */
const isPlainBeat = (said: SignOfLife): boolean => said.type === 'beat' && said.live === undefined;

function say(pipe: Pipe, message: GatewayMessage): void {
  pipe.send(JSON.stringify(message), '');
}
