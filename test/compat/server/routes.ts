/** Who may ask, and what is served where. */

import { otherModel, theKey, theModel, windowTokens } from './about.ts';
import { type ApiAnswer, failure, invalid, type Json, ok } from './answers.ts';
import { answerOf, promptTokens } from './model.ts';
import type { Exchange } from './scripted-server.ts';
import { faultOf } from './validate.ts';

const posts: Readonly<Record<string, (body: Json) => ApiAnswer>> = {
  '/v1/messages': createMessage,
  '/v1/messages/count_tokens': countTokens,
};

export function route(exchange: Exchange): ApiAnswer {
  const { method, path, headers } = exchange;
  if (path === '/' || path === '/api/hello') return ok({});
  const key = headers['x-api-key'] ?? headers.authorization?.replace(/^Bearer /, '');
  if (key !== theKey) return failure(401, 'authentication_error', 'invalid x-api-key');
  const post = posts[path];
  if (post !== undefined && method !== 'POST')
    return failure(405, 'invalid_request_error', 'Method Not Allowed: use POST');
  if (post !== undefined) return takeBody(exchange, post);
  if (path === '/v1/messages/batches' || path === '/v1/files') return ok({ data: [], has_more: false });
  if (path === '/v1/models') return listModels(exchange.query);
  if (path.startsWith('/v1/models/')) return oneModel(decodeURIComponent(path.slice('/v1/models/'.length)));
  return failure(404, 'not_found_error', 'Not Found');
}

function takeBody({ bytes, headers }: Exchange, handle: (body: Json) => ApiAnswer): ApiAnswer {
  if (headers['content-encoding'] !== undefined)
    return invalid('content-encoding: compressed bodies are not supported');
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return invalid('The request body is not valid UTF-8');
  }
  if (/[[{]{200}/.test(text)) return invalid('The request body is nested too deeply');
  let body: Json;
  try {
    body = JSON.parse(text);
  } catch {
    return invalid('The request body is not valid JSON');
  }
  return handle(body);
}

function createMessage(body: Json): ApiAnswer {
  const fault = faultOf(body, 'create');
  if (fault !== null) return fault;
  const tokens = promptTokens(body);
  if (tokens > windowTokens) return invalid(`prompt is too long: ${tokens} tokens > ${windowTokens} maximum`);
  return { status: 200, message: answerOf(body), body };
}

function countTokens(body: Json): ApiAnswer {
  return faultOf(body, 'count') ?? ok({ input_tokens: promptTokens(body) });
}

const models = [theModel, otherModel].map((id) => ({
  id,
  type: 'model',
  display_name: id,
  created_at: '1970-01-01T00:00:00Z',
  max_input_tokens: windowTokens,
  max_tokens: windowTokens,
  capabilities: null,
  lifecycle: 'active',
  deprecated_at: null,
  retires_at: null,
  line: null,
}));

function listModels(query: URLSearchParams): ApiAnswer {
  const limit = Number(query.get('limit') ?? 20);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) return invalid('limit: must be from 1 to 1000');
  const after = query.get('after_id');
  const rest = after === null ? models : models.slice(models.findIndex(({ id }) => id === after) + 1);
  const data = rest.slice(0, limit);
  return ok({
    data,
    has_more: rest.length > data.length,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  });
}

function oneModel(id: string): ApiAnswer {
  const found = models.find((model) => model.id === id);
  return found === undefined ? failure(404, 'not_found_error', `model: ${id}`) : ok(found);
}
