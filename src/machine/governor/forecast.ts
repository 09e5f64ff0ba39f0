/**
 * What the KV caches of running and coming requests will still take. Pure.
 *
 * An engine that takes its whole KV cache when it loads (llama.cpp) grows no further, and admission
 * is a question of free slots. One whose cache grows with every token (MLX servers) can be within its
 * budget now and over it in a minute: there every slot counts with the tokens it may still write.
 */

export interface SlotUse {
  /** Tokens in the cache now: prompt read so far plus output. */
  readonly heldTokens: number;
  /** Tokens it may come to hold: prompt plus `max_tokens`. */
  readonly finalTokens: number;
}

export interface KvForecast {
  readonly kvBytesPerToken: number;
  readonly running: readonly SlotUse[];
}

/** Bytes that running requests may still take. */
export function growthBytes(forecast: KvForecast): number {
  const tokens = forecast.running.reduce((sum, slot) => sum + Math.max(0, slot.finalTokens - slot.heldTokens), 0);
  return tokens * forecast.kvBytesPerToken;
}

export type Admission =
  | { readonly ok: true }
  | { readonly ok: false; readonly neededBytes: number; readonly leftBytes: number };

/**
 * May one more request of `finalTokens` run beside those that are running?
 * @param leftBytes what the budget leaves now, beyond what is already held
 */
export function admitRequest(forecast: KvForecast, finalTokens: number, leftBytes: number): Admission {
  const neededBytes = finalTokens * forecast.kvBytesPerToken;
  const left = leftBytes - growthBytes(forecast);
  return neededBytes <= left ? { ok: true } : { ok: false, neededBytes, leftBytes: Math.max(0, left) };
}
