/**
 * How an agent knows its gateway. Pinned: the gateway's own certificate, whose fingerprint came with
 * the join line. Otherwise by the authorities of this system and those of `--ca-file`, as where a
 * company's proxy opens TLS. A certificate is never accepted unseen.
 */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { type ConnectionOptions, type DetailedPeerCertificate, getCACertificates, type TLSSocket } from 'node:tls';
import { fingerprintOf } from './certificate.ts';

export interface Trust {
  /** PEM of the gateway's own certificate, once it was seen to have the fingerprint of the join line. */
  readonly pinned?: string;
  /** More authorities, PEM. */
  readonly authorities?: string;
}

/** How long a proxy and a gateway may take to show a certificate, ms. */
const lookMs = 15_000;

export function tlsOptions({ pinned, authorities }: Trust): Pick<ConnectionOptions, 'ca' | 'checkServerIdentity'> {
  // Whoever has the pinned key is the gateway, by whatever name it was reached.
  if (pinned !== undefined) return { ca: [pinned], checkServerIdentity: () => undefined };
  return {
    ca: [
      ...getCACertificates('default'),
      ...getCACertificates('system'),
      ...(authorities === undefined ? [] : [authorities]),
    ],
  };
}

/** An agent for `https` and `wss` that goes through the proxy of the environment (HTTPS_PROXY, NO_PROXY). */
export function proxyAwareAgent(trust: Trust, { keepAlive = false } = {}): Agent {
  return new Agent({ ...tlsOptions(trust), keepAlive, proxyEnv: process.env, autoSelectFamilyAttemptTimeout: 2_000 });
}

/** Reads `--ca-file`; throws with the file's name. */
export function readAuthorities(file: string): string {
  const text = readFileSync(file, 'utf8');
  if (!text.includes('-----BEGIN CERTIFICATE-----')) throw new Error(`${file} holds no certificate (PEM).`);
  return text;
}

export class PinMismatch extends Error {
  override readonly name = 'PinMismatch';
}

/**
 * The certificate that a gateway shows, if it has this fingerprint. The only connection that accepts
 * what it does not know: nothing is sent over it but a HEAD request without credentials.
 */
export function pinnedCertificate(gatewayUrl: string, pin: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const agent = new Agent({ proxyEnv: process.env, autoSelectFamilyAttemptTimeout: 2_000 });
    const asking = request(new URL('/', gatewayUrl), { method: 'HEAD', agent, rejectUnauthorized: false });
    asking.setTimeout(lookMs, () => asking.destroy(new Error(`nothing answered within ${lookMs / 1000} s`)));
    asking.on('error', reject);
    asking.on('response', (response) => {
      // An https request has a TLS socket.
      const socket = response.socket as TLSSocket;
      const seen = fingerprintOf(socket.getPeerCertificate().raw);
      const known = shownWith(socket, pin.toLowerCase().replaceAll(':', ''));
      response.destroy();
      agent.destroy();
      if (known !== null) return resolve(pemOf(known));
      reject(
        new PinMismatch(
          `The certificate at ${gatewayUrl} has the fingerprint ${seen}, not the one of the join line: ` +
            'it is another gateway, or something between opens TLS.',
        ),
      );
    });
    asking.end();
  });
}

/**
 * The certificate with this fingerprint (DER), if it is the one that the other end shows, or has signed that one; null otherwise. For
 * connections that accept what they do not know.
 */
export function shownWith(socket: TLSSocket, fingerprint: string): Buffer | null {
  const { raw, issuerCertificate } = socket.getPeerCertificate(true);
  if (fingerprintOf(raw) === fingerprint) return raw;
  // Absent where it was not sent.
  const signer = (issuerCertificate as DetailedPeerCertificate | undefined)?.raw;
  if (signer === undefined || fingerprintOf(signer) !== fingerprint) return null;
  const issuer = new X509Certificate(signer);
  // Anybody may send it along.
  return new X509Certificate(raw).verify(issuer.publicKey) ? signer : null;
}

function pemOf(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
