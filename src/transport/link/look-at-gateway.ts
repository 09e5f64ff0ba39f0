/**
 * A look at the way to a gateway: whose certificate is shown there, whether a WebSocket gets through, and how far the clocks
 * are apart. Nothing is sent but a HEAD request and a WebSocket that is closed again,
 * neither with credentials.
 */
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent, request } from 'node:https';
import { TLSSocket } from 'node:tls';
import { WebSocket } from 'ws';
import { readGatewayMessage } from '../../contract/link/messages.ts';
import { clockOffset } from '../../session/clock-offset.ts';
import { fingerprintOf } from '../tls/certificate.ts';
import { proxyAwareAgent, shownWith, type Trust, tlsOptions } from '../tls/trust.ts';
import { linkPath } from './dial.ts';

const patienceMs = 5_000;

export interface GatewayLook {
  /** Issuer of a certificate that is not the gateway's; empty when it is. Undefined without TLS. */
  readonly stranger: string | undefined;
}

/** Rejects with the socket's error when nothing answers within five seconds. */
export function lookAtGateway(gatewayUrl: string, trust: Trust): Promise<GatewayLook> {
  return new Promise((resolve, reject) => {
    const isSecure = new URL(gatewayUrl).protocol === 'https:';
    // What is shown is to be looked at, whoever shows it.
    const agent = isSecure
      ? new Agent({ ...tlsOptions(trust), proxyEnv: process.env, rejectUnauthorized: false })
      : new HttpAgent();
    const asking = (isSecure ? request : httpRequest)(new URL('/', gatewayUrl), {
      method: 'HEAD',
      agent,
      timeout: patienceMs,
    });
    asking.once('timeout', () => asking.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })));
    asking.once('error', reject);
    asking.once('close', () => agent.destroy());
    asking.once('response', (response) => {
      const stranger = response.socket instanceof TLSSocket ? strangerOn(response.socket, trust) : undefined;
      response.destroy();
      resolve({ stranger });
    });
    asking.end();
  });
}

function strangerOn(socket: TLSSocket, { pinned }: Trust): string {
  const { issuer } = socket.getPeerCertificate();
  const isGateway = pinned === undefined ? socket.authorized : shownWith(socket, fingerprintOf(pinned)) !== null;
  return isGateway ? '' : nameOf(issuer);
}

function nameOf(issuer: { O?: string | string[]; CN?: string | string[] }): string {
  const name = issuer.O ?? issuer.CN ?? 'nobody that is named';
  return Array.isArray(name) ? name.join(', ') : name;
}

export interface SocketLook {
  /** The gateway's first frame arrives: some proxies let the handshake through and nothing after it. */
  readonly works: boolean;
  /** The gateway's clock less ours, as its first frame tells it. Undefined: it does not. */
  readonly offsetMs: number | undefined;
}

/** Opens a WebSocket as an agent does, and closes it again. */
export function lookThroughSocket(gatewayUrl: string, trust: Trust): Promise<SocketLook> {
  const url = new URL(linkPath, gatewayUrl);
  url.protocol = 'wss:';
  const agent = proxyAwareAgent(trust);
  const askedMs = Date.now();
  const socket = new WebSocket(url, { agent, handshakeTimeout: patienceMs, perMessageDeflate: false });
  return new Promise((resolve) => {
    const end = (works: boolean, offsetMs?: number): void => {
      clearTimeout(patience);
      socket.terminate();
      agent.destroy();
      resolve({ works, offsetMs });
    };
    const patience = setTimeout(() => end(false), patienceMs);
    socket.once('message', (data) => end(true, offsetIn(String(data), askedMs)));
    socket.once('close', () => end(false));
    // Terminating a socket that is still connecting is an error too.
    socket.on('error', () => end(false));
  });
}

/** By a challenge that has just come. */
function offsetIn(frame: string, askedMs: number): number | undefined {
  const read = readGatewayMessage(frame);
  const { clockMs } = read.kind === 'message' && read.message.type === 'challenge' ? read.message : {};
  return clockMs === undefined ? undefined : clockOffset(askedMs, { clockMs, tookMs: 0 }, Date.now());
}
