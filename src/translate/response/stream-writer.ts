/**
 * Generation events to Anthropic's event stream (messages-api §6).
 *
 * Two things make this file more than a table. The headers may have been committed before the
 * engine knew its counts (`open`, after `limits.holdHeadersMs`): the truth about the prompt then
 * follows in `message_delta`, which always carries every count because clients overwrite with it.
 * And it is the hottest path of the gateway: a text delta costs one `JSON.stringify` of its text.
 */
import type { OutputBlock } from '../../contract/anthropic/response.ts';
import type { StreamEvent } from '../../contract/anthropic/stream.ts';
import type { Block, GenerationEvent } from '../../contract/generation/events.ts';
import { unreachable } from '../../contract/unreachable.ts';
import { errorBody } from './error-response.ts';
import { type GenerationPhase, InvalidGeneration, nextPhase } from './event-grammar.ts';
import {
  type AnswerIdentity,
  deltaUsage,
  editReport,
  emptyMessage,
  messageStopReason,
  type PromptCounts,
} from './message.ts';

export interface StreamWriterOptions extends AnswerIdentity {
  /** Named in an `error` event, so that the log line can be found. */
  readonly requestId: string;
}

export interface StreamWriter {
  /**
   * `message_start` before the engine has spoken, with the best counts known. At most once, and
   * only before `generation-start` is written.
   */
  open(bestKnown: PromptCounts): string;
  /**
   * The stream text of one event; '' where the client is told nothing. Throws `InvalidGeneration`. `comment`: a line that
   * goes before `message_stop`; clients skip it.
   */
  write(event: GenerationEvent, comment?: string): string;
  /** Keeps a waiting client; may come anywhere before the end. '' after it. */
  ping(): string;
  /** Whether `message_start` has been written. */
  readonly opened: boolean;
  /** Whether the stream is over: close the response. */
  readonly ended: boolean;
}

const PING = 'event: ping\ndata: {"type":"ping"}\n\n';
const MESSAGE_STOP = 'event: message_stop\ndata: {"type":"message_stop"}\n\n';
const DELTA_TAIL = '}}\n\n';

export function createStreamWriter(options: StreamWriterOptions): StreamWriter {
  let phase: GenerationPhase = 'waiting';
  let opened = false;
  let index = -1;
  /** What goes before the JSON text of a delta in the open block. */
  let deltaHead = '';
  let thinking = '';
  /** The first half of a surrogate pair that ended a delta: told with the second. */
  let half = '';

  function messageStart(prompt: PromptCounts): string {
    opened = true;
    return sse({ type: 'message_start', message: emptyMessage(options, prompt) });
  }

  function blockStart(block: Block): string {
    index += 1;
    thinking = '';
    const { delta, opening } = blockForms(block);
    deltaHead = `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":${delta}`;
    return sse({ type: 'content_block_start', index, content_block: opening });
  }

  /** A text delta holds whole characters: some clients cannot even keep half of one. */
  function delta(text: string, was: GenerationPhase): string {
    const whole = half + text;
    half = endsInHalf(whole) ? whole.slice(-1) : '';
    const told = (half === '' ? whole : whole.slice(0, -1)).toWellFormed();
    if (was === 'thinking') thinking += told;
    return told === '' && text !== '' ? '' : deltaHead + JSON.stringify(told) + DELTA_TAIL;
  }

  function blockEnd(was: GenerationPhase): string {
    if (half !== '') {
      half = '';
      return delta('\ufffd', was) + blockEnd(was);
    }
    const stop = sse({ type: 'content_block_stop', index });
    if (was !== 'thinking') return stop;
    const signature = options.signThinking(thinking);
    return sse({ type: 'content_block_delta', index, delta: { type: 'signature_delta', signature } }) + stop;
  }

  return {
    open(bestKnown) {
      if (opened || phase !== 'waiting') throw new InvalidGeneration('the stream is open already');
      return messageStart(bestKnown);
    },
    write(event, comment) {
      const was = phase;
      phase = nextPhase(was, event);
      switch (event.type) {
        case 'block-delta':
          return delta(event.text, was);
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
            stop_reason: messageStopReason(event.stopReason),
            stop_sequence: event.stopSequence,
            stop_details: null,
            container: null,
          };
          const end = { type: 'message_delta', delta, usage: deltaUsage(event.usage), ...editReport(options) } as const;
          // In the same block as the event: a comment of its own would end in an empty one.
          return sse(end) + (comment === undefined ? '' : `: ${comment}\n`) + MESSAGE_STOP;
        }
        case 'generation-error':
          return sse(errorBody(event.error, options.requestId));
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

const endsInHalf = (text: string): boolean => (text.charCodeAt(text.length - 1) & 0xfc00) === 0xd800;

/** A block as it opens, and how the JSON of its deltas begins. */
function blockForms(block: Block): { delta: string; opening: OutputBlock } {
  switch (block.kind) {
    case 'text':
      return { delta: '{"type":"text_delta","text":', opening: { type: 'text', text: '' } };
    case 'thinking':
      return {
        delta: '{"type":"thinking_delta","thinking":',
        opening: { type: 'thinking', thinking: '', signature: '' },
      };
    case 'tool-use': {
      const { id, name } = block;
      return {
        delta: '{"type":"input_json_delta","partial_json":',
        opening: { type: 'tool_use', id, name, input: {}, caller: { type: 'direct' } },
      };
    }
    default:
      return unreachable(block);
  }
}

/** One event. Its name stands twice: some clients read the line, some the JSON. */
const sse = (event: StreamEvent): string => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
