/** A message as events, and events as text. */
import type { Json } from './answers.ts';

export type Event = Json;

export function eventsOf(message: Json): readonly Event[] {
  const { content, stop_reason, stop_sequence, usage, ...head } = message;
  return [
    {
      type: 'message_start',
      message: { ...head, content: [], stop_reason: null, stop_sequence: null, usage: { ...usage, output_tokens: 1 } },
    },
    { type: 'ping' },
    ...content.flatMap(blockEvents),
    {
      type: 'message_delta',
      delta: { stop_reason, stop_sequence, stop_details: null, container: null },
      usage: { input_tokens: usage.input_tokens, output_tokens: usage.output_tokens },
    },
    { type: 'message_stop' },
  ];
}

function blockEvents(block: Json, index: number): readonly Event[] {
  const deltas = (pieces: readonly Json[]) => pieces.map((delta) => ({ type: 'content_block_delta', index, delta }));
  const around = (empty: Json, pieces: readonly Json[]) => [
    { type: 'content_block_start', index, content_block: empty },
    ...deltas(pieces),
    { type: 'content_block_stop', index },
  ];
  switch (block.type) {
    case 'text':
      return around(
        { ...block, text: '' },
        words(block.text).map((text) => ({ type: 'text_delta', text })),
      );
    case 'thinking':
      return around({ type: 'thinking', thinking: '', signature: '' }, [
        ...words(block.thinking).map((thinking) => ({ type: 'thinking_delta', thinking })),
        { type: 'signature_delta', signature: block.signature },
      ]);
    default:
      return around({ ...block, input: {} }, [
        { type: 'input_json_delta', partial_json: '' },
        { type: 'input_json_delta', partial_json: JSON.stringify(block.input) },
      ]);
  }
}

const words = (text: string): readonly string[] => text.split(/(?<= )/);

export const frameText = (event: Event): string => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
export const wireText = (events: readonly Event[]): string => events.map(frameText).join('');
