/**
 * Who is asking. Both header dialects are in the field: `x-api-key` (API version 2023-06-01) and
 * `Authorization: Bearer` (SDK 1.x, and Claude Code with ANTHROPIC_AUTH_TOKEN).
 */
import type { IncomingHttpHeaders } from 'node:http';
import { ApiFailure, apiError } from '../../contract/errors.ts';
import type { ApiKey, Store } from '../../transport/store/store.ts';

/** The secret a request carries, or undefined. `x-api-key` wins when both are sent. */
export function presentedKey(headers: IncomingHttpHeaders): string | undefined {
  const direct = headers['x-api-key'];
  if (typeof direct === 'string' && direct !== '') return direct;
  const match = /^bearer\s+(\S+)$/i.exec(headers.authorization ?? '');
  return match?.[1];
}

/** Resolves to the key, or throws the 401 that makes clients stop asking. */
export async function authenticate(store: Store, headers: IncomingHttpHeaders): Promise<ApiKey> {
  const secret = presentedKey(headers);
  if (secret === undefined) {
    throw new ApiFailure(
      apiError('authentication', 'No API key: send `x-api-key: KEY` or `Authorization: Bearer KEY`.'),
    );
  }
  const key = await store.keys.verify(secret);
  if (key === undefined) {
    throw new ApiFailure(
      apiError(
        'authentication',
        'invalid x-api-key: this yard does not know the key. `metalyard keys create` makes one.',
      ),
    );
  }
  return key;
}
