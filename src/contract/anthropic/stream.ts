/**
 * Events of a streamed answer. Grammar: `message_start (content_block_start content_block_delta*
 * content_block_stop)* message_delta message_stop`, one block open at a time, indexes dense;
 * `ping` anywhere; `error` ends it.
 */
import type {
  AppliedContextManagement,
  ErrorEnvelope,
  Message,
  MessageStopReason,
  OutputBlock,
  Usage,
} from './response.ts';

/** Cumulative; figures that are not null replace those of `message_start`. */
export type MessageDeltaUsage = Pick<
  Usage,
  | 'input_tokens'
  | 'output_tokens'
  | 'cache_creation_input_tokens'
  | 'cache_read_input_tokens'
  | 'server_tool_use'
  | 'output_tokens_details'
>;

export type ContentDelta =
  | { readonly type: 'text_delta'; readonly text: string }
  | { readonly type: 'thinking_delta'; readonly thinking: string }
  /** Once, just before the thinking block stops. */
  | { readonly type: 'signature_delta'; readonly signature: string }
  | { readonly type: 'input_json_delta'; readonly partial_json: string };

export type StreamEvent =
  | { readonly type: 'message_start'; readonly message: Message }
  | { readonly type: 'content_block_start'; readonly index: number; readonly content_block: OutputBlock }
  | { readonly type: 'content_block_delta'; readonly index: number; readonly delta: ContentDelta }
  | { readonly type: 'content_block_stop'; readonly index: number }
  | {
      readonly type: 'message_delta';
      readonly delta: {
        readonly stop_reason: MessageStopReason;
        readonly stop_sequence: string | null;
        readonly stop_details: null;
        readonly container: null;
      };
      readonly usage: MessageDeltaUsage;
      /** Only where the request had the field. */
      readonly context_management?: AppliedContextManagement;
    }
  | { readonly type: 'message_stop' }
  | { readonly type: 'ping' }
  | ErrorEnvelope;
