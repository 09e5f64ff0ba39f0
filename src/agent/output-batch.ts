/**
 * Gathers what one turn of the event loop produced into one link frame. Nothing waits for a timer,
 * so the first token is never delayed; under load many small deltas become few larger ones.
 */
import type { GenerationEvent } from '../contract/generation/events.ts';

export interface OutputBatch {
  add(events: readonly GenerationEvent[]): void;
  /** Sends what is gathered, now. */
  flush(): void;
}

export function createOutputBatch(send: (events: GenerationEvent[]) => void): OutputBatch {
  let gathered: GenerationEvent[] = [];
  let scheduled: NodeJS.Immediate | undefined;

  const flush = (): void => {
    clearImmediate(scheduled);
    scheduled = undefined;
    if (gathered.length === 0) return;
    const events = gathered;
    gathered = [];
    send(events);
  };

  return {
    add(events) {
      for (const event of events) {
        const last = gathered.at(-1);
        if (event.type === 'block-delta' && last?.type === 'block-delta') {
          gathered[gathered.length - 1] = { type: 'block-delta', text: last.text + event.text };
        } else if (event.type === 'progress' && last?.type === 'progress') {
          gathered[gathered.length - 1] = event;
        } else {
          gathered.push(event);
        }
      }
      if (gathered.length > 0) scheduled ??= setImmediate(flush);
    },
    flush,
  };
}
