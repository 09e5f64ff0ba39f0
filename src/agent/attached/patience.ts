/**
 * How long a silent server is waited for. A server that tells no progress may read a prompt for minutes; the yard
 * gives up after 30 s without a word, so the agent, which knows how fast the server has been, vouches for it until
 * its own patience ends: what it predicts, four times over, and a minute.
 */

export interface Patience {
  /** Learns from an answer: prompt tokens that had to be read, and the time to the first word, ms. */
  learn(readTokens: number, elapsedMs: number): void;
  /** The longest wait for the first word of an answer to a prompt of so many tokens, ms. */
  firstWordMs(promptTokens: number): number;
}

/** Nothing is known yet: a laptop's processor with a large model, tokens per second. */
const slowTokensPerSecond = 50;
const graceMs = 60_000;
const times = 4;
/** Fewer tokens say more about the network than about reading. */
const leastTokens = 200;

export function createPatience(): Patience {
  let tokensPerSecond: number | undefined;
  return {
    learn(readTokens, elapsedMs) {
      if (readTokens < leastTokens || elapsedMs <= 0) return;
      const seen = (readTokens * 1000) / elapsedMs;
      // The slower of what was seen last and what was known, mostly: a busy server is no dead one.
      tokensPerSecond = tokensPerSecond === undefined ? seen : 0.7 * Math.min(tokensPerSecond, seen) + 0.3 * seen;
    },
    firstWordMs: (promptTokens) =>
      graceMs + times * Math.ceil((promptTokens * 1000) / (tokensPerSecond ?? slowTokensPerSecond)),
  };
}

/**
 * Silence in mid-answer is normal where a server writes a tool call only when it is whole: 8,000 tokens at
 * 25 per second. Elsewhere the yard's own deadline counts, ms.
 */
export const wholeCallMs = 320_000;
