/**
 * Reads server-sent events and judges nothing: what is wrong with a stream is for the cases to say,
 * each one thing.
 */
import { isUtf8 } from 'node:buffer';
import type { Json } from './send.ts';
import { networkError } from './send.ts';

export interface Frame {
  /** The `event:` line, if there was one. */
  readonly event: string | undefined;
  /** The `data:` lines, parsed; undefined when absent or no JSON. */
  readonly data: Json;
  readonly raw: string;
}

export interface StreamRecord {
  readonly headers: Headers;
  readonly frames: readonly Frame[];
  /** Text after the last empty line: of an event that was never ended. */
  readonly rest: string;
  /** Null when the server closed the stream in an orderly way, otherwise what happened. */
  readonly cut: string | null;
  /** Bytes that were no UTF-8. */
  readonly brokenText: boolean;
}

/** Frames as they arrive; comments and empty frames are left out. */
export async function readStream(response: Response, signal: AbortSignal): Promise<StreamRecord> {
  const frames: Frame[] = [];
  const chunks: Uint8Array[] = [];
  const decoder = new TextDecoder();
  let rest = '';
  let cut: string | null = null;
  try {
    for await (const chunk of response.body ?? []) {
      chunks.push(chunk);
      rest = takeFrames(rest + decoder.decode(chunk, { stream: true }), frames);
    }
    rest += decoder.decode();
  } catch (error) {
    if (signal.aborted) throw error;
    cut = networkError(error);
  }
  return { headers: response.headers, frames, rest, cut, brokenText: !isUtf8(Buffer.concat(chunks)) };
}

/** Moves whole frames from the text into the list; returns what is left. */
function takeFrames(text: string, into: Frame[]): string {
  let rest = text;
  for (let end = /\r?\n\r?\n/.exec(rest); end !== null; end = /\r?\n\r?\n/.exec(rest)) {
    const frame = readFrame(rest.slice(0, end.index));
    rest = rest.slice(end.index + end[0].length);
    if (frame !== null) into.push(frame);
  }
  return rest;
}

function readFrame(raw: string): Frame | null {
  const lines = raw.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith(':'));
  if (lines.length === 0) return null;
  const values = (field: string): string[] =>
    lines.filter((line) => line.startsWith(`${field}:`)).map((line) => line.slice(field.length + 1).replace(/^ /, ''));
  let data: Json;
  try {
    data = JSON.parse(values('data').join('\n'));
  } catch {
    data = undefined;
  }
  return { event: values('event')[0], data, raw };
}

/** What kind of event a frame is: by its data, else by its event line. */
export const typeOf = ({ event, data }: Frame): string => String(data?.type ?? event ?? 'nothing');

/** Events without pings, which may come anywhere. */
export const events = (record: StreamRecord): readonly Frame[] =>
  record.frames.filter((frame) => typeOf(frame) !== 'ping');

/** The same as a short text: `message_start content_block_start ...`, for reports. */
export function outline(record: StreamRecord): string {
  const types = events(record).map(typeOf);
  const squeezed = types.filter((type, at) => type !== 'content_block_delta' || types[at - 1] !== type);
  return squeezed.join(' ') || 'no events';
}
