/** Below this size the work per token is so short that threads mostly wait for each other. */
export const tinyModelBytes = 50_000_000;
/** More tokens than any decode batch has (one per slot): somebody is reading a prompt. */
const promptBatchTokens = 16;

/**
 * Threads for one batch. Measured on 2 cores with the shipped 3 MB model: decode 1,596 tokens/s with
 * one thread against 168 with two, a 7,000-token prompt 1,440 against 2,650. Large models gain in both.
 */
export function batchThreads(batchTokens: number, modelBytes: number, threads: number): number {
  return modelBytes < tinyModelBytes && batchTokens <= promptBatchTokens ? 1 : threads;
}
