/**
 * Checks a parsed body. Strict where the real API is and clients rely on its words; lenient with
 * fields, betas and thinking forms it does not know, and with role order.
 */
import {
  CountTokensRequestSchema,
  countTokensRequestCheck,
  type MessagesRequest,
  MessagesRequestSchema,
  messagesRequestCheck,
} from '../../contract/anthropic/request.ts';
import { type ApiError, apiError } from '../../contract/errors.ts';
import { checkConversation } from './check-conversation.ts';
import { checkParameters } from './check-parameters.ts';
import { explainMismatch } from './explain-mismatch.ts';

export type ReadRequest =
  | { readonly ok: true; readonly request: MessagesRequest }
  | { readonly ok: false; readonly error: ApiError };

/**
 * `create` reads the body of `/v1/messages`, `count` that of `/v1/messages/count_tokens`: the latter
 * comes back with `max_tokens: 0` and without the fields that only matter for an answer, so the two
 * render alike. The request is the body itself, not a copy.
 */
export function readMessagesRequest(body: unknown, { purpose }: { readonly purpose: 'create' | 'count' }): ReadRequest {
  const shaped = purpose === 'create' ? readCreate(body) : readCount(body);
  if ('error' in shaped) return { ok: false, error: shaped.error };
  const fault = checkParameters(shaped.request) ?? checkConversation(shaped.request.messages);
  return fault === null ? { ok: true, request: shaped.request } : { ok: false, error: fault };
}

type Shaped = { readonly request: MessagesRequest } | { readonly error: ApiError };

function readCreate(body: unknown): Shaped {
  return messagesRequestCheck.Check(body) ? { request: body } : refuse(MessagesRequestSchema, body);
}

function readCount(body: unknown): Shaped {
  if (!countTokensRequestCheck.Check(body)) return refuse(CountTokensRequestSchema, body);
  const { model, messages, system, tools, tool_choice, thinking, output_config, output_format } = body;
  const { compaction: _ignored, context_management, mcp_servers, thread } = body;
  const shared = { model, messages, system, tools, tool_choice, thinking, output_config, output_format };
  return { request: { ...shared, context_management, mcp_servers, thread, max_tokens: 0 } as MessagesRequest };
}

function refuse(schema: typeof MessagesRequestSchema | typeof CountTokensRequestSchema, body: unknown): Shaped {
  // The compiled check and the explanation read the same schema; should they ever disagree, say at least this much.
  const why = explainMismatch(schema, body) ?? 'The request body does not have the shape of a Messages request';
  return { error: apiError('invalid_request', why) };
}
