/**
 * How a machine shows who it is: it signs the gateway's challenge (or its wish to join) with its own key. A signature
 * rather than a TLS client certificate, because proxies that intercept TLS strip those.
 */
import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { MachineId } from '../../contract/ids.ts';
import { type JoinRequest, joinProof } from '../../contract/joining.ts';
import { linkProof } from '../../contract/link/proof.ts';

type Challenge = Parameters<typeof linkProof>[0];

/** The machine id that belongs to a public key (SPKI DER, base64url). */
export function machineIdOf(publicKey: string): MachineId {
  const digest = createHash('sha256').update(Buffer.from(publicKey, 'base64url')).digest('hex');
  return `mch_${digest.slice(0, 16)}`;
}

/**
 * Whether `signature` is this machine's answer to exactly this challenge. Off the main loop: a fleet that comes back
 * asks for it thousands of times.
 */
export async function verifyLinkProof(
  publicKey: string,
  challenge: Challenge,
  machineId: MachineId,
  signature: string,
): Promise<boolean> {
  const key = keyOf(publicKey, machineId);
  if (key === undefined) return false;
  const proof = Buffer.from(linkProof(challenge, machineId));
  return new Promise((resolve) => {
    verify(null, proof, key, Buffer.from(signature, 'base64url'), (error, isValid) => {
      resolve(error === null && isValid);
    });
  });
}

/** Whether the machine has signed this wish to join. */
export function verifyJoinProof({ publicKey, signature, ...wish }: JoinRequest): boolean {
  const key = keyOf(publicKey, wish.machineId);
  return key !== undefined && verify(null, Buffer.from(joinProof(wish)), key, Buffer.from(signature, 'base64url'));
}

/** The key of this machine; undefined when it is another's, or none that we take. */
function keyOf(publicKey: string, machineId: MachineId): KeyObject | undefined {
  if (machineIdOf(publicKey) !== machineId) return undefined;
  const der = Buffer.from(publicKey, 'base64url');
  if (der.length !== spkiHead.length + keyBytes || !der.subarray(0, spkiHead.length).equals(spkiHead)) return undefined;
  const x = der.subarray(spkiHead.length).toString('base64url');
  const { stackTraceLimit } = Error;
  try {
    // Node finds out what it was given by exceptions, four of them, whose stacks take four times as long as the key.
    Error.stackTraceLimit = 0;
    // OpenSSL takes twice as long to find its way through the DER.
    return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  } catch {
    // Not a key at all: the same answer as a wrong one.
    return undefined;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** What an Ed25519 public key begins with as SPKI DER (RFC 8410, 4), and the length of the rest. */
const spkiHead = Buffer.from('302a300506032b6570032100', 'hex');
const keyBytes = 32;
