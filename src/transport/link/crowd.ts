/**
 * Those at a door of whom nobody knows who they are, kept apart by where they come from. There is room for so many. Where
 * it is full, the origin with the most loses its newest: whoever comes alone is not kept out by many that come from one
 * place, and one place alone may have all of it.
 */

export interface CrowdRoom {
  /** Members at once. */
  readonly most: number;
  /** Of one origin; as many as there is room for unless said otherwise. */
  readonly mostOfOne?: number;
}

export class Crowd<Member> {
  readonly #most: number;
  readonly #mostOfOne: number;
  /** Of each origin those who are here, the oldest first. The origin whose turn is next comes first. */
  readonly #origins = new Map<string, Member[]>();
  readonly #originOf = new Map<Member, string>();

  constructor({ most, mostOfOne = most }: CrowdRoom) {
    this.#most = most;
    this.#mostOfOne = mostOfOne;
  }

  get size(): number {
    return this.#originOf.size;
  }

  /** Takes it in. Returns who has to leave for it and is not counted any more: another one, or itself. */
  enter(member: Member, origin: string): Member | undefined {
    const own = this.#origins.get(origin) ?? [];
    if (own.length >= this.#mostOfOne) return member;
    const isFull = this.size >= this.#most;
    const leaves = isFull ? this.takeFor(origin) : undefined;
    if (isFull && leaves === undefined) return member;
    own.push(member);
    this.#origins.set(origin, own);
    this.#originOf.set(member, origin);
    return leaves;
  }

  /** Takes out the newest of the origin with the most. Undefined where another one of `origin` has no claim on its place. */
  takeFor(origin: string): Member | undefined {
    const largest = this.#largest();
    const own = this.#origins.get(origin)?.length ?? 0;
    if (largest === undefined || largest.length <= own + 1) return undefined;
    const leaves = largest.at(-1);
    if (leaves !== undefined) this.leave(leaves);
    return leaves;
  }

  /** False when it is not here. */
  leave(member: Member): boolean {
    const origin = this.#originOf.get(member);
    if (origin === undefined) return false;
    this.#originOf.delete(member);
    const own = this.#origins.get(origin) ?? [];
    // Who leaves is mostly the oldest.
    own.splice(own.indexOf(member), 1);
    if (own.length === 0) this.#origins.delete(origin);
    return true;
  }

  /** Takes the oldest out of the origin whose turn it is, among those that may; their turns go round. */
  next(mayGo: (origin: string) => boolean): { readonly member: Member; readonly origin: string } | undefined {
    for (const [origin, own] of this.#origins) {
      const [member] = own;
      if (member === undefined || !mayGo(origin)) continue;
      this.leave(member);
      if (this.#origins.delete(origin)) this.#origins.set(origin, own);
      return { member, origin };
    }
    return undefined;
  }

  #largest(): readonly Member[] | undefined {
    let largest: readonly Member[] | undefined;
    for (const own of this.#origins.values()) {
      if (largest === undefined || own.length > largest.length) largest = own;
    }
    return largest;
  }
}
