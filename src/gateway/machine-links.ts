/**
 * Sessions with machines: the handshake, who is connected, and the frames that go to them. A session
 * outlives its connection for as long as the machine's lease. What messages mean is decided elsewhere
 * (`requests.ts`, the yard).
 */
import { randomBytes } from 'node:crypto';
import { limits } from '../contract/limits.ts';
import type { GatewayPlace } from '../contract/link/handshake.ts';
import {
  type AgentMessage,
  beatProtocol,
  type GatewayMessage,
  givenUpProtocol,
  linkProtocol,
  type MachineModel,
  momentProtocol,
  type Read,
} from '../contract/link/messages.ts';
import { readBoundedAgentMessage } from '../contract/link/nesting.ts';
import type { SessionLink as PureSessionLink } from '../session/session-link.ts';
import { verifyLinkProof } from '../transport/identity/link-proof.ts';
import { newSessionId } from '../transport/ids.ts';
import type { Pipe, PipeHearer } from '../transport/link/pipe.ts';
import { SessionLink, type SessionLinkOptions } from '../transport/link/session-link.ts';
import type { Log } from '../transport/log/log.ts';
import type { Machine, Store } from '../transport/store/store.ts';
import { realTime, type Time } from '../transport/time.ts';
import { type BeatTiming, firstBeatInMs, newBeatTiming, shiftOf } from '../yard/beat-grid.ts';
import { heartbeatMs, type LinkWay, newHeartbeatMs, slowestHeartbeatMs } from '../yard/lease.ts';
import { type Challenge, type Hello, type HelloCheck, helloCheck, readHello } from './hello-check.ts';
import type { LinkTroubles } from './link-troubles.ts';
import { type Judgement, notJudged } from './machine-judge.ts';

/** A machine that has shown who it is. */
export interface MachineSession {
  readonly sessionId: string;
  readonly machineId: string;
  readonly name: string;
  readonly agentVersion: string;
  /** As it beats, by what it was told at its last connection or has said since, ms. */
  heartbeatMs: number;
  /** What it was told last, ms. */
  toldHeartbeatMs: number;
  /** How near its heartbeats come to the moments it was told. */
  readonly timing: BeatTiming;
  /** Version of the link that is spoken. */
  protocol: number;
  /** How its last connection is carried. */
  way: LinkWay;
  readonly remoteAddress: string;
  /** Of the start of its agent; undefined: an older one. */
  readonly program: string | undefined;
  /** At its beginning: its owner kept it from new work. */
  readonly drained: boolean;
  /** At its beginning: what its owner calls it besides. */
  readonly labels: readonly string[];
  readonly link: PureSessionLink<AgentMessage, GatewayMessage>;
  models: readonly MachineModel[];
  /** When the yard last heard of it through a frame that was no report; monotonic ms. */
  heardAtMs: number;
  /** How its facts were held against the landmines. */
  readonly judgement: Judgement;
}

/** Everything an agent says after the handshake. */
export type SessionMessage = Exclude<AgentMessage, { type: 'hello' | 'end' }>;

/** Where a new connection comes from. */
export interface LinkOrigin {
  readonly remoteAddress: string;
  /** How it is carried. */
  readonly way: LinkWay;
  /** The machine has shown who it is. */
  onWelcome(): void;
}

interface Greeted extends LinkOrigin {
  /** When it said hello, monotonic ms. */
  readonly helloAtMs: number;
}

/** What the links need of the store. */
export interface MachineLinksStore extends Pick<Store, 'gatewayId' | 'epoch'> {
  readonly machines: Pick<Store['machines'], 'get'>;
}

/** And of the world. */
export interface LinksWorld {
  readonly time: Time;
  /** Nobody can guess it. */
  newNonce(): string;
  newSessionId: typeof newSessionId;
  verifyProof: typeof verifyLinkProof;
  /** One end of a new session. */
  newLink(options: SessionLinkOptions<AgentMessage>): PureSessionLink<AgentMessage, GatewayMessage>;
}

export const realLinks: LinksWorld = {
  time: realTime,
  newNonce: () => randomBytes(32).toString('base64url'),
  newSessionId,
  verifyProof: verifyLinkProof,
  newLink: (options) => new SessionLink<AgentMessage, GatewayMessage>(options),
};

export interface MachineLinksHandlers {
  /** Hears what goes wrong with links. */
  readonly troubles: LinkTroubles;
  /** What a machine shows when it comes again (`transport/identity/link-pass.ts`). */
  passOf(machineId: string): string;
  /** What a machine that is let in is told of the yard's gateways. */
  gateways(): readonly GatewayPlace[];
  /** Machines without a session that are on their way back. */
  awaited(): number;
  onOpened(session: MachineSession): void;
  onMessage(session: MachineSession, message: SessionMessage): void;
  /** Its connection is gone; it may come back. */
  onAway(session: MachineSession, why: string): void;
  /** It has come back: what was said in the meantime is on its way. */
  onResumed(session: MachineSession): void;
  /** It beats at another pace from now on, and has just done so. */
  onPace(session: MachineSession): void;
  onClosed(session: MachineSession, why: string): void;
}

type SignOfLife = Extract<AgentMessage, { type: 'report' | 'beat' }>;

/** Nearly all that agents say: known by its text. */
const plainBeat = '{"type":"beat"}';
const heardBeat: Read<AgentMessage> = { kind: 'message', message: { type: 'beat' } };

/** An agent that does not say hello within this time is cut off, ms. */
const helloMs = 10_000;

export class MachineLinks {
  readonly #sessions = new Map<string, MachineSession>();
  readonly #store: MachineLinksStore;
  readonly #log: Log;
  readonly #handlers: MachineLinksHandlers;
  readonly #world: LinksWorld;
  readonly #check: HelloCheck;
  /** Moments to beat at that were given out so far. */
  #turns = 0;

  constructor(store: MachineLinksStore, log: Log, handlers: MachineLinksHandlers, world: LinksWorld = realLinks) {
    this.#store = store;
    this.#log = log;
    this.#handlers = handlers;
    this.#world = world;
    this.#check = helloCheck({
      ...{ store, log, world, troubles: handlers.troubles },
      sessionOf: (machineId) => this.sessions.findLast((session) => session.machineId === machineId),
    });
  }

  /** Sessions that have not ended, oldest first. */
  get sessions(): readonly MachineSession[] {
    return [...this.#sessions.values()];
  }

  session(sessionId: string): MachineSession | undefined {
    return this.#sessions.get(sessionId);
  }

  /** Ends a session for good. */
  end(sessionId: string, why: string): void {
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return;
    session.link.close(why);
    this.#ended(session, why);
  }

  /** Ends the session of a machine that was given up, and says why: another program with its key may have taken its place. */
  endLost({ machineId, sessionId }: Pick<MachineSession, 'machineId' | 'sessionId'>): void {
    this.end(
      sessionId,
      this.#hasOther(machineId, sessionId) ? 'the same machine has connected again' : 'nothing heard in time',
    );
  }

  /** Whether the machine has another session. No list is made for it: a fleet may be lost all at once. */
  #hasOther(machineId: string, sessionId: string): boolean {
    for (const other of this.#sessions.values()) {
      if (other.machineId === machineId && other.sessionId !== sessionId) return true;
    }
    return false;
  }

  /** Takes a new connection through the handshake. */
  open(connect: (hearer: PipeHearer) => Pipe, from: LinkOrigin): void {
    const challenge: Challenge = {
      type: 'challenge',
      gatewayId: this.#store.gatewayId,
      epoch: this.#store.epoch,
      nonce: this.#world.newNonce(),
      clockMs: this.#world.time.wallMs(),
    };
    let greeted = false;
    let closed = false;
    const pipe = connect({
      onFrame: (frame) => {
        if (greeted) return;
        greeted = true;
        const helloAtMs = this.#world.time.nowMs();
        const hello = readHello(frame);
        if (typeof hello === 'string') {
          send(pipe, {
            type: 'refused',
            reason: 'malformed',
            message: `This gateway cannot read the hello: ${hello}.`,
          });
          return pipe.close(hello);
        }
        // It has said what it had to: how long that takes is for us.
        callOff();
        this.#check(hello, challenge, from).then(
          (found) => {
            // It left while its key was looked up: a session now would never end.
            if (closed) return;
            callOff();
            if (!('type' in found)) return this.#welcome(pipe, hello, found, challenge, { ...from, helloAtMs });
            send(pipe, found);
            pipe.close(found.message);
          },
          (error: unknown) => {
            this.#log.error('link handshake failed', { error: String(error) });
            pipe.close('the gateway failed');
          },
        );
      },
      onWritable() {},
      onClosed: () => {
        closed = true;
        callOff();
      },
    });
    const callOff = this.#world.time.after(helloMs, () => pipe.close('no hello in time'));
    send(pipe, challenge);
  }

  /** Lets the machine in: its session goes on, or a new one begins. */
  #welcome(pipe: Pipe, hello: Hello, machine: Machine, challenge: Challenge, from: Greeted): void {
    const { time } = this.#world;
    from.onWelcome();
    const known = this.#sessions.get(hello.resume?.sessionId ?? '');
    const resumed = known?.machineId === hello.machineId ? known : undefined;
    const beatMs = heartbeatMs(this.#fleet + (resumed === undefined ? 1 : 0));
    const protocol = Math.min(hello.protocol[1], linkProtocol[1]);
    const session = resumed ?? this.#newSession(hello, machine, from);
    session.way = from.way;
    session.heartbeatMs = beatMs;
    session.toldHeartbeatMs = beatMs;
    session.protocol = protocol;
    session.link.hearsOfGivenUp = protocol >= givenUpProtocol;
    send(pipe, {
      type: 'welcome',
      protocol,
      gatewayId: challenge.gatewayId,
      epoch: challenge.epoch,
      sessionId: session.sessionId,
      ...(resumed === undefined ? {} : { resumed: resumed.link.received }),
      heartbeatMs: beatMs,
      ...(resumed === undefined ? { beatInMs: firstBeatInMs(this.#nextTurn(), beatMs, this.#world.time.nowMs()) } : {}),
      maxMessageBytes: limits.agentMessageBytes,
      maxFrameBytes: limits.linkFrameBytes,
      keeps: true,
      gateways: [...this.#handlers.gateways()],
      clock: { clockMs: time.wallMs(), tookMs: Math.round(time.nowMs() - from.helloAtMs) },
      pass: this.#handlers.passOf(session.machineId),
    });
    if (resumed === undefined) {
      this.#sessions.set(session.sessionId, session);
      this.#handlers.onOpened(session);
      session.link.attach(pipe, { c: 0, d: 0 });
    } else if (hello.resume !== undefined && session.link.attach(pipe, hello.resume.received)) {
      this.#handlers.onResumed(session);
    }
    session.link.expectEach(beatMs);
  }

  #nextTurn(): number {
    this.#turns += 1;
    return this.#turns;
  }

  /** Machines that beat, or soon will. */
  get #fleet(): number {
    return this.#sessions.size + this.#handlers.awaited();
  }

  /**
   * With each sign of life: a fleet that has grown beats slower, one that has shrunk faster. The machine's next sign of
   * life says that it does, and its lease changes with that one: so it is never waited for less long than it is silent.
   * One whose heartbeats have drifted from their moment is told to shift them.
   */
  #seeToPace(session: MachineSession, said: SignOfLife): void {
    const { heartbeatMs: saidMs } = said;
    if (saidMs !== undefined && saidMs <= slowestHeartbeatMs) {
      session.heartbeatMs = saidMs;
      session.toldHeartbeatMs = saidMs;
      session.link.expectEach(saidMs);
      this.#handlers.onPace(session);
    }
    // Older agents do not know the message, and keep their pace.
    if (session.protocol < beatProtocol) return;
    const wantedMs = newHeartbeatMs(session.toldHeartbeatMs, this.#fleet);
    const nowMs = this.#world.time.nowMs();
    if (wantedMs !== null) {
      // The next one takes the pace up: its moments are given out anew, as those of a fleet that grows would crowd.
      const beatInMs = firstBeatInMs(this.#nextTurn(), wantedMs, nowMs + session.toldHeartbeatMs);
      session.toldHeartbeatMs = wantedMs;
      session.link.send({ type: 'heartbeat', heartbeatMs: wantedMs, beatInMs });
      return;
    }
    if (session.protocol < momentProtocol || !isPlainBeat(said)) return;
    const shiftMs = shiftOf(session.timing, nowMs);
    if (shiftMs === null) return;
    session.link.send({ type: 'heartbeat', heartbeatMs: session.toldHeartbeatMs, shiftMs });
  }

  #newSession(hello: Hello, machine: Machine, { remoteAddress, way }: LinkOrigin): MachineSession {
    const session: MachineSession = {
      sessionId: this.#world.newSessionId(),
      machineId: hello.machineId,
      name: machine.name,
      agentVersion: hello.agentVersion,
      heartbeatMs: limits.heartbeatMs,
      toldHeartbeatMs: limits.heartbeatMs,
      timing: newBeatTiming(),
      protocol: linkProtocol[0],
      way,
      remoteAddress,
      program: hello.program,
      drained: machine.drained,
      labels: machine.labels,
      link: this.#world.newLink({
        read: (text) => (text === plainBeat ? heardBeat : readBoundedAgentMessage(text)),
        // Requests that wait to be sent; how many there can be is limited where they are taken in.
        heldBytes: 2 * limits.bodyBytesInAll,
        messageBytes: limits.agentMessageBytes,
        onMessage: (message) => {
          // A second hello changes nothing.
          if (message.type === 'hello' || message.type === 'end') return;
          this.#handlers.onMessage(session, message);
          if (message.type === 'report' || message.type === 'beat') this.#seeToPace(session, message);
        },
        onDetached: (why) => this.#handlers.onAway(session, why),
        onUnknown: (type) => this.#log.warn('message ignored', { machine: session.name, type }),
        onUnreadable: (by, why) => {
          const agent = `its agent ${hello.agentVersion.slice(0, 40)}`;
          const what = by === 'us' ? 'sent a message that cannot be read here' : 'cannot read what this gateway says';
          this.#handlers.troubles.malformed(session, `${agent} ${what}: ${why}`);
        },
        onEnded: (why) => this.#ended(session, why),
      }),
      models: [],
      heardAtMs: 0,
      judgement: notJudged(),
    };
    return session;
  }

  #ended(session: MachineSession, why: string): void {
    if (this.#sessions.delete(session.sessionId)) this.#handlers.onClosed(session, why);
  }
}

/** What says more may have been said at any time; this was time for a heartbeat. */
const isPlainBeat = (said: SignOfLife): boolean => said.type === 'beat' && said.live === undefined;

function send(pipe: Pipe, message: GatewayMessage): void {
  pipe.send(JSON.stringify(message), '');
}
