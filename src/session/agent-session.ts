/**
 * The agent's side of its sessions with one gateway: which one goes on over a new connection, which
 * one begins anew, and how long one waits for a connection before its work is given up. Pure: whoever
 * dials tells it of connections, and it tells when to dial again.
 */
import { limits } from '../contract/limits.ts';
import type { GatewayPlace } from '../contract/link/handshake.ts';
import type { AgentMessage, GatewayMessage } from '../contract/link/messages.ts';
import type { After } from './after.ts';
import type { Pipe } from './pipe.ts';
import type { SessionLink, SessionLinkOptions } from './session-link.ts';

type Link = SessionLink<GatewayMessage, AgentMessage>;
type Welcome = Extract<GatewayMessage, { type: 'welcome' }>;
type Heartbeat = Extract<GatewayMessage, { type: 'heartbeat' }>;
type Resume = Extract<AgentMessage, { type: 'hello' }>['resume'];

/** Everything a gateway says after the handshake. */
export type SessionMessage = Exclude<GatewayMessage, Handshake | { type: 'heartbeat' }>;
export type LinkHandlers = Pick<
  SessionLinkOptions<GatewayMessage>,
  'onMessage' | 'onConfirmed' | 'onDetached' | 'onEnded'
>;

export interface AgentSessionOptions {
  readonly after: After;
  /** Of a clock that never jumps, ms. */
  nowMs(): number;
  /** In [0, 1). */
  random(): number;
  /** One end of a new session. `frameBytes`: the longest payload its gateway takes. */
  newLink(handlers: LinkHandlers, frameBytes: number): Link;
  /**
   * Time to say what there is to say of this machine. `isNew`: this session knows nothing yet. `heartbeatMs`: to be said
   * with it, as the pace has just changed.
   */
  onReportDue(isNew: boolean, heartbeatMs?: number): void;
  /** This gateway keeps no copies loaded, and cannot take back what a newer one said. Before anything is reported. */
  onKeepsNone(): void;
  /** Answers go to the session that asked, or nowhere. */
  onMessage(message: SessionMessage, send: (answer: AgentMessage) => void): void;
  /** The connection is gone. */
  onAway(why: string): void;
  /** The connection is there and carries nothing to the gateway: time to dial another one beside it. */
  onSilent(why: string): void;
  /** For so long the gateway has given no sign of having heard us that nobody may want the work: no engine is to go on with it. */
  onPause(): void;
  /** It has: they go on. */
  onGoOn(): void;
  /** The session is over, and its work is for nobody. */
  onOver(): void;
}

/** A heartbeat that is not known to have arrived. */
interface Unheard {
  /** Of the control lane, so many frames up to it. */
  readonly said: number;
  /** When it was said, and how many others since then: not counting time in which it may have stood behind much else. */
  atMs: number;
  beats: number;
}

interface Current {
  readonly sessionId: string;
  readonly link: Link;
  heartbeatMs: number;
  /** What it is to be from the next one on. */
  wantedMs: number;
  /** When the next one is due, by this end's clock, ms. */
  beatAtMs: number;
  /** The gateway has told the moment; otherwise it trembles, so that a fleet does not beat in step. */
  readonly hasMoment: boolean;
  /** From the heartbeat that takes up a new pace to the one after it, where the gateway has said so, ms. */
  newMomentInMs: number | undefined;
  /** So many heartbeats are waited for the confirmation of one. */
  patience: number;
  /** Oldest first. */
  readonly unheard: Unheard[];
  /** What had come from the gateway with the last heartbeat, characters. */
  heardChars: number;
  /** Work is held up. */
  isPaused: boolean;
  /** Calls the next heartbeat off. */
  stopBeat: () => void;
  /** While the gateway seems to be out of reach: calls off what follows from that. */
  stopDoubt: (() => void) | undefined;
}

const nothing = (): void => {};
/** Slower than this nobody beats, ms: gateways ask for 100 s at most. */
const slowestMs = 120_000;
/** The first heartbeat at a pace comes after so many heartbeats at most. */
const mostBeats = 1.2;
/** Between two heartbeats: a line that brings as much is at work for a large request, characters. */
const muchChars = 32 * 1024;

export class AgentSession {
  readonly #options: AgentSessionOptions;
  #current: Current | undefined;
  #gateways: readonly GatewayPlace[] = [];

  constructor(options: AgentSessionOptions) {
    this.#options = options;
  }

  /** Of the session that goes on, or waits for a connection; undefined when there is none. */
  get heartbeatMs(): number | undefined {
    return this.#current?.heartbeatMs;
  }

  /** What is sent now goes out. */
  get isAttached(): boolean {
    return this.#current?.link.isAttached === true;
  }

  /** What `hello` says of the session that waits; undefined when there is none. */
  get resume(): Resume {
    const current = this.#current;
    return current && { sessionId: current.sessionId, received: current.link.received };
  }

  /** The gateways of the yard, as one of them told last: still known when that one is gone. */
  get gateways(): readonly GatewayPlace[] {
    return this.#gateways;
  }

  /** Kept for the gateway, bytes. */
  get heldBytes(): number {
    return this.#current?.link.heldBytes ?? 0;
  }

  /**
   * A connection was let in. Says what follows: the session goes on over it, or a new one has begun; or nothing does, as
   * the session that the gateway would go on with was given up while it was asked. `patience`: so many heartbeats
   * are waited for the confirmation of one.
   */
  welcomed(pipe: Pipe, welcome: Welcome, patience = 1): 'goes on' | 'begun' | 'too late' {
    const { sessionId, resumed, gateways = [] } = welcome;
    const heartbeatMs = believedPaceMs(welcome);
    this.#gateways = gateways;
    const goesOn = resumed !== undefined && this.#current?.sessionId === sessionId;
    if (!goesOn) {
      this.end('the gateway has begun a new session');
      if (resumed !== undefined) {
        const reason = 'the session was given up before the gateway answered';
        pipe.send(JSON.stringify({ type: 'end', reason }), '');
        pipe.close(reason);
        return 'too late';
      }
      this.#begin(welcome);
    }
    if (welcome.keeps !== true) this.#options.onKeepsNone();
    const current = this.#current;
    if (current !== undefined) {
      current.heartbeatMs = heartbeatMs;
      current.wantedMs = heartbeatMs;
      current.patience = patience;
      current.unheard.length = 0;
      this.#trust(current);
    }
    if (current?.link.attach(pipe, resumed ?? { c: 0, d: 0 }) === true) {
      // Its confirmations.
      current.link.expectEach(heartbeatMs);
      this.#options.onReportDue(!goesOn);
    }
    return goesOn ? 'goes on' : 'begun';
  }

  /** Sends what is of no use later: nothing while there is no connection. */
  send(message: AgentMessage): void {
    if (this.isAttached) this.#current?.link.send(message);
  }

  /** The connection is not to be trusted any more; the session is. */
  drop(why: string): void {
    this.#current?.link.drop(why);
  }

  /** Ends the session, if there is one, for both ends. */
  end(why: string): void {
    const current = this.#current;
    if (current === undefined) return;
    this.#current = undefined;
    current.stopBeat();
    current.link.close(why);
    this.#options.onOver();
    this.#trust(current);
  }

  #begin(welcome: Welcome): void {
    const { sessionId, maxFrameBytes = limits.linkFrameBytes } = welcome;
    const heartbeatMs = believedPaceMs(welcome);
    const beatInMs = believedMomentMs(welcome);
    const { nowMs, newLink, onMessage, onAway } = this.#options;
    const handlers: LinkHandlers = {
      onMessage: (message) => {
        if (message.type === 'heartbeat') this.#pace(current, message);
        else if (!isHandshake(message)) onMessage(message, (answer) => link.send(answer));
      },
      onConfirmed: () => {
        const { unheard } = current;
        const { confirmed } = link.control;
        const isHeard = unheard[0] !== undefined && unheard[0].said <= confirmed;
        while (unheard[0] !== undefined && unheard[0].said <= confirmed) unheard.shift();
        if (isHeard) this.#trust(current);
      },
      onDetached: (why) => {
        if (this.#current !== current) return;
        this.#doubt(current, nowMs());
        onAway(why);
      },
      onEnded: (why) => {
        if (this.#current !== current) return;
        this.end(why);
        onAway(why);
      },
    };
    const link = newLink(handlers, maxFrameBytes);
    const current: Current = {
      sessionId,
      link,
      heartbeatMs,
      wantedMs: heartbeatMs,
      beatAtMs: nowMs() + (beatInMs ?? this.#trembling(heartbeatMs)),
      hasMoment: beatInMs !== undefined,
      newMomentInMs: undefined,
      ...{ patience: 1, unheard: [], heardChars: 0, isPaused: false },
      ...{ stopBeat: nothing, stopDoubt: undefined },
    };
    this.#current = current;
    this.#beat(current);
  }

  #pace(current: Current, asked: Heartbeat): void {
    const { shiftMs } = asked;
    current.wantedMs = believedPaceMs(asked);
    current.newMomentInMs = believedMomentMs(asked);
    // More than that would be a pause. Somebody who asks for it is not believed.
    if (shiftMs === undefined || Math.abs(shiftMs) > current.heartbeatMs * limits.heartbeatJitter) return;
    current.stopBeat();
    current.beatAtMs += shiftMs;
    this.#beat(current);
  }

  #trembling(heartbeatMs: number): number {
    return heartbeatMs * (1 + limits.heartbeatJitter * (2 * this.#options.random() - 1));
  }

  /** After the one that is due now. Moments that passed while this end stood still are left out. */
  #nextBeatAtMs(current: Current): number {
    const { beatAtMs, heartbeatMs, hasMoment, newMomentInMs = heartbeatMs } = current;
    const nowMs = this.#options.nowMs();
    if (!hasMoment) return nowMs + this.#trembling(heartbeatMs);
    current.newMomentInMs = undefined;
    const nextMs = beatAtMs + newMomentInMs;
    return nextMs + heartbeatMs * Math.max(0, Math.ceil((nowMs - nextMs) / heartbeatMs));
  }

  /**
   * A heartbeat is confirmed at once. When one is not until the next, the connection may be dead without having
   * broken, be it in one direction: what the gateway says may arrive while it hears nothing. Another one is dialled
   * while the gateway still keeps the session (its lease is three heartbeats, two are 12 s of 15 at most; over plain
   * requests, where a confirmation may wait for two of them to come back, everything takes twice as long). Should the
   * old one recover, nothing is lost. Where much arrives the confirmation only stands behind it, on a slow line.
   */
  #beat(current: Current): void {
    const { after, nowMs, onReportDue, onSilent } = this.#options;
    const { link } = current;
    current.stopBeat = after(Math.max(0, current.beatAtMs - nowMs()), () => {
      if (link.isAttached) {
        const isNewPace = current.wantedMs !== current.heartbeatMs;
        current.heartbeatMs = current.wantedMs;
        if (isNewPace) link.expectEach(current.heartbeatMs);
        if (age(current, nowMs())) this.#trust(current);
        onReportDue(false, isNewPace ? current.heartbeatMs : undefined);
        const [oldest] = current.unheard;
        current.unheard.push({ said: link.control.added, atMs: nowMs(), beats: 0 });
        if (oldest !== undefined && oldest.beats > 0) this.#doubt(current, oldest.atMs);
        if (oldest !== undefined && oldest.beats >= current.patience) onSilent('no answer to a heartbeat');
      }
      // Saying it may have ended the session.
      if (this.#current !== current) return;
      current.beatAtMs = this.#nextBeatAtMs(current);
      this.#beat(current);
    });
  }

  /** The gateway seems to be out of reach since then, by this end's clock. */
  #doubt(current: Current, sinceMs: number): void {
    if (current.stopDoubt !== undefined || this.#current !== current) return;
    const { after, nowMs, onPause, onAway } = this.#options;
    const agoMs = nowMs() - sinceMs;
    const stopPause = after(Math.max(0, limits.sessionPauseMs - agoMs), () => {
      current.isPaused = true;
      onPause();
    });
    // A fleet that beats more slowly is doubted later, and may be heard again only with its next beat.
    const holdMs = limits.sessionHoldMs * Math.max(1, current.heartbeatMs / limits.heartbeatMs);
    const stopHold = after(Math.max(0, holdMs - agoMs), () => {
      const why = 'the gateway was out of reach';
      this.end(why);
      onAway(why);
    });
    current.stopDoubt = () => {
      stopPause();
      stopHold();
    };
  }

  /** It is not, or the session is over. */
  #trust(current: Current): void {
    current.stopDoubt?.();
    current.stopDoubt = undefined;
    if (!current.isPaused) return;
    current.isPaused = false;
    this.#options.onGoOn();
  }
}

/** A heartbeat goes by. Says whether so much arrived meanwhile that confirmations may stand behind it. */
function age(current: Current, nowMs: number): boolean {
  const { link, unheard } = current;
  const isBusy = link.heardChars - current.heardChars >= muchChars;
  current.heardChars = link.heardChars;
  for (const beat of unheard) {
    beat.beats = isBusy ? 0 : beat.beats + 1;
    if (isBusy) beat.atMs = nowMs;
  }
  return isBusy;
}

/** Whoever asks for more is not believed. */
const believedPaceMs = ({ heartbeatMs }: Welcome | Heartbeat): number => Math.min(heartbeatMs, slowestMs);

function believedMomentMs(asked: Welcome | Heartbeat): number | undefined {
  const { beatInMs } = asked;
  return beatInMs !== undefined && beatInMs <= mostBeats * believedPaceMs(asked) ? beatInMs : undefined;
}

type Handshake = Extract<GatewayMessage, { type: 'challenge' | 'welcome' | 'refused' | 'end' }>;

function isHandshake(message: GatewayMessage): message is Handshake {
  return ['challenge', 'welcome', 'refused', 'end'].includes(message.type);
}
