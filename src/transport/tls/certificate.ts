/**
 * The gateway's own certificate, made on the first start that other machines can reach. It is signed
 * by itself: agents do not trust it for its signature but for its fingerprint, which travels in the
 * join line.
 */
import { createHash, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';

export interface Certificate {
  /** PEM, PKCS #8. */
  readonly key: string;
  /** PEM. */
  readonly certificate: string;
  /** SHA-256 of the certificate (DER), lower-case hex. */
  readonly fingerprint: string;
}

/** Ten years: nobody renews what is pinned. */
const lifetimeMs = 10 * 365 * 86_400_000;

/** Reads the two files, or makes them (the key with mode 0600). `names`: host names and addresses it is for. */
export async function loadCertificate(
  files: { readonly key: string; readonly certificate: string },
  names: readonly string[],
): Promise<Certificate> {
  if (!existsSync(files.key) || !existsSync(files.certificate)) {
    const made = await makeCertificate(names);
    // The key first: a certificate without its key would never be made again.
    writeWhole(files.key, made.private, 0o600);
    writeWhole(files.certificate, made.cert, 0o644);
  }
  const certificate = readFileSync(files.certificate, 'utf8');
  return { key: readFileSync(files.key, 'utf8'), certificate, fingerprint: fingerprintOf(certificate) };
}

/** SHA-256 of a certificate (PEM, or DER bytes), lower-case hex. */
export function fingerprintOf(certificate: string | Buffer): string {
  return createHash('sha256').update(new X509Certificate(certificate).raw).digest('hex');
}

async function makeCertificate(names: readonly string[]): Promise<{ private: string; cert: string }> {
  // Loaded only here: it takes longer than everything else at a start.
  const { generate } = await import('selfsigned');
  return generate([{ name: 'commonName', value: 'Metalyard gateway' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    // Who knows it by its fingerprint may have a clock that starts at 1970, and ours may be ahead now.
    notBeforeDate: new Date(0),
    notAfterDate: new Date(Date.now() + lifetimeMs),
    extensions: [
      // Its own authority, so that clients can be told to trust exactly this one.
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyCertSign: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: names.map((name) => (isIP(name) === 0 ? { type: 2, value: name } : { type: 7, ip: name })),
      },
    ],
  });
}

function writeWhole(file: string, text: string, mode: number): void {
  writeFileSync(`${file}.new`, text, { mode, flush: true });
  renameSync(`${file}.new`, file);
}
