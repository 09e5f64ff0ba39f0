/** One chat request to a server and its streamed reply: server-sent events, or newline-delimited JSON. */
import type { IncomingMessage } from 'node:http';
import type { ChatFailure, ChatReply, JsonObject } from '../../contract/engine/chat.ts';
import { type Address, parseJson, readText, send } from './http.ts';

export type StreamForm = 'sse' | 'ndjson';

/** One chunk is never longer, characters; a whole tool call may come in one. */
const chunkChars = 16 * 1024 * 1024;

export async function* chatStream(
  address: Address,
  path: string,
  body: JsonObject,
  form: StreamForm,
  signal: AbortSignal,
): AsyncGenerator<ChatReply, void> {
  let response: IncomingMessage;
  try {
    response = await send(address, path, body, signal);
  } catch (error) {
    if (!signal.aborted) yield failed({ kind: 'unreachable', why: reason(error) });
    return;
  }
  const status = response.statusCode ?? 0;
  if (status !== 200) {
    const text = await readText(response).catch(() => '');
    if (!signal.aborted) yield failed({ kind: 'status', status, body: text.slice(0, 64 * 1024) });
    return;
  }
  yield { type: 'opened' };
  try {
    for await (const line of linesOf(response)) {
      if (signal.aborted) return;
      if (form === 'sse' && line.startsWith(':')) {
        yield { type: 'comment', text: line.slice(1).trim() };
        continue;
      }
      const data = form === 'ndjson' ? line.trim() : sseData(line);
      if (data === '') continue;
      if (form === 'sse' && data === '[DONE]') {
        yield { type: 'ended' };
        response.destroy();
        return;
      }
      const json = parseJson(data);
      if (json === undefined) {
        response.destroy();
        yield failed({ kind: 'garbage', why: 'a chunk of its answer is not JSON' });
        return;
      }
      yield { type: 'chunk', json };
    }
  } catch (error) {
    if (!signal.aborted) yield failed({ kind: 'cut', why: reason(error) });
    return;
  }
  // Some servers send no [DONE]; whether the answer is whole, its last chunk says.
  if (!signal.aborted) yield { type: 'ended' };
}

/** Lines with `\n` or `\r\n`; the last one also without. Throws when the connection breaks. */
async function* linesOf(response: IncomingMessage): AsyncGenerator<string, void> {
  let rest = '';
  response.setEncoding('utf8');
  for await (const piece of response) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield line.replace(/\r$/, '');
    if (rest.length > chunkChars) throw new Error('a chunk is too long');
  }
  if (rest !== '') yield rest;
}

/** What a line of an event stream says; names and ids are of no interest. */
const sseData = (line: string): string => (line.startsWith('data:') ? line.slice(5).trim() : '');

const failed = (failure: ChatFailure): ChatReply => ({ type: 'failed', failure });

/** Node's code where there is one: it names no address and no text. */
function reason(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  return code ?? (error instanceof Error ? error.name : 'unknown');
}
