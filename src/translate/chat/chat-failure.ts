/**
 * What a client is told when an attached server fails. A server's own words may quote the prompt or name
 * files of the machine's owner, so they are only read for what is known; the client gets sentences of ours.
 */
import type { ChatFailure } from '../../contract/engine/chat.ts';
import { type ApiError, apiError } from '../../contract/errors.ts';

export interface FailureContext {
  /** For people: "Ollama 0.40.1". */
  readonly server: string;
  /** Tokens of one request. */
  readonly window: number;
  /** As counted or estimated before. */
  readonly promptTokens: number;
}

/** Clients compact the conversation on these words. */
const promptTooLong = (tokens: number, maximum: number): ApiError =>
  apiError('context_overflow', `prompt is too long: ${tokens} tokens > ${maximum} maximum`);

export function chatFailureError(failure: ChatFailure, context: FailureContext): ApiError {
  const { server } = context;
  switch (failure.kind) {
    case 'unreachable':
      return engineFailed(
        `${server} does not answer any more (${failure.why}): it was stopped or has crashed. Its models are listed again as soon as it is back. Try again.`,
        'unreachable',
      );
    case 'cut':
      return engineFailed(
        `${server} closed the connection in the middle of its answer (${failure.why}): it was stopped or has crashed. Try again.`,
        'cut',
      );
    case 'garbage':
      return engineFailed(`${server} sent something that is no answer: ${failure.why}. Try again.`, 'garbage');
    case 'status':
      return statusError(failure.status, failure.body, context);
  }
}

/** An error by its status and text, whether it came as a status or inside a stream. */
export function statusError(status: number, text: string, context: FailureContext): ApiError {
  const { server } = context;
  const overflow = readOverflow(text);
  if (overflow !== null && status < 500) return overflowError(overflow, context);
  if (/does not support tools|requires --enable-auto-tool-choice|tool[- ]call[- ]parser/i.test(text)) {
    return apiError(
      'unsupported_feature',
      `tools: ${server} was started without tool calls for this model. Leave the tools out, or ask its owner to turn them on (vLLM: --enable-auto-tool-choice --tool-call-parser).`,
    );
  }
  // llama-server and vLLM, recorded and from source; mlx_lm.server says it with a 404.
  if (
    /image input is not supported|not a multimodal model|only 'text' content|does not support (images?|vision)/i.test(
      text,
    )
  ) {
    return apiError(
      'unsupported_feature',
      `image: ${server} shows no pictures to this model. Remove the images, or name a model that sees (capabilities.image_input in /v1/models).`,
    );
  }
  if (/does not support thinking/i.test(text)) {
    return apiError('unsupported_feature', `thinking: ${server} cannot turn it on for this model. Leave it out.`);
  }
  if (status === 401 || status === 403) {
    return apiError(
      'model_load_failed',
      `${server} refuses the key of the agent (status ${status}). Ask the owner of the machine to give --attach the right one.`,
    );
  }
  if (status === 404) {
    return engineFailed(`${server} does not have this model any more (status 404). Try again, or another one.`, 'gone');
  }
  // Before the status: they come with 500 and 503 alike.
  if (/out of memory|insufficient memory|\bOOM\b|more system memory|cudaMalloc|failed to allocate/i.test(text)) {
    return engineFailed(
      `${server} ran out of memory for this answer. Try again: another machine, a shorter prompt or less load may do.`,
      'memory',
    );
  }
  if (status === 503 && /load/i.test(text)) {
    return apiError('model_loading', `${server} is still loading the model. Try again in a moment.`, {
      retryAfterMs: 5_000,
    });
  }
  if (status === 429 || status === 503) {
    return apiError('no_machine', `${server} is busy (status ${status}). Try again in a moment.`, {
      retryAfterMs: 5_000,
    });
  }
  if (/failed to parse grammar|grammar/i.test(text) && status < 500) {
    return apiError(
      'invalid_request',
      `${server} cannot hold an answer to these schemas. Simplify the tools' schemas or \`output_config.format\`.`,
    );
  }
  if (overflow !== null) return overflowError(overflow, context);
  if (status >= 500)
    return engineFailed(`${server} failed (status ${status}); its own log says why. Try again.`, 'status');
  return apiError(
    'invalid_request',
    `${server} refuses the request (status ${status}); its own log says why. Leave out what it may not know: tools, a JSON format, sampling parameters.`,
    { pool: { engine_failure: 'status', status } },
  );
}

const engineFailed = (message: string, failure: string): ApiError =>
  apiError('engine_failed', message, { pool: { engine_failure: failure } });

interface Overflow {
  readonly tokens: number | null;
  readonly maximum: number | null;
}

function overflowError({ tokens, maximum }: Overflow, context: FailureContext): ApiError {
  const most = maximum ?? context.window;
  return promptTooLong(Math.max(tokens ?? context.promptTokens, most + 1), most);
}

/**
 * Sentences by which servers refuse a prompt that is too long, with what they say about sizes. Recorded from
 * llama-server; from the sources of vLLM (renderers, serving), SGLang (tokenizer_manager), Ollama (llm, routes),
 * oMLX; from reports about LM Studio.
 */
const overflows: readonly RegExp[] = [
  /request \((?<tokens>\d+) tokens\) exceeds the available context size \((?<maximum>\d+) tokens\)/i,
  /maximum context length is (?<maximum>\d+) tokens[\s\S]*?(?:your (?:messages|prompt)[^.]*?(?:resulted in|contains at least) |\()(?<tokens>\d+)/i,
  /maximum context length is (?<maximum>\d+)/i,
  /input \((?<tokens>\d+) tokens\) is longer than the model's context length \((?<maximum>\d+) tokens\)/i,
  /trying to keep the first (?<tokens>\d+) tokens[\s\S]*?context length of only (?<maximum>\d+)/i,
  /prompt too long: (?<tokens>\d+) tokens exceeds max context window of (?<maximum>\d+)/i,
  /prompt is too long: (?<tokens>\d+) tokens > (?<maximum>\d+)/i,
  /(?:exceeds?|exceeded|longer than)[^.]{0,40} (?:context|maximum (?:model|input|sequence)) ?(?:length|size|window)?/i,
  /prompt is too long|input length exceeds|context (?:length|size|window) (?:has been )?exceeded/i,
];

function readOverflow(text: string): Overflow | null {
  // A body may quote the whole prompt: the sentence stands near its beginning.
  const said = text.slice(0, 4_000);
  for (const pattern of overflows) {
    const found = pattern.exec(said);
    if (found === null) continue;
    const number = (name: string): number | null => {
      const digits = found.groups?.[name];
      return digits === undefined ? null : Number(digits);
    };
    return { tokens: number('tokens'), maximum: number('maximum') };
  }
  return null;
}
