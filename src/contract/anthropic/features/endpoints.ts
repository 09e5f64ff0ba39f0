/** Methods and paths (messages-api §1), as `endpoint.NAME`. */
import { type FeatureRows, refused, row, supported } from './feature.ts';

export const endpointFeatures = {
  'endpoint.messages': row('`POST /v1/messages`', supported('any query string, such as `?beta=true`')),
  'endpoint.count_tokens': row(
    '`POST /v1/messages/count_tokens`',
    supported(
      'counted on a machine that has the model loaded; where none has, on one that has its file, without its weights',
    ),
  ),
  'endpoint.models': row('`GET /v1/models`, `/v1/models/{id}`', supported('true limits and capabilities')),
  'endpoint.probes': row('`HEAD /`, `HEAD /api/hello`', supported('without a key')),
  'endpoint.batches': row(
    '`/v1/messages/batches`',
    refused('Message batches are not available on this yard. Send the requests one by one to /v1/messages.'),
  ),
  'endpoint.files': row(
    '`/v1/files`',
    refused('The files API is not available on this yard. Send documents inside the request (base64 PDF, or text).'),
  ),
  'endpoint.skills': row('`/v1/skills`', refused('The skills API is not available on this yard.')),
  'endpoint.complete': row(
    '`/v1/complete`',
    refused('The text completions API is not available on this yard. Use /v1/messages.'),
  ),
} as const satisfies FeatureRows;

/** Paths that are known and absent: everything at them and below answers 404 in these words. */
export const absentPaths = {
  '/v1/messages/batches': 'endpoint.batches',
  '/v1/files': 'endpoint.files',
  '/v1/skills': 'endpoint.skills',
  '/v1/complete': 'endpoint.complete',
} as const satisfies Readonly<Record<string, keyof typeof endpointFeatures>>;
