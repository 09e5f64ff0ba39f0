/**
 * The grammar of generation events, as a check every event of an answer passes:
 *
 *     progress* generation-start (block-start block-delta* block-end)* generation-end
 *
 * `progress` may come anywhere, `generation-error` may take the place of anything, and nothing
 * follows a terminal event. A tool-use block holds one delta at most: the whole input, a JSON object.
 *
 * A violation is a bug of the sender, so it throws. The client is then told with an `error` event:
 * a wrong stream is worse than a failed one (Claude Code, for one, loses the whole turn over a
 * missing `content_block_stop`).
 */
import type { GenerationEvent } from '../../contract/generation/events.ts';
import { unreachable } from '../../contract/unreachable.ts';

/** An event came where the grammar allows none. The message never holds the event's text. */
export class InvalidGeneration extends Error {
  override readonly name = 'InvalidGeneration';
}

/** Where in an answer we are. */
export type GenerationPhase =
  | 'waiting'
  | 'between-blocks'
  | 'text'
  | 'thinking'
  | 'tool-use'
  | 'tool-use-written'
  | 'ended';

/** The phase after `event`, or `InvalidGeneration`. */
export function nextPhase(phase: GenerationPhase, event: GenerationEvent): GenerationPhase {
  if (phase === 'ended') throw violation(phase, event);
  switch (event.type) {
    case 'progress':
      return phase;
    case 'generation-start':
      if (phase !== 'waiting') throw violation(phase, event);
      return 'between-blocks';
    case 'block-start':
      if (phase !== 'between-blocks') throw violation(phase, event);
      return event.block.kind;
    case 'block-delta':
      if (phase === 'text' || phase === 'thinking') return phase;
      if (phase !== 'tool-use') throw violation(phase, event);
      if (!isJsonObject(event.text)) throw new InvalidGeneration('the input of a tool call is not a JSON object');
      return 'tool-use-written';
    case 'block-end':
      if (phase === 'waiting' || phase === 'between-blocks') throw violation(phase, event);
      return 'between-blocks';
    case 'generation-end':
      if (phase !== 'between-blocks') throw violation(phase, event);
      return 'ended';
    case 'generation-error':
      return 'ended';
    default:
      return unreachable(event);
  }
}

/** The phase after an event, or null where the grammar allows none such. */
export function phaseAfter(phase: GenerationPhase, event: GenerationEvent): GenerationPhase | null {
  try {
    return nextPhase(phase, event);
  } catch (error) {
    if (error instanceof InvalidGeneration) return null;
    throw error;
  }
}

const violation = (phase: GenerationPhase, event: GenerationEvent): InvalidGeneration =>
  new InvalidGeneration(`"${event.type}" may not come in phase "${phase}"`);

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
