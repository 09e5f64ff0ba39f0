/**
 * Who is asking. Both header dialects are in the field: `x-api-key` (API version 2023-06-01) and
 * `Authorization: Bearer` (SDK 1.x, and Claude Code with ANTHROPIC_AUTH_TOKEN).
 */
import type { IncomingHttpHeaders } from 'node:http';
import { ApiFailure, apiError } from '../../contract/errors.ts';
import type { ApiKey, Store } from '../../transport/store/store.ts';

interface Credential {
  readonly header: 'x-api-key' | 'bearer token';
  readonly secret: string;
}

/** What a request carries, `x-api-key` first. Claude Code sends both when it keeps a key from a login of its own. */
function credentials(headers: IncomingHttpHeaders): readonly Credential[] {
  const direct = headers['x-api-key'];
  const bearer = /^bearer\s+(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  return [
    ...(typeof direct === 'string' && direct !== '' ? [{ header: 'x-api-key', secret: direct } as const] : []),
    ...(bearer === undefined ? [] : [{ header: 'bearer token', secret: bearer } as const]),
  ];
}

/** The first secret a request carries, or undefined. */
export function presentedKey(headers: IncomingHttpHeaders): string | undefined {
  return credentials(headers)[0]?.secret;
}

/** The key of nearly every request: the first it carries, when that one was seen lately. Waits for nothing. */
export function recallKey(store: Store, headers: IncomingHttpHeaders): ApiKey | undefined {
  const secret = presentedKey(headers);
  return secret === undefined ? undefined : store.keys.recall(secret);
}

/** Resolves to the first key that is ours, or throws the 401 that makes clients stop asking. */
export async function authenticate(store: Store, headers: IncomingHttpHeaders): Promise<ApiKey> {
  const carried = credentials(headers);
  const [first] = carried;
  if (first === undefined) {
    throw new ApiFailure(
      apiError('authentication', 'No API key: send `x-api-key: KEY` or `Authorization: Bearer KEY`.'),
    );
  }
  for (const { secret } of carried) {
    const key = await store.keys.verify(secret);
    if (key !== undefined) return key;
  }
  for (const { header, secret } of carried) {
    const expiredAtMs = await store.keys.expiredAtMs(secret);
    if (expiredAtMs !== undefined) {
      throw new ApiFailure(
        apiError(
          'authentication',
          `invalid ${header}: this key expired at ${new Date(expiredAtMs).toISOString()}. Its owner can let it work ` +
            'again: metalyard keys set KEY --expires DATE',
        ),
      );
    }
  }
  // Claude Code knows the credential by these words. Told of an `x-api-key` where it sent a token, it would
  // say "Please run /login" in place of our sentence.
  throw new ApiFailure(
    apiError(
      'authentication',
      `invalid ${first.header}: this yard does not know the key. \`metalyard keys create\` makes one.`,
    ),
  );
}
