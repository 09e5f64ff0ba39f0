/**
 * How fast an engine writes: measured at the answers it gives anyway, so that nothing is generated for the
 * measurement's sake. Only answers that can be compared count: alone in the engine from the first token to
 * the last, after a short prompt (attention over a long one costs speed by itself), without a grammar.
 */
import type { RawEngine, RawEvent } from '../contract/engine/raw.ts';

/** Tokens after the first: fewer say more about the timer than about the engine. */
const fewestTokens = 16;
const longestPromptTokens = 4_096;

/** The same engine; `onDecode` hears tokens per second of every answer that can be compared. */
export function timedEngine(
  engine: RawEngine,
  nowMs: () => number,
  onDecode: (tokensPerSecond: number) => void,
): RawEngine {
  let running = 0;
  /** Rises with every start: two equal readings say that nothing began between them. */
  let starts = 0;
  return {
    model: engine.model,
    closed: engine.closed,
    tokenize: (segments, signal, purpose) => engine.tokenize(segments, signal, purpose),
    close: () => engine.close(),
    async *generate(request, signal, hold): AsyncGenerator<RawEvent, void> {
      running += 1;
      starts += 1;
      const mine = starts;
      let isAlone = running === 1 && request.grammar === undefined;
      // How long it stood still tells nothing of the engine.
      const forgetHold = hold?.onChange(() => {
        isAlone = false;
      });
      let isShort = false;
      let firstMs: number | undefined;
      let lastMs = 0;
      /** After the first piece. */
      let tokens = 0;
      try {
        for await (const event of engine.generate(request, signal, hold)) {
          if (event.type === 'start') isShort = event.promptTokens <= longestPromptTokens;
          else if (event.type === 'piece') {
            lastMs = nowMs();
            if (firstMs === undefined) firstMs = lastMs;
            else tokens += event.tokens.length;
          }
          yield event;
        }
      } finally {
        forgetHold?.();
        running -= 1;
        const tookMs = lastMs - (firstMs ?? lastMs);
        if (isAlone && isShort && starts === mine && tokens >= fewestTokens && tookMs > 0)
          onDecode((tokens * 1000) / tookMs);
      }
    },
  };
}
