/**
 * Who is asking. Both header dialects are in the field: `x-api-key` (API version 2023-06-01) and
 * `Authorization: Bearer` (SDK 1.x, and Claude Code with ANTHROPIC_AUTH_TOKEN).
 */
import type { IncomingHttpHeaders } from 'node:http';
import { ApiFailure, apiError } from '../../contract/errors.ts';
import type { ApiKey, Store } from '../../transport/store/store.ts';

/** The secret a request carries, or undefined. `x-api-key` wins when both are sent. */
export function presentedKey(headers: IncomingHttpHeaders): string | undefined {
  return directKey(headers) ?? /^bearer\s+(\S+)$/i.exec(headers.authorization ?? '')?.[1];
}

function directKey(headers: IncomingHttpHeaders): string | undefined {
  const direct = headers['x-api-key'];
  return typeof direct === 'string' && direct !== '' ? direct : undefined;
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
    const credential = directKey(headers) === undefined ? 'bearer token' : 'x-api-key';
    // Claude Code knows the credential by these words. Told of an `x-api-key` where it sent a token, it would
    // say "Please run /login" in place of our sentence.
    throw new ApiFailure(
      apiError(
        'authentication',
        `invalid ${credential}: this yard does not know the key. \`metalyard keys create\` makes one.`,
      ),
    );
  }
  return key;
}
