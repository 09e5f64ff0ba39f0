/**
 * Stop sequences across piece borders.
 *
 * Fed with the text of text blocks only. Anthropic's stop sequences end the *answer's text*: a stop
 * of `}` is asked for by clients that read JSON out of text, and must not cut a tool call's
 * arguments in half; one of `\n\n` must not end reasoning the client may not even see. So it sits
 * behind the parser, and the engine is given no stops at all.
 */
export interface StopMatch {
  /** Text that is safe to show. */
  readonly text: string;
  /** The sequence that ended the text, once one was found. */
  readonly stop: string | undefined;
}

export interface StopMatcher {
  push(text: string): StopMatch;
  /** The block ends here: what was held back cannot become a match any more. */
  flush(): string;
}

/**
 * The match that is complete first wins, as if the text came character by character: that alone
 * does not depend on where pieces are cut. Of two that end together, the longer. Holds back at most
 * one character less than the longest sequence.
 */
export function createStopMatcher(sequences: readonly string[]): StopMatcher {
  const stops = sequences.filter((sequence) => sequence !== '');
  let held = '';

  /** Length of the longest tail of `text` that begins a sequence. */
  function openTail(text: string): number {
    let longest = 0;
    for (const stop of stops) {
      for (let length = Math.min(stop.length - 1, text.length); length > longest; length--) {
        if (text.endsWith(stop.slice(0, length))) {
          longest = length;
          break;
        }
      }
    }
    return longest;
  }

  return {
    push(text) {
      if (stops.length === 0) return { text, stop: undefined };
      const whole = held + text;
      let found: { at: number; end: number; stop: string } | undefined;
      for (const stop of stops) {
        const at = whole.indexOf(stop);
        if (at === -1) continue;
        const end = at + stop.length;
        if (found === undefined || end < found.end || (end === found.end && at < found.at)) found = { at, end, stop };
      }
      if (found !== undefined) {
        held = '';
        return { text: whole.slice(0, found.at), stop: found.stop };
      }
      const keep = openTail(whole);
      held = whole.slice(whole.length - keep);
      return { text: whole.slice(0, whole.length - keep), stop: undefined };
    },
    flush() {
      const rest = held;
      held = '';
      return rest;
    },
  };
}
