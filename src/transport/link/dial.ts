/** The agent's end: dials the gateway and keeps dialling. The agent opens no listening port. */
import { WebSocket } from 'ws';
import { limits } from '../../contract/limits.ts';
import { proxyAwareAgent, type Trust } from '../tls/trust.ts';
import type { Pipe, PipeHearer } from './pipe.ts';
import { socketPipe } from './socket-pipe.ts';

/** Where the gateway takes links. */
export const linkPath = '/metalyard/link';

/** Opens one connection, by way of the proxy of the environment where it is TLS; failures arrive through `onClosed`. */
export function dialPipe(gatewayUrl: string, trust: Trust, hearer: PipeHearer): Pipe {
  const url = new URL(linkPath, gatewayUrl);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new WebSocket(url, {
    perMessageDeflate: false,
    maxPayload: 2 * limits.linkFrameBytes,
    handshakeTimeout: 10_000,
    // The WebSocket built into Node goes past proxies; so does `ws` without an agent of ours.
    ...(url.protocol === 'wss:' ? { agent: proxyAwareAgent(trust) } : {}),
  });
  return socketPipe(socket, hearer);
}

/** Ceilings of the waiting time: while a session waits for its connection, and after that, ms. */
const urgentMs = 1_000;
const patientMs = 12_000;

/**
 * Waiting time before the next try, ms: exponential from 0.5 s with full jitter, so that a fleet does
 * not come back in one wave, and never so long that a gateway is missed for more than some seconds.
 * `random` in [0, 1).
 */
export function redialDelayMs(failures: number, isUrgent: boolean, random: number): number {
  const ceiling = Math.min(isUrgent ? urgentMs : patientMs, 500 * 2 ** Math.min(failures, 10));
  return Math.round(random * ceiling);
}
