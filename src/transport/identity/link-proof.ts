/**
 * How a machine shows who it is: it signs the gateway's challenge (or its wish to join) with its own key. A signature
 * rather than a TLS client certificate, because proxies that intercept TLS strip those.
 */
import { createHash, createPublicKey, verify } from 'node:crypto';
import type { MachineId } from '../../contract/ids.ts';
import { type JoinRequest, joinProof } from '../../contract/joining.ts';
import { linkProof } from '../../contract/link/messages.ts';

type Challenge = Parameters<typeof linkProof>[0];

/** The machine id that belongs to a public key (SPKI DER, base64url). */
export function machineIdOf(publicKey: string): MachineId {
  const digest = createHash('sha256').update(Buffer.from(publicKey, 'base64url')).digest('hex');
  return `mch_${digest.slice(0, 16)}`;
}

/** Whether `signature` is this machine's answer to exactly this challenge. */
export function verifyLinkProof(
  publicKey: string,
  challenge: Challenge,
  machineId: MachineId,
  signature: string,
): boolean {
  return verifyProof(publicKey, machineId, linkProof(challenge, machineId), signature);
}

/** Whether the machine has signed this wish to join. */
export function verifyJoinProof({ publicKey, signature, ...wish }: JoinRequest): boolean {
  return verifyProof(publicKey, wish.machineId, joinProof(wish), signature);
}

function verifyProof(publicKey: string, machineId: MachineId, proof: string, signature: string): boolean {
  if (machineIdOf(publicKey) !== machineId) return false;
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey, 'base64url'), format: 'der', type: 'spki' });
    if (key.asymmetricKeyType !== 'ed25519') return false;
    return verify(null, Buffer.from(proof), key, Buffer.from(signature, 'base64url'));
  } catch {
    // Not a key at all: the same answer as a wrong one.
    return false;
  }
}
