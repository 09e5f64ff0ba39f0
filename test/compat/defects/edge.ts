/** Servers that are wrong about paths, headers and keys. */
import { failure, ok } from '../server/answers.ts';
import { accepts, bodyOf, crashes, errors, headers, instead, refuses } from '../server/damage.ts';
import type { DefectTable } from './table.ts';

const html = { status: 404, text: '<html>Not Found</html>' };

export const endpoints: DefectTable = {
  'endpoints/messages': instead('a chat completion', () => true, ok({ object: 'chat.completion', choices: [] })),
  'endpoints/json-content-type': {
    what: 'JSON as text',
    socket(request, response) {
      if (request.method !== 'POST') return false;
      response.writeHead(200, { 'content-type': 'text/plain' }).end('{"type":"message"}');
      return true;
    },
  },
  'endpoints/query-ignored': instead('a path with a query is another path', (_, { query }) => query.size > 0, html),
  'endpoints/head-probes': crashes('HEAD is too much for it', (_, { method }) => method === 'HEAD'),
  'endpoints/unknown-path': instead('404 as a page', (_, { path }) => path.includes('no-such'), html),
  'endpoints/wrong-method': instead('GET is answered', (_, { method }) => method === 'GET', ok([])),
  'endpoints/batches': crashes('batches break it', (_, { path }) => path.endsWith('/batches')),
  'endpoints/files': instead('files are a page', (_, { path }) => path.endsWith('/files'), {
    status: 200,
    text: '<html>',
  }),
};

const onlyVersion = (version: string | undefined) =>
  refuses(`refuses version ${version ?? 'none'}`, (_, { headers }) => headers['anthropic-version'] === version);

export const headersOf: DefectTable = {
  'headers/version-2023': onlyVersion('2023-06-01'),
  'headers/version-2026': onlyVersion('2026-10-21'),
  'headers/version-absent': onlyVersion(undefined),
  'headers/unknown-betas': refuses(
    'knows its betas',
    (_, { headers }) => headers['anthropic-beta']?.includes('2031') === true,
  ),
  'headers/claude-code-headers': refuses(
    'no browsers',
    (_, { headers }) => 'anthropic-dangerous-direct-browser-access' in headers,
  ),
  'headers/request-charset': refuses(
    'one content type',
    (_, { headers }) => headers['content-type']?.includes('charset') === true,
  ),
  'headers/request-id': headers('the same id for everyone', (all) => ({ ...all, 'request-id': 'req_1' })),
  'headers/request-id-in-errors': errors('another id in the body', (answer) => ({
    ...answer,
    json: { ...answer.json, request_id: 'req_other' },
  })),
  'headers/no-subscription-headers': headers('speaks of subscriptions', (all) => ({
    ...all,
    'anthropic-ratelimit-unified-status': 'allowed',
  })),
  'headers/rate-limit-form': headers('a reset in seconds', (all) => ({
    ...all,
    'anthropic-ratelimit-requests-reset': '60s',
  })),
  'headers/stream-uncompressed': headers('says it compresses', (all) => ({
    ...all,
    'content-encoding': 'identity, x',
  })),
};

const key = (wrong: (headers: Readonly<Record<string, unknown>>) => boolean, what: string) =>
  instead(what, (_, { headers }) => wrong(headers), failure(403, 'permission_error', 'no'));

export const keys: DefectTable = {
  'keys/x-api-key': key((all) => all['x-api-key'] !== undefined, 'wants Bearer'),
  'keys/bearer': key((all) => String(all.authorization).startsWith('Bearer'), 'wants x-api-key'),
  'keys/missing': {
    what: 'a 403 without a key',
    error: (answer) => (answer.status === 401 ? { ...answer, status: 403 } : answer),
  },
  'keys/wrong': errors('another type', (answer) => ({
    ...answer,
    json: { ...answer.json, error: { ...answer.json.error, type: 'invalid_request_error' } },
  })),
  'keys/wrong-key-final': headers('asks to try again', (all, { headers }) =>
    headers['x-api-key']?.includes('not-a-key') ? { ...all, 'x-should-retry': 'true' } : all,
  ),
  'keys/before-the-body': {
    what: 'reads the body first',
    handle: (exchange, next) =>
      exchange.method === 'POST' && bodyOf(exchange) === undefined
        ? failure(400, 'invalid_request_error', 'not valid JSON')
        : next(exchange),
  },
  'keys/everywhere': accepts('counts for everyone', (_, { path }) => path.endsWith('/count_tokens')),
};
