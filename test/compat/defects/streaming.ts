/** Streams that are wrong in one way each, by the name of the case that must notice. */
import type { Json } from '../server/answers.ts';
import { accepts, eachEvent, events, headers, ignores, message, wire, without } from '../server/damage.ts';
import type { Event } from '../server/stream.ts';
import { frameText } from '../server/stream.ts';
import type { DefectTable } from './table.ts';

const isDelta = ({ type }: Event): boolean => type === 'content_block_delta';
const startOf = (wanted: string) => (event: Event) => event.content_block?.type === wanted;

export const streaming: DefectTable = {
  'streaming/stream-content-type': headers('a stream that says it is JSON', (all) => ({
    ...all,
    'content-type': 'application/json',
  })),
  'streaming/event-lines': wire('no event lines', (text) => text.replaceAll(/^event: .*\n/gm, '')),
  'streaming/event-names-agree': wire('every event line says message', (text) =>
    text.replaceAll(/^event: .*$/gm, 'event: message'),
  ),
  'streaming/event-data-json': wire('ends as OpenAI streams do', (text) => `${text}event: done\ndata: [DONE]\n\n`),
  'streaming/known-events': events('an event of its own', (all) => [...all, { type: 'message_metrics' }]),
  'streaming/message-start-first': without('no message_start', ({ type }) => type === 'message_start'),
  'streaming/message-start-shape': eachEvent('a stop reason from the start', 'message_start', (event) => ({
    ...event,
    message: { ...event.message, stop_reason: 'end_turn' },
  })),
  'streaming/usage-at-start': eachEvent(
    'no usage at the start',
    'message_start',
    ({ message: { usage: _, ...rest }, ...event }) => ({
      ...event,
      message: rest,
    }),
  ),
  'streaming/indexes-dense': events('blocks numbered from 1', (all) =>
    all.map((event) => (event.index === undefined ? event : { ...event, index: event.index + 1 })),
  ),
  'streaming/one-block-at-a-time': events('a second block opens inside the first', (all) =>
    all.flatMap((event) =>
      event.type === 'content_block_start' ? [event, { ...event, index: event.index + 1 }] : [event],
    ),
  ),
  'streaming/blocks-stopped': without('no content_block_stop', ({ type }) => type === 'content_block_stop'),
  'streaming/text-starts-empty': events('the first word is in content_block_start', (all) =>
    all.map((event) => (startOf('text')(event) ? { ...event, content_block: { type: 'text', text: '1' } } : event)),
  ),
  'streaming/deltas-fit-block': events('tool input as text', (all) =>
    all.map((event) =>
      event.delta?.type === 'input_json_delta'
        ? { ...event, delta: { type: 'text_delta', text: event.delta.partial_json } }
        : event,
    ),
  ),
  'streaming/message-delta': without('no message_delta', ({ type }) => type === 'message_delta'),
  'streaming/usage-at-end': eachEvent('no usage at the end', 'message_delta', ({ usage: _, ...event }) => event),
  'streaming/message-stop-last': without('no message_stop', ({ type }) => type === 'message_stop'),
  'streaming/last-event-ended': wire('no empty line at the end', (text) => text.trimEnd()),
  'streaming/stream-closed': {
    what: 'the connection breaks after message_stop',
    socket(request, response) {
      if (request.method !== 'POST') return false;
      const text = ['message_start', 'message_stop'].map((type) => frameText({ type })).join('');
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-length': text.length + 10 });
      response.write(text, () => response.destroy());
      return true;
    },
  },
  'streaming/arrives-in-pieces': without('text only at the start of a block', isDelta),
  'streaming/tool-input-streamed': events('the input a second time', (all) =>
    all.flatMap((event) => (event.delta?.partial_json ? [event, event] : [event])),
  ),
  'streaming/tool-without-arguments': events('null for no arguments', (all) =>
    all.map((event) =>
      event.delta?.partial_json === '{}' ? { ...event, delta: { ...event.delta, partial_json: 'null' } } : event,
    ),
  ),
  'streaming/thinking-streamed': events('the signature comes first', (all) => {
    const at = all.findIndex(({ delta }) => delta?.type === 'signature_delta');
    const first = all.findIndex(({ delta }) => delta?.type === 'thinking_delta');
    return at < 0 ? all : [...all.slice(0, first), all[at], ...all.slice(first, at), ...all.slice(at + 1)];
  }),
  'streaming/early-errors-are-statuses': accepts('every request is answered'),
  'streaming/stream-max-tokens': eachEvent('always the end of a turn', 'message_delta', (event) => ({
    ...event,
    delta: { ...event.delta, stop_reason: 'end_turn' },
  })),
  'streaming/stream-stop-sequence': ignores('no stop sequences', ({ stop_sequences: _, ...body }: Json) => body),
  'streaming/stream-same-prompt': eachEvent(
    'a guess at the start, and no better word later',
    'message_start',
    (event) => ({
      ...event,
      message: { ...event.message, usage: { ...event.message.usage, cache_read_input_tokens: 7 } },
    }),
  ),
  'streaming/stream-text-whole': wire('half a character', (text) =>
    Buffer.from(text.replace('1, ', '\u00f0'), 'latin1'),
  ),
  'streaming/pings-shaped': wire('pings without a type', (text) => text.replace('data: {"type":"ping"}', 'data: {}')),
};

export const response: DefectTable = {
  'response/message-shape': message('role model', (seen) => ({ ...seen, role: 'model' })),
  'response/model-echoed': message('no model', ({ model: _, ...seen }) => seen),
  'response/id-prefix': message('no id', ({ id: _, ...seen }) => seen),
  'response/ids-unique': message('always the same id', (seen) => ({ ...seen, id: 'msg_1' })),
  'response/stop-reason-known': message("OpenAI's word", (seen) => ({ ...seen, stop_reason: 'stop' })),
  'response/max-tokens-reason': message('always the end of a turn', (seen) => ({ ...seen, stop_reason: 'end_turn' })),
  'response/stop-sequence': message('does not say which', (seen) => ({ ...seen, stop_sequence: null })),
  'response/stop-sequence-null': message('a stop sequence out of nothing', (seen) => ({
    ...seen,
    stop_sequence: '\n',
  })),
  'response/text-block-shape': message('citations are a word', (seen) => ({
    ...seen,
    content: seen.content.map((block: Json) => ({ ...block, citations: 'none' })),
  })),
  'response/no-empty-text': message('an empty text before every call', (seen) => ({
    ...seen,
    content: [{ type: 'text', text: '' }, ...seen.content],
  })),
  'response/no-refusal': message('refuses', (seen) => ({ ...seen, stop_reason: 'refusal' })),
};
