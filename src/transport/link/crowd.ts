/**
 * Those at a door of whom nobody knows who they are, kept apart by where they come from. There is room for so many. Where
 * it is full, the region with the most loses the newest of its origin with the most: whoever comes alone is not kept out by many
 * that come from one place, nor by one who has many places side by side; and one place alone may have all of it. How many origins
 * there are does not matter for how long that takes.
 */
import { Ranks } from './ranks.ts';

export interface CrowdRoom {
  /** Members at once. */
  readonly most: number;
  /** Of one origin; as many as there is room for unless said otherwise. */
  readonly mostOfOne?: number;
}

/**
 * The region an origin lies in: the /24 of an IPv4 address, the /32 of an IPv6 network, which is what a provider has. Addresses of
 * private networks are regions by themselves, as neighbours there are no strangers; so is any other name (a machine's).
 */
export function regionOf(origin: string): string {
  if (privateNetwork.test(origin)) return origin;
  if (origin.includes(':')) return origin.split(':').slice(0, 2).join(':');
  return /^(\d+\.\d+\.\d+)\.\d+$/.exec(origin)?.[1] ?? origin;
}

const privateNetwork = /^(10|127|192\.168|169\.254|172\.(1[6-9]|2\d|3[01]))\.|^(f[cd][0-9a-f]{2}|fe[89ab][0-9a-f]|0):/;

export class Crowd<Member> {
  readonly #most: number;
  readonly #mostOfOne: number;
  /** Of each origin those who are here, the oldest first. The origin whose turn is next comes first. */
  readonly #origins = new Map<string, Member[]>();
  readonly #originOf = new Map<Member, string>();
  /** Members of each region, and of each of its origins. */
  readonly #regions = new Ranks();
  readonly #inRegion = new Map<string, Ranks>();

  constructor({ most, mostOfOne = most }: CrowdRoom) {
    this.#most = most;
    this.#mostOfOne = mostOfOne;
  }

  get size(): number {
    return this.#originOf.size;
  }

  /** Takes it in. Returns who has to leave for it and is not counted any more: another one, or itself. */
  enter(member: Member, origin: string): Member | undefined {
    if ((this.#origins.get(origin)?.length ?? 0) >= this.#mostOfOne) return member;
    const isFull = this.size >= this.#most;
    const leaves = isFull ? this.takeFor(origin) : undefined;
    if (isFull && leaves === undefined) return member;
    const own = this.#origins.get(origin) ?? [];
    own.push(member);
    this.#origins.set(origin, own);
    this.#originOf.set(member, origin);
    this.#count(origin, 1);
    return leaves;
  }

  /**
   * Takes out the newest of the origin with the most, in the region with the most. Undefined where another one of `origin` has no
   * claim on its place.
   */
  takeFor(origin: string): Member | undefined {
    const region = regionOf(origin);
    const largest = this.#regions.largest();
    const crowded = largest !== undefined && largest.size > this.#regions.sizeOf(region) + 1 ? largest.name : region;
    const most = this.#inRegion.get(crowded)?.largest();
    if (most === undefined) return undefined;
    if (crowded === region && most.size <= (this.#origins.get(origin)?.length ?? 0) + 1) return undefined;
    const leaves = this.#origins.get(most.name)?.at(-1);
    if (leaves !== undefined) this.leave(leaves);
    return leaves;
  }

  /** False when it is not here. */
  leave(member: Member): boolean {
    const origin = this.#originOf.get(member);
    if (origin === undefined) return false;
    this.#originOf.delete(member);
    const own = this.#origins.get(origin) ?? [];
    // Who leaves is the newest where there is no more room, and else mostly the oldest.
    if (own.at(-1) === member) own.pop();
    else own.splice(own.indexOf(member), 1);
    if (own.length === 0) this.#origins.delete(origin);
    this.#count(origin, -1);
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

  #count(origin: string, change: 1 | -1): void {
    const region = regionOf(origin);
    const origins = this.#inRegion.get(region) ?? new Ranks();
    origins.change(origin, change);
    this.#regions.change(region, change);
    if (this.#regions.sizeOf(region) === 0) this.#inRegion.delete(region);
    else this.#inRegion.set(region, origins);
  }
}
