/** A certificate authority of somebody's company: trusted by those who are told, and by nobody else. */
import { generate } from 'selfsigned';
import type { Certificate } from '../../src/transport/tls/certificate.ts';

export interface Authority {
  /** Its own certificate, PEM. */
  readonly certificate: string;
  /** A certificate for this host name or these names, signed by it. */
  issue(...hosts: readonly string[]): Promise<Pick<Certificate, 'key' | 'certificate'>>;
}

const usual = { keyType: 'ec', curve: 'P-256', algorithm: 'sha256' } as const;
/** A clock that is a little behind does not matter. */
const lifetime = (): { notBeforeDate: Date; notAfterDate: Date } => ({
  notBeforeDate: new Date(Date.now() - 86_400_000),
  notAfterDate: new Date(Date.now() + 86_400_000),
});

export async function certificateAuthority(): Promise<Authority> {
  const own = await generate([{ name: 'commonName', value: 'Authority of the test' }], {
    ...usual,
    ...lifetime(),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  return {
    certificate: own.cert,
    async issue(...hosts) {
      const made = await generate([{ name: 'commonName', value: hosts[0] ?? '' }], {
        ...usual,
        ...lifetime(),
        ca: { key: own.private, cert: own.cert },
        extensions: [
          { name: 'basicConstraints', cA: false },
          { name: 'keyUsage', digitalSignature: true },
          { name: 'extKeyUsage', serverAuth: true },
          { name: 'subjectAltName', altNames: hosts.map((value) => ({ type: 2 as const, value })) },
        ],
      });
      return { key: made.private, certificate: made.cert };
    },
  };
}
