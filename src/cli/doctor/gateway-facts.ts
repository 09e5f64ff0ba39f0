/**
 * The way from this machine to the gateway it has joined: who shows a certificate there, whether a
 * WebSocket gets through, how far the clocks are apart. Nothing is sent but a HEAD request and a
 * WebSocket that is closed again, neither with credentials.
 */
import { Agent, request } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { WebSocket } from 'ws';
import { known, type Unknown, unknown } from '../../contract/machine/fact.ts';
import type { Facts } from '../../contract/machine/facts.ts';
import { linkPath } from '../../transport/link/dial.ts';
import { fingerprintOf } from '../../transport/tls/certificate.ts';
import { proxyAwareAgent, type Trust, tlsOptions } from '../../transport/tls/trust.ts';
import type { JoinedGateway } from '../joined-gateway.ts';

const patienceMs = 5_000;

export async function gatewayFacts(joined: JoinedGateway): Promise<Facts> {
  const { url, ...trust } = joined;
  if (!url.startsWith('https:')) return {};
  // The address is the owner's; it is in the data directory for whoever wants it.
  const source = 'connection to the joined gateway';
  const seen = await look(url, trust).catch((error: NodeJS.ErrnoException): Unknown => {
    const why = error.code ?? 'it ended without an answer';
    return unknown('failed', `the joined gateway cannot be reached (${why})`, source);
  });
  if ('known' in seen) {
    return { 'network.tls_intercepted_by': seen, 'network.websocket': seen, 'clock.offset_ms': seen };
  }
  const { stranger, offsetMs } = seen;
  return {
    'network.tls_intercepted_by': known(stranger, source),
    'clock.offset_ms':
      offsetMs === undefined ? unknown('not-reported', 'the answer has no date', source) : known(offsetMs, source),
    // Behind a stranger's certificate there is no link to try.
    ...(stranger === '' ? { 'network.websocket': known(await webSocketWorks(url, trust), source) } : {}),
  };
}

interface Seen {
  /** Issuer of a certificate that is not the gateway's; empty when it is. */
  readonly stranger: string;
  /** The gateway's clock less ours; exact to a second, as the header is. */
  readonly offsetMs: number | undefined;
}

function look(url: string, trust: Trust): Promise<Seen> {
  return new Promise((resolve, reject) => {
    // What is shown is to be looked at, whoever shows it.
    const agent = new Agent({ ...tlsOptions(trust), proxyEnv: process.env, rejectUnauthorized: false });
    const startedMs = Date.now();
    const asking = request(new URL('/', url), { method: 'HEAD', agent, timeout: patienceMs });
    asking.once('timeout', () => asking.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })));
    asking.once('error', reject);
    asking.once('response', (response) => {
      const socket = response.socket as TLSSocket; // of an https request
      const { raw, issuer } = socket.getPeerCertificate();
      const isGateway =
        trust.pinned === undefined ? socket.authorized : fingerprintOf(raw) === fingerprintOf(trust.pinned);
      const date = Date.parse(response.headers.date ?? '');
      response.destroy();
      agent.destroy();
      resolve({
        stranger: isGateway ? '' : nameOf(issuer),
        // The middle of the round trip is when the gateway looked at its clock; its header drops half a second on average.
        offsetMs: Number.isNaN(date) ? undefined : Math.round(date + 500 - (startedMs + Date.now()) / 2),
      });
    });
    asking.end();
  });
}

function nameOf(issuer: { O?: string | string[]; CN?: string | string[] }): string {
  const name = issuer.O ?? issuer.CN ?? 'nobody that is named';
  return Array.isArray(name) ? name.join(', ') : name;
}

/** Whether the gateway's first frame arrives: some proxies let the handshake through and nothing after it. */
function webSocketWorks(gatewayUrl: string, trust: Trust): Promise<boolean> {
  const url = new URL(linkPath, gatewayUrl);
  url.protocol = 'wss:';
  const agent = proxyAwareAgent(trust);
  const socket = new WebSocket(url, { agent, handshakeTimeout: patienceMs, perMessageDeflate: false });
  return new Promise((resolve) => {
    const end = (works: boolean): void => {
      clearTimeout(patience);
      socket.terminate();
      agent.destroy();
      resolve(works);
    };
    const patience = setTimeout(() => end(false), patienceMs);
    socket.once('message', () => end(true));
    socket.once('close', () => end(false));
    // Terminating a socket that is still connecting is an error too.
    socket.on('error', () => end(false));
  });
}
