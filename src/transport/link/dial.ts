/** The agent's end: dials the gateway and keeps dialling. The agent opens no listening port. */
import { WebSocket } from 'ws';
import { limits } from '../../contract/limits.ts';
import { type AgentMessage, type GatewayMessage, readGatewayMessage } from '../../contract/link/messages.ts';
import { type LinkHandlers, type LinkSocket, linkSocket } from './link-socket.ts';

/** Where the gateway takes links. */
export const linkPath = '/metalyard/link';

/** Opens one connection; failures arrive through `onClosed`. */
export function dialLink(gatewayUrl: string, handlers: LinkHandlers<GatewayMessage>): LinkSocket<AgentMessage> {
  const url = new URL(linkPath, gatewayUrl);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new WebSocket(url, {
    perMessageDeflate: false,
    maxPayload: limits.linkMessageBytes,
    handshakeTimeout: 10_000,
  });
  return linkSocket(socket, readGatewayMessage, handlers);
}

/**
 * Waiting time before the next try, ms: exponential from 0.5 s to 30 s with full jitter, so that a
 * fleet does not come back in one wave. `random` in [0, 1).
 */
export function redialDelayMs(failures: number, random: number): number {
  const ceiling = Math.min(30_000, 500 * 2 ** Math.min(failures, 10));
  return Math.round(random * ceiling);
}
