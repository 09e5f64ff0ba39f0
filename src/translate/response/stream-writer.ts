/**
 * Generation events to Anthropic's event stream (messages-api §6).
 *
 * Two things make this file more than a table. The headers may have been committed before the
 * engine knew its counts (`open`, after `limits.holdHeadersMs`): the truth about the prompt then
 * follows in `message_delta`, which always carries every count because clients overwrite with it.
 * And it is the hottest path of the gateway: a text delta costs one `JSON.stringify` of its text.
 */
import type { ApiError } from '../../contract/errors.ts';
import type { Block, GenerationEvent } from '../../contract/generation/events.ts';
import { unreachable } from '../../contract/unreachable.ts';
import { errorBody } from './error-response.ts';
import { type GenerationPhase, InvalidGeneration, nextPhase } from './event-grammar.ts';
import { type AnswerIdentity, anthropicStopReason, emptyMessage, messageUsage } from './message.ts';

export interface StreamWriterOptions extends AnswerIdentity {
  /** Named in an `error` event, so that the log line can be found. */
  readonly requestId?: string;
}

export interface StreamWriter {
  /**
   * `message_start` before the engine has spoken, with the best counts known. At most once, and
   * only before `generation-start` is written.
   */
  open(bestKnown: { readonly promptTokens: number; readonly cachedTokens: number }): string;
  /** The stream text of one event; '' where the client is told nothing. Throws `InvalidGeneration`. */
  write(event: GenerationEvent): string;
  /** Keeps a waiting client; may come anywhere before the end. '' after it. */
  ping(): string;
  /** Whether `message_start` has been written. */
  readonly opened: boolean;
  /** Whether the stream is over: close the response. */
  readonly ended: boolean;
}

const PING = 'event: ping\ndata: {"type":"ping"}\n\n';
const MESSAGE_STOP = 'event: message_stop\ndata: {"type":"message_stop"}\n\n';

export function createStreamWriter(options: StreamWriterOptions): StreamWriter {
  let phase: GenerationPhase = 'waiting';
  let opened = false;
  let index = -1;
  /** What goes before and after the JSON text of a delta in the open block. */
  let deltaHead = '';
  let deltaTail = '';
  let thinking = '';

  function messageStart(prompt: { readonly promptTokens: number; readonly cachedTokens: number }): string {
    opened = true;
    return sse('message_start', { message: emptyMessage(options, prompt) });
  }

  function blockStart(block: Block): string {
    index += 1;
    deltaHead = `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":`;
    deltaTail = '}}\n\n';
    thinking = '';
    switch (block.kind) {
      case 'text':
        deltaHead += '{"type":"text_delta","text":';
        return sse('content_block_start', { index, content_block: { type: 'text', text: '', citations: null } });
      case 'thinking':
        deltaHead += '{"type":"thinking_delta","thinking":';
        return sse('content_block_start', { index, content_block: { type: 'thinking', thinking: '', signature: '' } });
      case 'tool-use': {
        deltaHead += '{"type":"input_json_delta","partial_json":';
        const { id, name } = block;
        const content_block = { type: 'tool_use', id, name, input: {}, caller: { type: 'direct' } };
        return sse('content_block_start', { index, content_block });
      }
      default:
        return unreachable(block);
    }
  }

  function blockEnd(was: GenerationPhase): string {
    const stop = `event: content_block_stop\ndata: {"type":"content_block_stop","index":${index}}\n\n`;
    if (was !== 'thinking') return stop;
    const delta = { type: 'signature_delta', signature: options.signThinking(thinking) };
    return sse('content_block_delta', { index, delta }) + stop;
  }

  return {
    open(bestKnown) {
      if (opened || phase !== 'waiting') throw new InvalidGeneration('the stream is open already');
      return messageStart(bestKnown);
    },
    write(event) {
      const was = phase;
      phase = nextPhase(was, event);
      switch (event.type) {
        case 'block-delta':
          if (was === 'thinking') thinking += event.text;
          return deltaHead + JSON.stringify(event.text) + deltaTail;
        case 'progress':
          return '';
        case 'generation-start':
          return opened ? '' : messageStart(event);
        case 'block-start':
          return blockStart(event.block);
        case 'block-end':
          return blockEnd(was);
        case 'generation-end': {
          const delta = {
            stop_reason: anthropicStopReason(event.stopReason),
            stop_sequence: event.stopSequence,
            stop_details: null,
            container: null,
          };
          return sse('message_delta', { delta, usage: messageUsage(event.usage) }) + MESSAGE_STOP;
        }
        case 'generation-error':
          return errorEvent(event.error, options.requestId);
        default:
          return unreachable(event);
      }
    },
    ping: () => (phase === 'ended' ? '' : PING),
    get opened() {
      return opened;
    },
    get ended() {
      return phase === 'ended';
    },
  };
}

/** One event: the name stands twice, because some clients read the line and some the JSON. */
function sse(type: string, fields: Readonly<Record<string, unknown>>): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}

function errorEvent(error: ApiError, requestId: string | undefined): string {
  return `event: error\ndata: ${JSON.stringify(errorBody(error, requestId))}\n\n`;
}
