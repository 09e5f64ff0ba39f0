/**
 * When a client that was turned away should come back. Capped, because SDKs obey any figure; spread by
 * a fifth either way, so that those refused together do not return together. The spread comes from the
 * request's id: the same request gets the same advice, and the yard needs no chance of its own.
 */
import { limits } from '../../contract/limits.ts';

const spread = 0.2;
const leastMs = 1_000;

/** `wishMs`: when there will be room, as far as that is known. Between 0.8 s and `retryAfterCapMs`. */
export function retryAfterMs(wishMs: number, requestId: string): number {
  const mostMs = limits.retryAfterCapMs / (1 + spread);
  const middle = Math.min(Math.max(wishMs, leastMs), mostMs);
  return Math.round(middle * (1 - spread + 2 * spread * fraction(requestId)));
}

/** FNV-1a of the text as a number from 0 to 1. */
function fraction(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  // The low bits of neighbouring ids are alike: mixed once more.
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return ((hash ^ (hash >>> 13)) >>> 0) / 0x1_0000_0000;
}
