/**
 * Invitations for machines: `mj_<12 base62>_<43 base64url>`, good for some uses and some minutes.
 * Shown once; only a SHA-256 is kept.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Kysely } from 'kysely';
import { randomBase62 } from '../ids.ts';
import type { Tables } from './tables.ts';

export interface JoinToken {
  readonly tokenId: string;
  /** Given to whoever joins with it; empty: none. */
  readonly label: string;
  /** Whoever joins with it is let in at once. */
  readonly approves: boolean;
  readonly usesLeft: number;
  readonly expiresAtMs: number;
}

const shape = /^mj_([0-9A-Za-z]{12})_[0-9A-Za-z_-]{43}$/;

const digestOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();

export class JoinTokens {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  /** Makes one. The secret is not kept: this is the only time it is seen. */
  async create(wish: {
    readonly label: string;
    readonly approves: boolean;
    readonly uses: number;
    readonly lifetimeMs: number;
  }): Promise<{ readonly token: JoinToken; readonly secret: string }> {
    const name = randomBase62(12);
    const secret = `mj_${name}_${randomBytes(32).toString('base64url')}`;
    const now = Date.now();
    const { label, approves, uses, lifetimeMs } = wish;
    const token = { tokenId: `join_${name}`, label, approves, usesLeft: uses, expiresAtMs: now + lifetimeMs };
    await this.#db
      .insertInto('join_tokens')
      .values({
        token_id: token.tokenId,
        digest: digestOf(secret).toString('hex'),
        label,
        approves: approves ? 1 : 0,
        uses_left: uses,
        created_at_ms: now,
        expires_at_ms: token.expiresAtMs,
      })
      .execute();
    return { token, secret };
  }

  /** Uses a token up by one, for a machine. Undefined when it is unknown, used up or too old: which of these is not told. */
  async use(secret: string, machineId: string): Promise<JoinToken | undefined> {
    const row = await this.#find(secret);
    if (row === undefined) return undefined;
    // One statement decides, so that two who come at once do not share the last use.
    const { numUpdatedRows } = await this.#db
      .updateTable('join_tokens')
      .set((eb) => ({ uses_left: eb('uses_left', '-', 1) }))
      .where('token_id', '=', row.token_id)
      .where('uses_left', '>', 0)
      .where('expires_at_ms', '>', Date.now())
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return undefined;
    await this.#db
      .insertInto('join_token_uses')
      .values({ token_id: row.token_id, machine_id: machineId })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    return read({ ...row, uses_left: row.uses_left - 1 });
  }

  /** The token, where this machine has used it before: what it says again needs no other use. */
  async usedBy(machineId: string, secret: string): Promise<JoinToken | undefined> {
    const row = await this.#find(secret);
    if (row === undefined) return undefined;
    const use = await this.#db
      .selectFrom('join_token_uses')
      .select('token_id')
      .where('token_id', '=', row.token_id)
      .where('machine_id', '=', machineId)
      .executeTakeFirst();
    return use === undefined ? undefined : read(row);
  }

  async #find(secret: string): Promise<Tables['join_tokens'] | undefined> {
    const name = shape.exec(secret)?.[1];
    if (name === undefined) return undefined;
    const row = await this.#db
      .selectFrom('join_tokens')
      .selectAll()
      .where('token_id', '=', `join_${name}`)
      .executeTakeFirst();
    const isRight = row !== undefined && timingSafeEqual(Buffer.from(row.digest, 'hex'), digestOf(secret));
    return isRight ? row : undefined;
  }

  /** Those that can still be used. */
  async list(): Promise<readonly JoinToken[]> {
    const rows = await this.#db
      .selectFrom('join_tokens')
      .selectAll()
      .where('uses_left', '>', 0)
      .where('expires_at_ms', '>', Date.now())
      .orderBy('created_at_ms')
      .execute();
    return rows.map(read);
  }

  /** False when there is no such token that could still be used. */
  async revoke(tokenId: string): Promise<boolean> {
    const { numUpdatedRows } = await this.#db
      .updateTable('join_tokens')
      .set({ uses_left: 0 })
      .where('token_id', '=', tokenId)
      .where('uses_left', '>', 0)
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  }
}

function read(row: Tables['join_tokens']): JoinToken {
  return {
    tokenId: row.token_id,
    label: row.label,
    approves: row.approves === 1,
    usesLeft: row.uses_left,
    expiresAtMs: row.expires_at_ms,
  };
}
