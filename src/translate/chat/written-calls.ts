/**
 * Gathers the pieces of tool calls. A call is whole when another begins or the answer ends: servers send a call in
 * many deltas, in one, or all calls in one chunk, and give the same index twice (Ollama) or none.
 */
import type { CallPart } from '../output/output-parser.ts';
import type { ChatPart } from './read-chunk.ts';

export interface WrittenCalls {
  /** The calls that are whole by this piece. */
  push(piece: Extract<ChatPart, { type: 'call' }>): readonly CallPart[];
  end(): readonly CallPart[];
}

export function createWrittenCalls(): WrittenCalls {
  let open: { readonly index: number; readonly name: string; json: string } | undefined;

  function close(): CallPart[] {
    if (open === undefined) return [];
    const { name, json } = open;
    open = undefined;
    // No arguments at all is how some write none.
    const given = json.trim() === '' ? '{}' : json;
    return [{ type: 'tool-call', call: { name, json: given }, raw: `${name} ${given}`, start: 0, follows: false }];
  }

  return {
    push({ index, name, json }) {
      if (open !== undefined && open.index === index && !(name !== undefined && isWhole(open.json))) {
        open.json += json;
        return [];
      }
      const done = close();
      open = { index, name: name ?? '', json };
      return done;
    },
    end: close,
  };
}

function isWhole(json: string): boolean {
  try {
    JSON.parse(json);
    return true;
  } catch {
    return false;
  }
}
