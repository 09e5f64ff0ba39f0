/**
 * Tokens of a prompt, guessed from its length, for servers that do not count. Learns the model's own ratio from
 * the usage of its answers; until then, text and code of Claude Code at 3.5 characters a token.
 */
export interface TokenEstimate {
  /** Of a chat body, tokens. */
  of(body: unknown): number;
  /** What the server said of a body it has read. */
  learn(body: unknown, promptTokens: number): void;
}

const firstGuess = 3.5;
/** A template's own words weigh too much in a short prompt to learn from it, characters. */
const leastChars = 400;

/** A guess may be this much too high; a prompt is refused unasked only when it would not fit even so. */
export const surely = 0.75;

export function createTokenEstimate(): TokenEstimate {
  let charsPerToken: number | undefined;
  return {
    of: (body) => Math.max(1, Math.ceil(promptChars(body) / (charsPerToken ?? firstGuess))),
    learn(body, promptTokens) {
      const chars = promptChars(body);
      if (chars < leastChars || promptTokens <= 0) return;
      const seen = Math.min(12, Math.max(0.5, chars / promptTokens));
      charsPerToken = charsPerToken === undefined ? seen : 0.8 * charsPerToken + 0.2 * seen;
    },
  };
}

/** Characters of what the model reads: messages and tools. */
function promptChars(body: unknown): number {
  const { messages, tools } = body as { readonly messages?: unknown; readonly tools?: unknown }; // ours
  return JSON.stringify(messages ?? []).length + (tools === undefined ? 0 : JSON.stringify(tools).length);
}
