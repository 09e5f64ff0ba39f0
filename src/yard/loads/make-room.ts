/**
 * The agent's side of a load: how room is made for a model beside those that are loaded. Pure; the agent alone
 * owns its memory, and the simulation uses the same code.
 *
 * - What is busy, pinned or to be kept (`minimums.ts`) is never unloaded.
 * - What was loaded stays for a while: four times as long as its load took, half a minute at least. Two models that are
 *   asked for in turns on a machine that holds one of them therefore cost a fifth of its time in loads, not all of it.
 * - Of what may go, those are unloaded that free enough bytes at the least cost: the time it would take to load them
 *   again, times how much they were used lately.
 * - What is busy and has had its time takes no new tickets while another model is asked for, and goes when it is idle.
 */

/** A model that is loaded here. */
export interface Resident {
  readonly id: string;
  /** Weights and KV cache, as planned. */
  readonly bytes: number;
  readonly busySlots: number;
  /** Why it is unloaded for no other: its owner pinned it, or the gateway counts on it; null: it may be. */
  readonly stays: 'pinned' | 'kept' | null;
  /** When it became ready, ms. */
  readonly loadedAtMs: number;
  /** How long that took, ms. */
  readonly loadMs: number;
  /** How long it would take to load it again, ms. */
  readonly againMs: number;
  /** Tickets lately; see `cooled`. */
  readonly heat: number;
}

export type Room =
  | { readonly kind: 'free' }
  /** Unload these, all of them idle. */
  | { readonly kind: 'unload'; readonly ids: readonly string[] }
  /** Not now. `givingWay` are to take no new tickets: they go once they are idle. */
  | {
      readonly kind: 'wait';
      readonly retryAfterMs: number;
      readonly because: string;
      readonly givingWay: readonly string[];
    }
  /** Not while things are as they are. `isForOthers`: it would fit, were it not for what is pinned or kept. */
  | { readonly kind: 'never'; readonly because: string; readonly isForOthers: boolean };

/** A model stays loaded this many times as long as it took to load: loads take a fifth of the time at most. */
const residencyPerLoad = 4;
/** At least long enough for some answers, ms, and no longer than a person waits for a machine. */
const shortestResidencyMs = 30_000;
const longestResidencyMs = 300_000;
/** How soon it is worth asking again whether a busy model has become idle, ms. */
const idleRetryMs = 1_000;
/** Of sets of so many models all are looked at: 4,096. More are never loaded at once on one machine. */
const lookedAtWhole = 12;

/** How long a model that took `loadMs` to load stays loaded, ms. */
export function residencyMs(loadMs: number): number {
  return Math.min(longestResidencyMs, Math.max(shortestResidencyMs, residencyPerLoad * loadMs));
}

/** Use fades: half of it is gone after ten minutes. */
const halfLifeMs = 600_000;
export function cooled(heat: number, idleMs: number): number {
  return heat * 0.5 ** (Math.max(0, idleMs) / halfLifeMs);
}

/** `missingBytes`: how much more is needed than is free; nothing is unloaded where it is not above 0. */
export function makeRoom(missingBytes: number, residents: readonly Resident[], nowMs: number): Room {
  if (missingBytes <= 0) return { kind: 'free' };
  const restMs = ({ loadedAtMs, loadMs }: Resident): number => loadedAtMs + residencyMs(loadMs) - nowMs;
  const movable = residents.filter(({ stays }) => stays === null);
  const ready = cheapest(
    movable.filter((resident) => resident.busySlots === 0 && restMs(resident) <= 0),
    missingBytes,
  );
  if (ready !== null) return { kind: 'unload', ids: ready.map(({ id }) => id) };

  const due = cheapest(
    movable.filter((resident) => restMs(resident) <= 0),
    missingBytes,
  );
  if (due !== null) {
    const givingWay = due.map(({ id }) => id);
    const busy = due.filter(({ busySlots }) => busySlots > 0).map(({ id }) => id);
    const because = `${list(busy)} ${busy.length === 1 ? 'is' : 'are'} finishing what was begun`;
    return { kind: 'wait', retryAfterMs: idleRetryMs, because, givingWay };
  }

  if (sum(movable) < missingBytes) {
    const because = stayingText(residents) || 'nothing that is loaded could make room for it';
    return { kind: 'never', because, isForOthers: sum(residents) >= missingBytes };
  }
  // Those that may go soonest, until there is room.
  const soonest: Resident[] = [];
  for (const resident of movable.toSorted((one, other) => restMs(one) - restMs(other))) {
    if (sum(soonest) < missingBytes) soonest.push(resident);
  }
  const leftMs = Math.ceil(Math.max(...soonest.map(restMs)));
  const because = `${list(soonest.map(({ id }) => id))} was loaded a moment ago`;
  return { kind: 'wait', retryAfterMs: Math.max(idleRetryMs, leftMs), because, givingWay: [] };
}

/** What it would cost to have it unloaded: ms of loading, weighed by its use. Unused ones cost a little too. */
const cost = ({ againMs, heat }: Resident): number => Math.max(1, againMs) * (heat + 0.1);

/** The cheapest of the sets that free enough, or null when all together do not. */
function cheapest(residents: readonly Resident[], missingBytes: number): readonly Resident[] | null {
  if (sum(residents) < missingBytes) return null;
  const candidates = residents.toSorted((a, b) => cost(a) / a.bytes - cost(b) / b.bytes).slice(0, lookedAtWhole);
  // So many small ones that a dozen do not suffice: the cheapest per byte, one after the other.
  if (sum(candidates) < missingBytes) return residents;
  let best: readonly Resident[] = candidates;
  let bestCost = Number.POSITIVE_INFINITY;
  for (let set = 1; set < 2 ** candidates.length; set++) {
    const chosen = candidates.filter((_, index) => (set & (1 << index)) !== 0);
    const price = chosen.reduce((total, resident) => total + cost(resident), 0);
    if (price < bestCost && sum(chosen) >= missingBytes) [best, bestCost] = [chosen, price];
  }
  return best;
}

const sum = (residents: readonly Resident[]): number => residents.reduce((total, { bytes }) => total + bytes, 0);

/** What stays, and how that can be changed: `a is pinned (metalyard models unpin)`. Empty where nothing does. */
export function stayingText(residents: readonly Pick<Resident, 'id' | 'stays'>[]): string {
  const told = (stays: Resident['stays'], says: string): readonly string[] => {
    const ids = residents.filter((resident) => resident.stays === stays).map(({ id }) => id);
    return ids.length === 0 ? [] : [`${list(ids)} ${ids.length === 1 ? 'is' : 'are'} ${says}`];
  };
  const pinned = told('pinned', 'pinned (metalyard models unpin)');
  return list([...pinned, ...told('kept', 'to stay loaded (metalyard models min)')]);
}

const list = (ids: readonly string[]): string => ids.join(' and ');
