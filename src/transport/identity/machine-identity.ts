/** A machine's own Ed25519 key, made on first use and never sent anywhere. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
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

/** Reads the key file (PKCS #8 PEM, mode 0600), or makes it. */
export function loadMachineIdentity(file: string): MachineIdentity {
  let key: KeyObject;
  try {
    key = createPrivateKey(readOrMakeKey(file));
  } catch (cause) {
    throw new Error(
      `The machine key ${file} cannot be read (${cause instanceof Error ? cause.message : String(cause)}). ` +
        'Restore it from a copy, or remove it: the machine then gets a new identity.',
      { cause },
    );
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

function readOrMakeKey(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const made = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    writeFileSync(file, made, { mode: 0o600, flag: 'wx', flush: true });
    return made;
  } catch (error) {
    // Another process made it first: that one counts.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return readFileSync(file, 'utf8');
    throw error;
  }
}
