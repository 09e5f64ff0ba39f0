/**
 * The agent's end of the link to one gateway: dials, shows who it is, and keeps one session going over
 * as many connections as it takes. While the gateway is out of reach engines work on for ten seconds, then they
 * stand still; when it stays away the work is given up.
 */
import { limits } from '../contract/limits.ts';
import {
  type AgentMessage,
  farewell,
  type GatewayMessage,
  linkProtocol,
  type MachineModel,
  readGatewayMessage,
} from '../contract/link/messages.ts';
import type { Facts } from '../contract/machine/facts.ts';
import { AgentSession, type LinkHandlers } from '../session/agent-session.ts';
import { clockOffset } from '../session/clock-offset.ts';
import { redialDelayMs } from '../session/redial.ts';
import { Reports } from '../session/reports.ts';
import { malformedIn, type SessionLink as PureSessionLink } from '../session/session-link.ts';
import type { MachineIdentity } from '../transport/identity/machine-identity.ts';
import { createDialler } from '../transport/link/dial.ts';
import type { Pipe } from '../transport/link/pipe.ts';
import { SessionLink } from '../transport/link/session-link.ts';
import { onWake } from '../transport/link/wake.ts';
import type { Log } from '../transport/log/log.ts';
import { pause } from '../transport/pause.ts';
import { realTime, type Time } from '../transport/time.ts';
import { explainProxy } from '../transport/tls/proxy-refusal.ts';
import type { Trust } from '../transport/tls/trust.ts';
import { carryOut } from './carry-out.ts';
import { type KeptPass, keptPass } from './kept-pass.ts';
import { KnownTools } from './known-tools.ts';
import type { ModelSource } from './ready-model.ts';
import type { Tickets } from './tickets.ts';
import type { WayWatch } from './way-watch.ts';

export interface GatewayLinkOptions {
  readonly gatewayUrl: string;
  readonly trust: Trust;
  /** Of the gateway this machine has joined: to no other is it shown who it is. Absent: whoever answers there. */
  readonly gatewayId?: string;
  readonly identity: MachineIdentity;
  /** Random, of this start of the agent: the gateway tells it by that from another program that has the same key. */
  readonly program?: string;
  /** What the gateway gave this machine; until the agent ends when absent. */
  readonly pass?: KeptPass;
  readonly name: string;
  readonly version: string;
  readonly log: Log;
  readonly tickets: Tickets;
  /** What is asked of models themselves. */
  readonly wishes: Pick<ModelSource, 'load' | 'wish' | 'keep' | 'keepNone'>;
  models(): readonly MachineModel[];
  draining(): boolean;
  /** Why no ticket is taken for want of memory; null while tickets are taken. */
  pressedBecause(): string | null;
  /** All that is known of this machine; undefined until its probes have looked. */
  facts(): Facts | undefined;
  /** Of the facts those that change, as they are now. */
  liveFacts(): Facts;
  /** Hears how it goes on the way to the gateway. */
  readonly way: Pick<WayWatch, 'linked' | 'failed'>;
}

/** What the link needs of the world. */
export interface LinkWorld {
  readonly time: Time;
  /** In [0, 1). */
  random(): number;
  createDialler: typeof createDialler;
  /** One end of a new session. */
  newLink(
    options: LinkHandlers & { readonly frameBytes: number; onUnknown(type: string): void },
  ): PureSessionLink<GatewayMessage, AgentMessage>;
  /** Calls back after each sleep of this machine, until the returned function is called. */
  onWake: typeof onWake;
  pause: typeof pause;
}

const realWorld: LinkWorld = {
  time: realTime,
  random: Math.random,
  createDialler,
  newLink: (options) =>
    new SessionLink<GatewayMessage, AgentMessage>({
      ...options,
      read: new KnownTools().read,
      heldBytes: limits.sessionHeldBytes,
    }),
  onWake,
  pause,
};

export interface GatewayLink {
  /** Tells the gateway what changed, at once. */
  report(): void;
  /** Tells the gateway all facts, which have been read anew. */
  tellFacts(): void;
  /** Ends the session; resolves when nothing is dialled any more. */
  close(): Promise<void>;
}

type Refusal = Extract<GatewayMessage, { type: 'refused' }>;
type Welcome = Extract<GatewayMessage, { type: 'welcome' }>;

/** How one connection ended. */
interface ConnectionEnd {
  readonly why: string;
  /** Why the gateway does not want this machine; trying again soon is of no use. */
  readonly refused: Refusal['reason'] | undefined;
  readonly wasOpen: boolean;
}

/** A connection of this length forgives the failures before it, ms. */
const settledMs = 10_000;
/** A refusal needs a person, who may be about to approve a machine that waits; ms. */
const refusedDelayMs = 30_000;
const pendingDelayMs = 3_000;
/** Of a session whose heartbeats are further apart, which thousands of machines have, facts come later, ms. */
const unhurriedMs = 1.5 * limits.heartbeatMs;

export function linkToGateway(options: GatewayLinkOptions, world: LinkWorld = realWorld): GatewayLink {
  const { log, tickets, pass = keptPass(undefined, options.gatewayUrl, log) } = options;
  const { random } = world;
  const { nowMs, after } = world.time;
  const closing = new AbortController();
  let carrier: 'websocket' | 'http' = 'websocket';
  /** The gateway has said when to come again, ms. */
  let againMs: number | undefined;
  /** The gateway has said that it stops: that its connection ends then is nobody's fault. */
  let isLeaving = false;
  const dial = world.createDialler({
    gatewayUrl: options.gatewayUrl,
    trust: options.trust,
    nowMs,
    random,
    onWay(way, why) {
      carrier = way;
      log.warn(way === 'http' ? 'linking without a WebSocket' : 'linking by WebSocket', { why });
    },
    onTurnedAway(ms) {
      againMs = ms;
    },
    pass: () => pass.current,
    isLeaving: () => isLeaving,
  });
  const reports = new Reports();
  let protocol = 1;
  /** They were read anew while there was no connection. */
  let owesFacts = false;
  /** While they wait for their turn: calls that off. */
  let stopFacts: (() => void) | undefined;
  /** Ends the wait for the connection of the session. */
  let connectionEnded: (why: string) => void = () => {};

  const session = new AgentSession({
    after,
    nowMs,
    random,
    newLink: (handlers, frameBytes) =>
      world.newLink({
        ...handlers,
        frameBytes,
        onUnknown: (type) => log.warn('message of the gateway ignored: update this agent', { type }),
      }),
    onReportDue(isNew, newPaceMs) {
      if (isNew) reports.forget();
      // A session that goes on has been told, but for what came up meanwhile.
      if (isNew) tellFactsInTurn();
      else if (owesFacts) tellFacts();
      report(true, newPaceMs);
      if (!isNew) return;
      tickets.tellSlots(
        options.models().map(({ id }) => id),
        (message) => session.send(message),
      );
    },
    onKeepsNone: () => options.wishes.keepNone(),
    onMessage(message, send) {
      if (message.type !== 'goaway') return carryOut(options, message, send);
      isLeaving = true;
      log.info('the gateway is going away', { message: message.message });
    },
    onAway: (why) => connectionEnded(why),
    onSilent: (why) => connectionEnded(why),
    onPause() {
      if (tickets.running > 0) log.warn('the gateway does not answer: engines stand still until it does');
      tickets.pause();
    },
    onGoOn: () => tickets.goOn(),
    onOver: () => tickets.cancelAll(),
  });

  /** Says how things are, as far as the gateway has not been told. `newPaceMs`: the heartbeat that it asked for. */
  function report(isHeartbeat: boolean, newPaceMs?: number): void {
    // What is not sent must not count as told.
    if (!session.isAttached) return;
    const pressed = options.pressedBecause();
    const models = options.models();
    const available = models.filter(({ status }) => status === 'available');
    const message = reports.next({
      report: {
        type: 'report',
        models: models.filter(({ status }) => status !== 'available'),
        ...(available.length === 0 ? {} : { available }),
        draining: options.draining(),
        ...(pressed === null ? {} : { pressed }),
      },
      // Of a machine whose facts are still to come they would be judged alone.
      live: stopFacts === undefined ? options.liveFacts() : {},
      protocol,
      nowMs: nowMs(),
      isHeartbeat,
      heartbeatMs: session.heartbeatMs ?? limits.heartbeatMs,
    });
    session.send(newPaceMs === undefined ? message : { ...message, heartbeatMs: newPaceMs });
  }

  /**
   * At once, or at some moment after the first heartbeat where that is a long one: a large fleet comes back all together, and
   * that it is there, with its models, comes first.
   */
  function tellFactsInTurn(): void {
    const { heartbeatMs = 0 } = session;
    if (heartbeatMs <= unhurriedMs) return tellFacts();
    // What was owed is told then.
    owesFacts = false;
    stopFacts?.();
    stopFacts = after((1 + random()) * heartbeatMs, tellFacts);
  }

  function tellFacts(): void {
    stopFacts?.();
    stopFacts = undefined;
    const facts = options.facts();
    owesFacts = facts !== undefined && !session.isAttached;
    if (facts === undefined || owesFacts) return;
    // As they are now: the machine is judged by them at once.
    const live = options.liveFacts();
    session.send({ type: 'facts', facts: { ...facts, ...live } });
    reports.factsTold(live, nowMs());
  }

  function welcomed(pipe: Pipe, message: Welcome): void {
    protocol = message.protocol;
    if (message.pass !== undefined) pass.keep(message.pass);
    // A word takes twice as long over plain requests.
    const what = session.welcomed(pipe, message, carrier === 'http' ? limits.httpLeaseFactor : 1);
    if (what === 'too late') return;
    const urls = session.gateways.flatMap((gateway) => gateway.urls);
    log.info(what === 'goes on' ? 'the session goes on' : 'linked to the gateway', {
      gatewayId: message.gatewayId,
      epoch: message.epoch,
      ...(urls.length === 0 ? {} : { gateways: urls.join(' ') }),
    });
  }

  /** One connection, from dialling to its end. */
  function connection(): Promise<ConnectionEnd> {
    return new Promise((resolve) => {
      let wasOpen = false;
      let helloAtMs = 0;
      let refusal: Refusal | undefined;
      const stop = () => pipe.close(farewell);
      const ended = (why: string) => {
        closing.signal.removeEventListener('abort', stop);
        resolve({ why: refusal?.message ?? withoutAdvice(why), refused: refusal?.reason, wasOpen });
      };
      const pipe = dial({
        onFrame(frame) {
          const read = readGatewayMessage(frame);
          const message = read.kind === 'message' ? read.message : undefined;
          if (message?.type === 'challenge') {
            // It would sign for whoever passes on the challenge of another gateway.
            if (message.gatewayId !== (options.gatewayId ?? message.gatewayId)) return pipe.close(anotherGateway);
            helloAtMs = world.time.wallMs();
            say(pipe, helloTo(message, options, session));
          } else if (message?.type === 'refused') refusal = message;
          else if (message?.type === 'welcome') {
            wasOpen = true;
            isLeaving = false;
            connectionEnded = ended;
            const { clock } = message;
            const offsetMs = clock === undefined ? undefined : clockOffset(helloAtMs, clock, world.time.wallMs());
            options.way.linked(carrier, message.heartbeatMs, offsetMs);
            welcomed(pipe, message);
          } else if (read.kind !== 'unknown') pipe.close('expected a challenge or a welcome');
        },
        onWritable() {},
        onClosed: (why) => ended(explainProxy(why)),
      });
      closing.signal.addEventListener('abort', stop);
    });
  }

  /**
   * A gateway that has said that it stops is expected back: its machines come at some moment of a heartbeat, which is the
   * longer the more they are. One at work may be awaited by a client, and comes as soon as it can.
   */
  const returnDelayMs = (): number => {
    const { heartbeatMs = limits.heartbeatMs } = session;
    return Math.round(random() * heartbeatMs);
  };

  function retryDelayMs(refused: ConnectionEnd['refused'], failures: number): number {
    if (refused === undefined) return redialDelayMs(failures, session.heartbeatMs, random());
    return refused === 'pending' ? pendingDelayMs : refusedDelayMs;
  }

  const stopWatching = world.onWake(() => session.drop('the machine was asleep'));
  const linking = (async () => {
    let failures = 0;
    let unreadable = 0;
    while (!closing.signal.aborted) {
      const dialledAtMs = nowMs();
      againMs = undefined;
      const { why, refused, wasOpen } = await connection();
      if (closing.signal.aborted) return;
      // A connection that ended at once was no success: two agents with one key would flap for ever.
      failures = wasOpen && nowMs() - dialledAtMs >= settledMs ? 0 : failures + 1;
      if (isLeaving && wasOpen) {
        const retryMs = tickets.running > 0 ? retryDelayMs(undefined, 0) : returnDelayMs();
        log.info('the gateway has gone, as it said', { retryMs });
        failures = 0;
        await world.pause(retryMs, closing.signal);
        continue;
      }
      // One end cannot read the other, and would not the next time.
      if (malformedIn(why) !== undefined) unreadable += 1;
      else if (failures === 0) unreadable = 0;
      const delayMs = againMs ?? (unreadable > 1 ? refusedDelayMs : retryDelayMs(refused, failures));
      if (againMs === undefined) options.way.failed(why);
      log.warn('not linked to the gateway', { why, retryMs: delayMs });
      await world.pause(delayMs, closing.signal);
    }
  })();

  return {
    report: () => report(false),
    tellFacts() {
      tellFacts();
      report(false);
    },
    async close() {
      stopWatching();
      stopFacts?.();
      session.end(farewell);
      closing.abort();
      connectionEnded(farewell);
      await linking;
    },
  };
}

/** Node advises a flag of its own, which would not help: a gateway is known by its certificate, not by an authority. */
const withoutAdvice = (why: string): string => why.replace(/; if the root CA is installed locally.*$/, '');

const anotherGateway =
  'it is not the gateway that this machine has joined: it has a new data directory, or another gateway answers at its address. Make a join line there, and join again';

function helloTo(
  challenge: Extract<GatewayMessage, { type: 'challenge' }>,
  { identity, name, version, program }: GatewayLinkOptions,
  session: AgentSession,
): AgentMessage {
  return {
    type: 'hello',
    protocol: [...linkProtocol],
    agentVersion: version,
    machineId: identity.machineId,
    name,
    publicKey: identity.publicKey,
    signature: identity.signLinkProof(challenge),
    ...(program === undefined ? {} : { program }),
    ...(session.resume === undefined ? {} : { resume: session.resume }),
  };
}

function say(pipe: Pipe, message: AgentMessage): void {
  pipe.send(JSON.stringify(message), '');
}
