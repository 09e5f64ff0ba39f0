/**
 * How many of those that are turned away may be asked to come back. Clients retry as often as they are
 * let: under ten times the load a pool can carry that would make it thirty times. So each key has
 * invitations, which its requests earn and time refills; when they are spent, a refusal says `overloaded`,
 * which clients do not retry. A person whose agents are turned away now and then never gets there.
 */
import type { YardState } from '../state.ts';

/** What a key has left, and since when that was so. */
export interface Invitations {
  left: number;
  atMs: number;
}

/** A request of this key has come. */
export function earnInvitation(yard: YardState, keyId: string): void {
  const invitations = refilled(yard, keyId);
  invitations.left = Math.min(yard.limits.invitationsAtOnce, invitations.left + yard.limits.invitationShare);
}

/** Takes one; false when there is none. */
export function takeInvitation(yard: YardState, keyId: string): boolean {
  const invitations = refilled(yard, keyId);
  if (invitations.left < 1) return false;
  invitations.left -= 1;
  return true;
}

function refilled(yard: YardState, keyId: string): Invitations {
  const { invitationsAtOnce, invitationsPerSecond } = yard.limits;
  const known = yard.invitations.get(keyId);
  if (known === undefined) {
    forgetFull(yard);
    const full = { left: invitationsAtOnce, atMs: yard.nowMs };
    yard.invitations.set(keyId, full);
    return full;
  }
  const sinceMs = yard.nowMs - known.atMs;
  known.left = Math.min(invitationsAtOnce, known.left + (sinceMs / 1_000) * invitationsPerSecond);
  known.atMs = yard.nowMs;
  return known;
}

/** Keys that have all their invitations again are as if they had never come: two of the oldest are looked at for each that comes. */
function forgetFull({ invitations, limits, nowMs }: YardState): void {
  let looked = 0;
  for (const [keyId, { left, atMs }] of invitations) {
    if (looked === 2) return;
    looked += 1;
    invitations.delete(keyId);
    const isFull = left + ((nowMs - atMs) / 1_000) * limits.invitationsPerSecond >= limits.invitationsAtOnce;
    // Put behind the others, so that the next ones are looked at.
    if (!isFull) invitations.set(keyId, { left, atMs });
  }
}
