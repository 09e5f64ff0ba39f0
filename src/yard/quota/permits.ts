/**
 * Permits: a key that may have four requests at once has four of them, and each gateway leases what it needs from the store. What is
 * decided there, for one key: how many a gateway gets, and whether it is to give some back because another has fewer than its share.
 *
 * A gateway that is alone gets half of what is left beyond its need with each claim, and soon has all. As soon as another has fewer
 * than its share nobody gets more than its own, and what is free goes to who is first in line. A share that cannot be cut (one permit, two
 * gateways) is had by turns: whoever holds permits goes behind all who wait for one.
 */
import type { KeyId } from '../../contract/ids.ts';

/** What the store keeps of one key and one gateway. */
export interface PermitRow {
  /** One life of a gateway. */
  readonly holder: string;
  readonly permits: number;
  /** How many it could use. */
  readonly demand: number;
  /** Its place in line, the lowest first. */
  readonly turn: number;
}

/** What a gateway wants of one key. */
export interface PermitClaim {
  readonly keyId: KeyId;
  /** How many the key has. */
  readonly limit: number;
  /** How many must be left of those it has, at most its demand: what it may use before the answer comes. */
  readonly keep: number;
  /** How many it could use; 0: it gives all back. */
  readonly demand: number;
  /** With 0: it may soon want one again, and keeps its place in line if it waits for its first. */
  readonly stays?: boolean;
}

export interface PermitGrant {
  readonly keyId: KeyId;
  /** How many the gateway has now. */
  readonly permits: number;
  /** How many it should have, where another has fewer than its share; null: nobody does. */
  readonly share: number | null;
}

/** Decides about a claim. `rows`: of this key, of gateways that are alive. `row`: what is kept from now on; null: nothing. */
export function decideClaim(
  holder: string,
  { keyId, limit, keep, demand, stays = false }: PermitClaim,
  rows: readonly PermitRow[],
): { readonly grant: PermitGrant; readonly row: PermitRow | null } {
  if (demand === 0) {
    const waits = rows.find((row) => row.holder === holder && row.permits === 0);
    const row = stays && waits !== undefined ? { ...waits, demand: 0 } : null;
    return { grant: { keyId, permits: 0, share: null }, row };
  }
  const others = rows.filter((row) => row.holder !== holder);
  const last = 1 + Math.max(0, ...rows.map(({ turn }) => turn));
  const had = rows.find((row) => row.holder === holder) ?? { holder, permits: 0, turn: last };
  const shares = divide(limit, [...others, { ...had, demand }]);
  const shareOf = (row: { readonly holder: string }): number => shares.get(row.holder) ?? 0;
  const isContested = others.some((row) => row.permits < shareOf(row));
  // Of those who have fewer than their share, who is behind in line leaves what is free to who is before.
  const theirs = others.reduce((sum, row) => sum + Math.max(row.permits, isBefore(row, had) ? shareOf(row) : 0), 0);
  const room = Math.max(0, limit - theirs);
  const spare = isContested ? 0 : Math.ceil(Math.max(0, room - demand) / 2);
  const wanted = isContested ? Math.min(demand, shareOf(had)) : Math.max(had.permits, demand + spare);
  const permits = Math.max(Math.min(had.permits, keep), Math.min(room, wanted));
  return {
    grant: { keyId, permits, share: isContested ? shareOf(had) : null },
    row: { holder, permits, demand, turn: permits > 0 ? last : had.turn },
  };
}

/** Whose turn it is first. */
const isBefore = (one: Pick<PermitRow, 'holder' | 'turn'>, other: Pick<PermitRow, 'holder' | 'turn'>): boolean =>
  one.turn === other.turn ? one.holder < other.holder : one.turn < other.turn;

/** Divides the permits of a key: who wants little gets that, the others as many each; what is left over, one each in line. */
function divide(limit: number, rows: readonly PermitRow[]): ReadonlyMap<string, number> {
  const shares = new Map<string, number>();
  let left = limit;
  let wanting = [...rows].sort((one, other) => (isBefore(one, other) ? -1 : 1));
  while (wanting.length > 0) {
    const level = Math.floor(left / wanting.length);
    const modest = wanting.filter(({ demand }) => demand <= level);
    if (modest.length === 0) {
      const over = left % wanting.length;
      for (const [place, { holder }] of wanting.entries()) shares.set(holder, place < over ? level + 1 : level);
      break;
    }
    for (const { holder, demand } of modest) {
      shares.set(holder, demand);
      left -= demand;
    }
    wanting = wanting.filter(({ demand }) => demand > level);
  }
  return shares;
}
