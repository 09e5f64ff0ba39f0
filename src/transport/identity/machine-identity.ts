/** A machine's own Ed25519 key, made on first use and never sent anywhere. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { MachineId } from '../../contract/ids.ts';
import { joinProof } from '../../contract/joining.ts';
import { linkProof } from '../../contract/link/proof.ts';
import { machineIdOf } from './link-proof.ts';

export interface MachineIdentity {
  readonly machineId: MachineId;
  /** SPKI DER, base64url. */
  readonly publicKey: string;
  /** Answers a gateway's challenge; base64url. */
  signLinkProof(challenge: Parameters<typeof linkProof>[0]): string;
  /** Signs the wish to join a gateway; base64url. */
  signJoinProof(wish: { readonly token: string; readonly name: string }): string;
}

/** Reads the key file (PKCS #8 PEM, mode 0600), or makes it. Throws an Error that says what to do. */
export function loadMachineIdentity(file: string): MachineIdentity {
  const text = readKey(file) ?? makeKey(file);
  let key: KeyObject;
  try {
    key = createPrivateKey(text);
  } catch (cause) {
    throw unreadable(file, cause);
  }
  return machineIdentity(key);
}

/** `key`: the machine's private Ed25519 key. */
export function machineIdentity(key: KeyObject): MachineIdentity {
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' }).toString('base64url');
  const machineId = machineIdOf(publicKey);
  const signed = (text: string): string => sign(null, Buffer.from(text), key).toString('base64url');
  return {
    machineId,
    publicKey,
    signLinkProof: (challenge) => signed(linkProof(challenge, machineId)),
    signJoinProof: (wish) => signed(joinProof({ ...wish, machineId })),
  };
}

/**
 * Undefined where there is none yet. One that everybody may read is refused: whoever has it is this machine. A group may,
 * because Kubernetes lets one into every file of a volume.
 */
function readKey(file: string): string | undefined {
  try {
    const everybody = statSync(file).mode & 0o007;
    // Windows knows no such modes.
    if (everybody !== 0 && process.platform !== 'win32') {
      throw new Error(
        `The machine key ${file} can be read or changed by every user of this computer. If nobody has: chmod 600 ${file}. ` +
          'Otherwise remove it: the machine then gets a new identity.',
      );
    }
    const text = readFileSync(file, 'utf8');
    // Of an older version that was stopped while it made it: nobody has been told of it.
    return text === '' ? undefined : text;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw code === undefined ? error : unreadable(file, error);
  }
}

/** Whole or not at all, and once: of two processes that begin at the same time both get the key of the first. */
function makeKey(file: string): string {
  const made = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  const unfinished = `${file}.${process.pid}.new`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(unfinished, made, { mode: 0o600, flush: true });
    if (existsSync(file) && statSync(file).size === 0) rmSync(file);
    putInPlace(unfinished, file);
    return made;
  } catch (cause) {
    const first = (cause as NodeJS.ErrnoException).code === 'EEXIST' ? readKey(file) : undefined;
    if (first !== undefined) return first;
    throw new Error(
      `The machine key ${file} cannot be made (${messageOf(cause)}). Make room there or let this user write there, and start again.`,
      { cause },
    );
  } finally {
    rmSync(unfinished, { force: true });
  }
}

function putInPlace(unfinished: string, file: string): void {
  try {
    linkSync(unfinished, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error;
    // A file system without links.
    renameSync(unfinished, file);
  }
}

function unreadable(file: string, cause: unknown): Error {
  return new Error(
    `The machine key ${file} cannot be read (${messageOf(cause)}). ` +
      'Restore it from a copy, or remove it: the machine then gets a new identity.',
    { cause },
  );
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
