/**
 * The blocks a client is shown, as generation events: opens and closes them, looks for stop
 * sequences in text, and leaves out the whitespace models put between blocks. Whitespace is held
 * until something follows it in the same text; before another block it is dropped.
 */
import type { Block, GenerationEvent } from '../../contract/generation/events.ts';
import { createStopMatcher } from '../output/stop-matcher.ts';
import { trailingSpaceStart } from '../output/trailing-space.ts';
import type { ParsedCall } from './tool-calls.ts';

export interface ShownBlocks {
  /** Shows text; the stop sequence, if one was reached (the block is then closed). */
  text(text: string): string | undefined;
  /** '' only opens the block. */
  thinking(text: string): void;
  call(call: ParsedCall, id: string): void;
  /** Shows what is held back and closes the open block. */
  close(): void;
  /** The events since the last call. */
  take(): GenerationEvent[];
}

export function createShownBlocks(stopSequences: readonly string[]): ShownBlocks {
  const stops = createStopMatcher(stopSequences);
  let events: GenerationEvent[] = [];
  let open: Block['kind'] | undefined;
  let heldSpace = '';

  function enter(block: Block): void {
    if (open === block.kind) return;
    leave();
    open = block.kind;
    events.push({ type: 'block-start', block });
  }

  function leave(): void {
    if (open !== undefined) events.push({ type: 'block-end' });
    open = undefined;
  }

  function say(text: string): void {
    if (text === '') return;
    const end = trailingSpaceStart(text);
    if (end > 0) {
      enter({ kind: 'text' });
      events.push({ type: 'block-delta', text: heldSpace + text.slice(0, end) });
      heldSpace = '';
    }
    heldSpace += text.slice(end);
  }

  /** The text ends, because another block or nothing follows. */
  function endText(keepSpace: boolean): void {
    say(stops.flush());
    if (keepSpace && open === 'text' && heldSpace !== '') events.push({ type: 'block-delta', text: heldSpace });
    heldSpace = '';
  }

  return {
    text(text) {
      const match = stops.push(text);
      say(match.text);
      if (match.stop !== undefined) {
        endText(true);
        leave();
      }
      return match.stop;
    },
    thinking(text) {
      endText(false);
      enter({ kind: 'thinking' });
      if (text !== '') events.push({ type: 'block-delta', text });
    },
    call({ name, inputJson }, id) {
      endText(false);
      leave();
      events.push({ type: 'block-start', block: { kind: 'tool-use', id, name } });
      events.push({ type: 'block-delta', text: inputJson });
      events.push({ type: 'block-end' });
    },
    close() {
      endText(true);
      leave();
    },
    take() {
      const taken = events;
      events = [];
      return taken;
    },
  };
}
