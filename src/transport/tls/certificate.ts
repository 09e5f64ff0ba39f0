/**
 * The gateway's own certificate, made on the first start that other machines can reach. It is signed
 * by itself: agents do not trust it for its signature but for its fingerprint, which travels in the
 * join line. So it stays as it is. A gateway that has got other names or addresses since shows one for these, made at its start
 * and signed by the first: who trusts that one, by its fingerprint or as a file, trusts this one too.
 */
import { createHash, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';

export interface Certificate {
  /** PEM, PKCS #8. */
  readonly key: string;
  /** PEM: what is shown, and the one that has signed it where that is another. */
  readonly certificate: string;
  /** SHA-256 of the one that stays (DER), lower-case hex. */
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
    const made = await makeCertificate('Metalyard gateway', names);
    // The key first: a certificate without its key would never be made again.
    writeWhole(files.key, made.private, 0o600);
    writeWhole(files.certificate, made.cert, 0o644);
  }
  const key = readFileSync(files.key, 'utf8');
  const certificate = readFileSync(files.certificate, 'utf8');
  const fingerprint = fingerprintOf(certificate);
  if (hasAll(certificate, names)) return { key, certificate, fingerprint };
  // One name more than its signer's: of two with the same one it is not told who has signed whom.
  const shown = await makeCertificate('Metalyard gateway by its present names', names, { key, cert: certificate });
  return { key: shown.private, certificate: `${shown.cert.trimEnd()}\n${certificate}`, fingerprint };
}

function hasAll(certificate: string, names: readonly string[]): boolean {
  const x509 = new X509Certificate(certificate);
  return names.every((name) => (isIP(name) === 0 ? x509.checkHost(name) : x509.checkIP(name)) !== undefined);
}

/** SHA-256 of a certificate (PEM, or DER bytes), lower-case hex. */
export function fingerprintOf(certificate: string | Buffer): string {
  return createHash('sha256').update(new X509Certificate(certificate).raw).digest('hex');
}

async function makeCertificate(
  name: string,
  names: readonly string[],
  ca?: { readonly key: string; readonly cert: string },
): Promise<{ private: string; cert: string }> {
  // Loaded only here: it takes longer than everything else at a start.
  const { generate } = await import('selfsigned');
  return generate([{ name: 'commonName', value: name }], {
    ...(ca === undefined ? {} : { ca }),
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    // Who knows it by its fingerprint may have a clock that starts at 1970, and ours may be ahead now.
    notBeforeDate: new Date(0),
    notAfterDate: new Date(Date.now() + lifetimeMs),
    extensions: [
      // Its own authority, so that clients can be told to trust exactly this one.
      { name: 'basicConstraints', cA: ca === undefined, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyCertSign: ca === undefined, critical: true },
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
