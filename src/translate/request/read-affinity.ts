/** Who and which session a request belongs to, as far as its body says: for routing, never for access. */

export interface Affinity {
  readonly sessionId?: string;
  readonly userId?: string;
}

/**
 * `metadata.user_id` is any string; Claude Code packs JSON with `session_id`, `account_uuid` and
 * `device_id` into it.
 */
export function readAffinity(userId: string | null | undefined): Affinity {
  if (userId === null || userId === undefined || userId === '') return {};
  if (!userId.startsWith('{')) return { userId };
  let packed: unknown;
  try {
    packed = JSON.parse(userId);
  } catch {
    return { userId };
  }
  const fields = packed as Readonly<Record<string, unknown>>; // the text began with a brace
  const user = nonEmpty(fields.account_uuid) ?? nonEmpty(fields.device_id);
  const session = nonEmpty(fields.session_id);
  return { ...(session === undefined ? {} : { sessionId: session }), ...(user === undefined ? {} : { userId: user }) };
}

const nonEmpty = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;
