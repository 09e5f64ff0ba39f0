/**
 * Who is asking. Both header dialects are in the field: `x-api-key` (API version 2023-06-01) and
 * `Authorization: Bearer` (SDK 1.x, and Claude Code with ANTHROPIC_AUTH_TOKEN).
 */
import type { IncomingHttpHeaders } from 'node:http';
import { ApiFailure, apiError } from '../../contract/errors.ts';
import type { ApiKey, Store } from '../../transport/store/store.ts';

interface PresentedKey {
  readonly secret: string;
  readonly as: 'x-api-key' | 'bearer token';
}

/** The secret a request carries, or undefined. `x-api-key` wins when both are sent. */
function presentedKey(headers: IncomingHttpHeaders): PresentedKey | undefined {
  const direct = headers['x-api-key'];
  if (typeof direct === 'string' && direct !== '') return { secret: direct, as: 'x-api-key' };
  const secret = /^bearer\s+(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  return secret === undefined ? undefined : { secret, as: 'bearer token' };
}

/** Resolves to the key, or throws the 401 that makes clients stop asking. */
export async function authenticate(store: Store, headers: IncomingHttpHeaders): Promise<ApiKey> {
  const presented = presentedKey(headers);
  if (presented === undefined) {
    throw new ApiFailure(
      apiError('authentication', 'No API key: send `x-api-key: KEY` or `Authorization: Bearer KEY`.'),
    );
  }
  const key = await store.keys.verify(presented.secret);
  if (key === undefined) {
    // Claude Code knows the credential by these words. Told of an `x-api-key` where it sent a token, it would
    // say "Please run /login" in place of our sentence.
    throw new ApiFailure(
      apiError(
        'authentication',
        `invalid ${presented.as}: this yard does not know the key. \`metalyard keys create\` makes one.`,
      ),
    );
  }
  return key;
}
