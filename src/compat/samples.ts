/**
 * Answers that many cases look at, each from another side: asked for once per run, so that thirty
 * cases about the stream cost two requests.
 */
import { bellTool, colourTool, forced } from './tools.ts';
import { answer, stream, user } from './vocabulary.ts';
import type { StreamRecord } from './wire/read-stream.ts';
import type { Json } from './wire/send.ts';
import type { Target } from './wire/target.ts';

const counting = { messages: [user('Count from 1 to 20, separated by commas.')], max_tokens: 64 };
export const thinking = { type: 'enabled', budget_tokens: 1024 };
/** Room for a short answer after the whole budget. */
export const thinkingTokens = 1536;
const pondering = { messages: [user('What is 3 + 4?')], thinking, max_tokens: thinkingTokens };

export const textMessage = (target: Target): Promise<Json> =>
  target.once('text-message', (shared) => answer(shared, counting));
export const textStream = (target: Target): Promise<StreamRecord> =>
  target.once('text-stream', (shared) => stream(shared, counting));
export const toolMessage = (target: Target): Promise<Json> =>
  target.once('tool-message', (shared) => answer(shared, forced(colourTool)));
export const toolStream = (target: Target): Promise<StreamRecord> =>
  target.once('tool-stream', (shared) => stream(shared, forced(colourTool)));
export const bellStream = (target: Target): Promise<StreamRecord> =>
  target.once('bell-stream', (shared) => stream(shared, forced(bellTool)));
export const thinkingMessage = (target: Target): Promise<Json> =>
  target.once('thinking-message', (shared) => answer(shared, pondering));
export const thinkingStream = (target: Target): Promise<StreamRecord> =>
  target.once('thinking-stream', (shared) => stream(shared, pondering));

/** Streams of text and of a tool call; only the first where tools are refused, which cases about tools tell. */
export async function sampleStreams(target: Target): Promise<readonly StreamRecord[]> {
  const [first, second] = await Promise.allSettled([textStream(target), toolStream(target)]);
  if (first.status === 'rejected') throw first.reason;
  return second.status === 'fulfilled' ? [first.value, second.value] : [first.value];
}
