/**
 * What a client is told when the engine fails. The engine's own message may name files of the
 * machine's owner, so it stays in the machine's log; the client gets the failure's code.
 */

import type { EngineFailure } from '../../contract/engine/raw.ts';
import { type ApiError, apiError, type ErrorCode } from '../../contract/errors.ts';

interface Told {
  readonly code: ErrorCode;
  readonly message: string;
}

const told = {
  'model-missing': {
    code: 'model_load_failed',
    message: 'The model file is no longer on the machine that serves it. Ask its owner to download the model again.',
  },
  'model-corrupt': {
    code: 'model_load_failed',
    message: 'The model file on the serving machine is damaged. Ask its owner to download the model again.',
  },
  'model-unsupported': {
    code: 'model_load_failed',
    message:
      'The engine of the serving machine does not know this kind of model. Ask its owner to update the engine, or use another model.',
  },
  'context-too-large': {
    code: 'model_load_failed',
    message:
      'The serving machine has no room for the context window it was set to. Ask its owner to choose a smaller one.',
  },
  memory: {
    code: 'engine_failed',
    message: 'The serving machine ran out of memory for this answer. Try again: another machine, or less load, may do.',
  },
  grammar: {
    code: 'invalid_request',
    message:
      'The engine refused the grammar made of the tool or output schema. Simplify the schema, or leave out `strict`, `output_config.format` or the forced `tool_choice`.',
  },
  busy: { code: 'no_machine', message: 'All slots of the serving machine are taken. Try again shortly.' },
  crashed: {
    code: 'engine_crashed',
    message: 'The engine crashed while it was answering. It is being restarted; try again.',
  },
  stalled: { code: 'engine_stalled', message: 'The engine stopped making progress and was ended. Try again.' },
  closed: {
    code: 'draining',
    message:
      'The engine was shut down while it was answering. Try again: the work goes to another machine or a fresh engine.',
  },
  internal: {
    code: 'engine_failed',
    message: 'The engine failed for a reason of its own; its log on the serving machine says more. Try again.',
  },
} as const satisfies Record<Exclude<EngineFailure['code'], 'prompt-too-long'>, Told>;

/** `window`: tokens of one slot; `promptTokens` where they are known. */
export function engineFailureError(
  failure: EngineFailure,
  room: { readonly window: number; readonly promptTokens?: number | undefined },
): ApiError {
  const pool = { engine_failure: failure.code };
  if (failure.code === 'prompt-too-long') {
    const tokens = room.promptTokens === undefined ? `more than ${room.window}` : String(room.promptTokens);
    // Claude Code compacts the conversation on these words.
    return apiError('context_overflow', `prompt is too long: ${tokens} tokens > ${room.window} maximum`, { pool });
  }
  const { code, message } = told[failure.code];
  return apiError(code, message, { pool });
}
