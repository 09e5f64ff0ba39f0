/**
 * Generation events to one message: what a client that does not stream is answered. The stream
 * writer and this fold say the same thing; a property test holds them together.
 */
import type { Message, OutputBlock } from '../../contract/anthropic/response.ts';
import type { ApiError } from '../../contract/errors.ts';
import type { Block, GenerationEvent } from '../../contract/generation/events.ts';
import { unreachable } from '../../contract/unreachable.ts';
import { type GenerationPhase, nextPhase } from './event-grammar.ts';
import { type AnswerIdentity, editReport, emptyMessage, messageStopReason, messageUsage } from './message.ts';

/** How an answer ended for a client that waits for all of it. */
export type FoldResult =
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'error'; readonly error: ApiError };

export interface MessageFold {
  /** Takes the next event; the result once it was the last one. Throws `InvalidGeneration`. */
  push(event: GenerationEvent): FoldResult | undefined;
}

export function createMessageFold(identity: AnswerIdentity): MessageFold {
  let phase: GenerationPhase = 'waiting';
  const content: OutputBlock[] = [];
  let open: Block | undefined;
  let text = '';

  return {
    push(event) {
      phase = nextPhase(phase, event);
      switch (event.type) {
        case 'progress':
        case 'generation-start':
          return undefined;
        case 'block-start':
          open = event.block;
          text = '';
          return undefined;
        case 'block-delta':
          text += event.text;
          return undefined;
        case 'block-end':
          // The grammar has just established that a block is open.
          content.push(foldBlock(open as Block, text.toWellFormed(), identity));
          return undefined;
        case 'generation-end': {
          const message = {
            ...emptyMessage(identity, event.usage),
            content,
            stop_reason: messageStopReason(event.stopReason),
            stop_sequence: event.stopSequence,
            usage: messageUsage(event.usage),
            ...editReport(identity),
          };
          return { kind: 'message', message };
        }
        case 'generation-error':
          return { kind: 'error', error: event.error };
        default:
          return unreachable(event);
      }
    },
  };
}

function foldBlock(block: Block, text: string, identity: AnswerIdentity): OutputBlock {
  switch (block.kind) {
    case 'text':
      return { type: 'text', text };
    case 'thinking':
      return { type: 'thinking', thinking: text, signature: identity.signThinking(text) };
    case 'tool-use': {
      // The grammar has established that it is a JSON object; no delta means no arguments.
      const input = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
      return { type: 'tool_use', id: block.id, name: block.name, input, caller: { type: 'direct' } };
    }
    default:
      return unreachable(block);
  }
}
