/**
 * Gathers the output of a ticket into link frames. Text that comes fast is sent once in each slot of
 * 10 ms: eight streams of 300 tokens a second are a tenth of the frames, and nobody reads that fast.
 * Text that comes slower than that, and whatever begins or ends something, waits only for the end of
 * this turn of the event loop, so the first token is never delayed.
 *
 *     slots      |         |         |         |
 *     tokens     a   b c      d e f              g
 *     frames     a         bc        def         g
 */
import type { GenerationEvent } from '../contract/generation/events.ts';

export interface OutputBatch {
  add(events: readonly GenerationEvent[]): void;
  /** Sends what is gathered, now. */
  flush(): void;
}

/** All tickets have the same slots, so that a gateway is woken once for those that wait. */
const slotMs = 10;

export function createOutputBatch(send: (events: GenerationEvent[]) => void, nowMs: () => number): OutputBatch {
  let gathered: GenerationEvent[] = [];
  let usedSlot = Number.NEGATIVE_INFINITY;
  let soon: NodeJS.Immediate | undefined;
  let later: NodeJS.Timeout | undefined;

  const flush = (): void => {
    clearImmediate(soon);
    clearTimeout(later);
    soon = undefined;
    later = undefined;
    if (gathered.length === 0) return;
    usedSlot = slotOf(nowMs());
    const events = gathered;
    gathered = [];
    send(events);
  };

  return {
    add(events) {
      for (const event of events) gather(gathered, event);
      if (gathered.length === 0 || soon !== undefined) return;
      const now = nowMs();
      const mayWait = gathered.every(({ type }) => type === 'block-delta' || type === 'progress');
      if (mayWait && slotOf(now) === usedSlot) later ??= setTimeout(flush, (usedSlot + 1) * slotMs - now);
      else soon = setImmediate(flush);
    },
    flush,
  };
}

const slotOf = (ms: number): number => Math.floor(ms / slotMs);

/** Text joins the text before it; progress takes the place of progress. */
function gather(gathered: GenerationEvent[], event: GenerationEvent): void {
  const last = gathered.at(-1);
  if (event.type === 'block-delta' && last?.type === 'block-delta') {
    gathered[gathered.length - 1] = { type: 'block-delta', text: last.text + event.text };
  } else if (event.type === 'progress' && last?.type === 'progress') {
    gathered[gathered.length - 1] = event;
  } else {
    gathered.push(event);
  }
}
