/** A message put together from a stream, as a client does it. */
import { Mismatch, quote } from '../verdict.ts';
import { events, outline, type StreamRecord, typeOf } from './read-stream.ts';
import type { Json } from './send.ts';

/** Fails where a client would: no start, no end, an error event, tool input that is no JSON. */
export function foldStream(record: StreamRecord): Json {
  const all = events(record);
  const failure = all.find((frame) => typeOf(frame) === 'error');
  if (failure !== undefined) throw new Mismatch('a whole stream', `an error event: ${quote(failure.data?.error)}`);
  const start = all.find((frame) => typeOf(frame) === 'message_start')?.data?.message;
  if (start === undefined) throw new Mismatch('a message_start event', outline(record));
  const blocks = new Map<unknown, { block: Json; json: string }>();
  const message: Json = { ...start };
  for (const { data } of all) {
    if (data?.type === 'content_block_start') blocks.set(data.index, { block: { ...data.content_block }, json: '' });
    if (data?.type === 'content_block_delta') append(blocks.get(data.index), data.delta);
    if (data?.type === 'message_delta') {
      Object.assign(message, data.delta);
      message.usage = { ...message.usage, ...present(data.usage ?? {}) };
    }
  }
  message.content = [...blocks.values()].map(({ block, json }) =>
    json === '' ? block : { ...block, input: parseInput(json) },
  );
  return message;
}

function append(open: { block: Json; json: string } | undefined, delta: Json): void {
  if (open === undefined) return;
  for (const field of ['text', 'thinking', 'signature'] as const) {
    if (typeof delta?.[field] === 'string') open.block[field] = (open.block[field] ?? '') + delta[field];
  }
  if (typeof delta?.partial_json === 'string') open.json += delta.partial_json;
}

const present = (usage: Json): Json => Object.fromEntries(Object.entries(usage).filter(([, value]) => value !== null));

function parseInput(json: string): Json {
  try {
    return JSON.parse(json);
  } catch {
    throw new Mismatch('tool input whose pieces make one JSON object', quote(json));
  }
}
