/** Claude Code's prompts: 49 KB of body are about 11,000 tokens (o200k). */
const usualBytesPerToken = 4.4;

/**
 * Tokens of a request, guessed from the bytes of its body; for filtering only, the agent counts
 * exactly. `bytesPerToken` is what was learned for the model, when something was.
 */
export function estimateTokens(bytes: number, bytesPerToken: number = usualBytesPerToken): number {
  return Math.ceil(bytes / bytesPerToken);
}
