/**
 * The agent's end: how the gateway is dialled. The agent opens no listening port.
 *
 * A WebSocket is tried first. Where the network refuses it, swallows it twice, or kills it again and again, plain
 * HTTP requests carry the link, and every ten minutes or so a WebSocket is tried once more beside them. Where upgrades are
 * broken off, or answered as by a gateway that is down, requests tell whether it is: then they come to nothing as well.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { WebSocket } from 'ws';
import { limits } from '../../contract/limits.ts';
import { passHeader } from '../identity/link-pass.ts';
import { proxyAwareAgent, type Trust } from '../tls/trust.ts';
import type { Pipe, PipeHearer } from './pipe.ts';
import { dialPollPipe } from './poll-pipe.ts';
import { socketPipe } from './socket-pipe.ts';

/** Where the gateway takes links. */
export const linkPath = '/metalyard/link';
/** In the answer of a gateway that lets others in first: when to come again, ms. */
export const retryHeader = 'metalyard-retry-ms';

export interface DiallerOptions {
  readonly gatewayUrl: string;
  readonly trust: Trust;
  nowMs(): number;
  /** In [0, 1). */
  random(): number;
  /** For the log: which way is taken from now on, and why. */
  onWay(way: 'websocket' | 'http', why: string): void;
  /** The gateway lets other machines in first and asks this one to come again after so long, ms; its pipe closes. */
  onTurnedAway?(againMs: number): void;
  /** The gateway has said that it stops: a connection that breaks now tells nothing of the way. */
  isLeaving?(): boolean;
  /** What the gateway gave this machine when it let it in, if it has. */
  pass?(): string | undefined;
  /** How long plain requests carry the link before a WebSocket is tried again, ms; for tests, which do not wait ten minutes. */
  readonly httpForMs?: number;
}

/** Opens one connection; failures arrive through `onClosed`. */
export type Dialler = (hearer: PipeHearer) => Pipe;

/** After its handshake a WebSocket must bring the gateway's first frame within this time, ms. */
const firstFrameMs = 5_000;
const handshakeMs = 10_000;
/** A gateway that asks for more than this is not believed, ms. */
const longestAwayMs = 60_000;
/** So many WebSockets in a row that were not answered in time: one may only mean that somebody is very busy. */
const silencesAllowed = 2;
/** After that the answer to `hello` must come within this time, ms: the gateway looks something up for it. */
const secondFrameMs = 10_000;
/** Upgrades that were broken off in a row before requests are tried: one may only mean that a gateway has just stopped. */
const breaksAllowed = 2;
/** WebSockets that broke so often within this time, each young, are killed by something between. */
const dropsAllowed = 3;
const dropWindowMs = 10 * 60_000;
const youngMs = 120_000;
/** Until a WebSocket is tried again, ms; a fifth more or less, so that a fleet does not try at once. */
const usualHttpForMs = 10 * 60_000;
const jitter = 0.2;

export function createDialler(options: DiallerOptions): Dialler {
  const { gatewayUrl, trust, nowMs, random, onWay, onTurnedAway, httpForMs = usualHttpForMs } = options;
  const passed = (): Record<string, string> => {
    const pass = options.pass?.();
    return pass === undefined ? {} : { [passHeader]: pass };
  };
  let way: 'websocket' | 'http' = 'websocket';
  let dropsMs: number[] = [];
  let silences = 0;
  let breaks = 0;
  let lastBreak = '';

  const useHttp = (why: string): void => {
    if (way === 'http') return;
    way = 'http';
    onWay(way, why);
  };
  const noteSilence = (why: string): void => {
    silences += 1;
    if (silences >= silencesAllowed) useHttp(why);
  };
  const noteBreak = (why: string): void => {
    breaks += 1;
    lastBreak = why;
  };
  const noteDrop = (ageMs: number): void => {
    if (ageMs > youngMs) return;
    dropsMs = [...dropsMs.filter((atMs) => nowMs() - atMs < dropWindowMs), nowMs()];
    if (dropsMs.length >= dropsAllowed) useHttp(`${dropsMs.length} WebSockets broke young`);
  };

  function overHttp(hearer: PipeHearer): Pipe {
    const pauseMs = httpForMs * (1 + jitter * (2 * random() - 1));
    let endProbe = (): void => {};
    const probe = (): void => {
      endProbe = probeSocket(openSocket(gatewayUrl, trust, passed()), (works) => {
        if (!works) {
          timer = setTimeout(probe, pauseMs).unref();
          return;
        }
        way = 'websocket';
        silences = 0;
        breaks = 0;
        dropsMs = [];
        onWay(way, 'a WebSocket works again');
        pipe.close('a WebSocket works again');
      });
    };
    let timer = setTimeout(probe, pauseMs).unref();
    const pipe = dialPollPipe(gatewayUrl, { trust, headers: passed() }, hearer, () => {
      clearTimeout(timer);
      endProbe();
    });
    return pipe;
  }

  function overSocket(hearer: PipeHearer): Pipe {
    const socket = openSocket(gatewayUrl, trust, passed());
    let openedMs: number | undefined;
    let isReached = false;
    let silence: NodeJS.Timeout | undefined;
    socket.on('unexpected-response', (_request, { statusCode = 0, headers }) => {
      const againMs = turnedAwayMs(statusCode, headers, random());
      if (againMs > 0) {
        onTurnedAway?.(Math.min(againMs, longestAwayMs));
        return pipe.giveUp(
          statusCode === 503 ? 'the gateway lets other machines in first' : 'the gateway has too many connections',
        );
      }
      const why = `the upgrade to a WebSocket was answered with status ${statusCode}`;
      // A gateway that is down behind its proxy is down for HTTP requests too.
      if (statusCode < 500) useHttp(why);
      else noteBreak(why);
      socket.terminate();
    });
    socket.once('open', () => {
      openedMs = nowMs();
      silence = setTimeout(() => {
        noteSilence(`WebSockets brought nothing within ${firstFrameMs / 1000} s`);
        socket.terminate();
      }, firstFrameMs).unref();
    });
    socket.once('message', () => {
      isReached = true;
      breaks = 0;
      clearTimeout(silence);
      silence = setTimeout(() => {
        noteSilence('WebSockets brought one frame and nothing after it');
        socket.terminate();
      }, secondFrameMs).unref();
      socket.once('message', () => {
        silences = 0;
        clearTimeout(silence);
      });
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (/handshake has timed out/.test(error.message)) noteSilence('upgrades to a WebSocket were not answered');
      else if (openedMs === undefined && error.code === 'ECONNRESET') {
        noteBreak('upgrades to a WebSocket were broken off');
      }
    });
    socket.once('close', (code) => {
      clearTimeout(silence);
      // 1006: it broke, nobody closed it.
      if (isReached && openedMs !== undefined && code === 1006 && options.isLeaving?.() !== true)
        noteDrop(nowMs() - openedMs);
    });
    const pipe = socketPipe(socket, hearer);
    return pipe;
  }

  /** Whether requests get through where upgrades do not: with the gateway's first frame they carry the link. */
  function tryHttp(hearer: PipeHearer): Pipe {
    breaks = 0;
    return overHttp({
      ...hearer,
      onFrame(text) {
        useHttp(lastBreak);
        hearer.onFrame(text);
      },
    });
  }

  return (hearer) => {
    if (way === 'http') return overHttp(hearer);
    return breaks >= breaksAllowed ? tryHttp(hearer) : overSocket(hearer);
  };
}

/**
 * When a gateway that is crowded asks for another try, ms; 0: that is not what it says. With 429 and 529 (too many connections)
 * it tells everybody the same, so that each machine takes a moment of its own within as long again.
 */
function turnedAwayMs(status: number, headers: IncomingHttpHeaders, random: number): number {
  if (status === 503) return Number(headers[retryHeader]) || 0;
  if (status !== 429 && status !== 529) return 0;
  return Math.round(Number(headers['retry-after']) * 1_000 * (1 + random)) || 0;
}

function openSocket(gatewayUrl: string, trust: Trust, headers: Readonly<Record<string, string>>): WebSocket {
  const url = new URL(linkPath, gatewayUrl);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return new WebSocket(url, {
    perMessageDeflate: false,
    maxPayload: limits.linkTakenFrameBytes,
    handshakeTimeout: handshakeMs,
    headers,
    // The WebSocket built into Node goes past proxies; so does `ws` without an agent of ours.
    ...(url.protocol === 'wss:' ? { agent: proxyAwareAgent(trust) } : {}),
  });
}

/** Whether a WebSocket gets as far as the gateway's first frame. Returns how to give up. */
function probeSocket(socket: WebSocket, done: (works: boolean) => void): () => void {
  let isOver = false;
  const end = (works: boolean | undefined): void => {
    if (isOver) return;
    isOver = true;
    clearTimeout(patience);
    socket.terminate();
    if (works !== undefined) done(works);
  };
  const patience = setTimeout(() => end(false), handshakeMs + firstFrameMs).unref();
  socket.on('error', () => end(false));
  socket.on('close', () => end(false));
  socket.on('message', () => end(true));
  return () => end(undefined);
}
