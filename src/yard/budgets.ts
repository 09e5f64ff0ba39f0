/**
 * What must not become a habit: second offers, and tries after an engine's fault. Each request earns
 * a share of one; what is spent beyond that is owed, up to a bound. So a pool that is in trouble is
 * not asked for more than it was asked before.
 *
 * A try after a lost machine or a crashed engine costs nothing: the work went with it.
 */
import type { YardState } from './state.ts';

/** A request of this key has come. */
export function earn(yard: YardState, keyId: string): void {
  const { hedgeShare, retryShare } = yard.limits;
  yard.hedgesOwed = Math.max(0, yard.hedgesOwed - hedgeShare);
  const owed = yard.retriesOwed.get(keyId);
  if (owed === undefined) return;
  if (owed <= retryShare) yard.retriesOwed.delete(keyId);
  else yard.retriesOwed.set(keyId, owed - retryShare);
}

/** Takes one second offer; false when there is none to take. */
export function takeHedge(yard: YardState): boolean {
  if (yard.hedgesOwed + 1 > yard.limits.hedgesAtOnce) return false;
  yard.hedgesOwed += 1;
  return true;
}

/** Takes one retry of this key; false when there is none to take. */
export function takeRetry(yard: YardState, keyId: string): boolean {
  const owed = yard.retriesOwed.get(keyId) ?? 0;
  if (owed + 1 > yard.limits.retriesAtOnce) return false;
  yard.retriesOwed.set(keyId, owed + 1);
  return true;
}
