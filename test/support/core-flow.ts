/**
 * What every real client is put through: a task of three turns (read a file, change it, report), one
 * moment in which the yard has no room, and a model nobody serves. The yard is the real one with the
 * scripted engine; a client is anything that can do this with tools of its own.
 */

import { crowdRule } from './crowd.ts';
import { readStream, type StreamedMessage } from './read-stream.ts';
import type { RecordedRequest, RecordingProxy } from './recording-proxy.ts';
import type { ScriptedConfig } from './scripted/config.ts';

export const flowPrompt = 'The note is out of date: the quince is ripe by now. Mend it.';
export const noteFile = 'note.txt';
export const noteBefore = 'The quince is green.\n';
export const noteAfter = 'The quince is ripe.\n';
export const flowAnswer = 'The note now says that the quince is ripe.';
export const flowTitle = 'A ripe quince';
/** No machine serves it. */
export const unknownModel = 'nobody-serves-this';

/** A call of one of the client's tools. */
export interface ToolCall {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
}

const callText = ({ name, input }: ToolCall): string =>
  `<tool_call>\n${JSON.stringify({ name, arguments: input })}\n</tool_call>`;

/** The task as a good model would do it with the client's own tools. */
export function flowScript(calls: { readonly read: ToolCall; readonly edit: ToolCall }): ScriptedConfig {
  return {
    window: 65_536,
    slots: 2,
    rules: [
      crowdRule,
      // What opencode asks of its small model meanwhile.
      { lastTurn: 'Generate a title', say: flowTitle },
      { answered: 0, lastTurn: flowPrompt, say: `I will read it first.\n${callText(calls.read)}` },
      { answered: 1, lastTurn: noteBefore.trim(), say: callText(calls.edit) },
      { lastTurn: 'Say hello.', say: 'Hello.' },
      { answered: 2, say: flowAnswer, thought: 'The edit went well.' },
    ],
    otherwise: 'The script does not know this turn.',
  };
}

/** Requests for an answer, in order. */
export const messageRequests = ({ requests }: Pick<RecordingProxy, 'requests'>): RecordedRequest[] =>
  requests.filter(({ path, method }) => method === 'POST' && /^\/v1\/messages(\?|$)/.test(path));

/** What a client may count: every token once. */
export interface TokenSums {
  input: number;
  cached: number;
  output: number;
}

/** Reads every streamed answer as the strictest client would; sums what they charged. */
export async function chargedBy(requests: readonly RecordedRequest[]): Promise<TokenSums> {
  const sums: TokenSums = { input: 0, cached: 0, output: 0 };
  for (const request of requests) {
    const { usage } = await strictlyRead(request);
    sums.input += usage.input_tokens;
    sums.cached += usage.cache_read_input_tokens ?? 0;
    sums.output += usage.output_tokens;
  }
  return sums;
}

/** The recorded answer of one request, checked event by event. */
export function strictlyRead({ status, responseHeaders, responseText }: RecordedRequest): Promise<StreamedMessage> {
  const headers = Object.entries(responseHeaders).map(([name, value]): [string, string] => [name, String(value)]);
  return readStream(new Response(Buffer.from(responseText, 'latin1'), { status, headers }));
}
