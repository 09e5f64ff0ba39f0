/** Whether there is room for a model on this machine, and what would have to go for it. Pure. */
import { fitModel, type ModelSize, plannedBytes } from '../engines/fit.ts';
import { size } from '../machine/governor/budget.ts';
import { makeRoom, type Resident, type Room, stayingText } from '../yard/loads/make-room.ts';
import type { DeviceRoom } from './load-plan.ts';

/** A model that is loaded here, and where. */
export interface PlacedResident extends Resident {
  readonly device: DeviceRoom['device'];
}

export interface PlaceWishes {
  readonly window?: number;
  readonly slots?: number;
  /** What all our models together may take, bytes. */
  readonly memoryBytes?: number;
  /** Others are served here too: one model does not take all there is. */
  readonly shares: boolean;
}

export interface Place {
  readonly room: Room;
  /** Where it would go. */
  readonly device: DeviceRoom['device'];
  /** What is free there now, bytes. */
  readonly freeBytes: number;
  /** The most it may take there once there is room, and why. */
  readonly most: { readonly bytes: number; readonly says: string };
}

/** A window in which a coding agent's prompt and some work fit: others are unloaded rather than to offer less. */
const comfortableWindow = 16_384;
const smallestWindow = 4_096;

/**
 * `rooms`: what is left on each device, the best first. `loading`: bytes of models that are being loaded, which are
 * no residents yet.
 */
export function placeModel(
  model: ModelSize,
  rooms: readonly DeviceRoom[],
  residents: readonly PlacedResident[],
  loadingBytes: number,
  wishes: PlaceWishes,
  nowMs: number,
): Place {
  const taken = sum(residents) + loadingBytes;
  const allowed = wishes.memoryBytes === undefined ? null : wishes.memoryBytes - taken;
  const trained = model.trainedWindow > 0 ? model.trainedWindow : smallestWindow;
  const least = (window: number) =>
    plannedBytes(model, { slots: wishes.slots ?? 1, window: wishes.window ?? Math.min(window, trained) });

  let refusal: Place | null = null;
  for (const needed of new Set([least(comfortableWindow), least(smallestWindow)])) {
    for (const room of rooms) {
      const isCapped = allowed !== null && allowed < room.bytes;
      const free = isCapped ? allowed : room.bytes;
      const there = residents.filter(({ device }) => isCapped || device === room.device);
      const whole = free + sum(there);
      const movable = free + sum(there.filter(({ stays }) => stays === null));
      const says = isCapped ? `${size(wishes.memoryBytes ?? 0)} are allowed by --memory` : room.says;
      const most = { bytes: mostBytes(model, needed, movable, wishes), says };
      if (needed <= movable)
        return { room: makeRoom(needed - free, there, nowMs), device: room.device, freeBytes: free, most };
      const refused = refuse(model, { needed, movable, whole, there }, says, wishes);
      // What the owner can change is told before what cannot be.
      if (refusal === null || (isForOthers(refused) && !isForOthers(refusal.room))) {
        refusal = { room: refused, device: room.device, freeBytes: free, most };
      }
    }
  }
  if (loadingBytes > 0 && refusal?.room.kind === 'never') {
    const because = `another model is being loaded. ${refusal.room.because}`;
    return { ...refusal, room: { kind: 'wait', retryAfterMs: 2_000, because, givingWay: [] } };
  }
  if (refusal === null) throw new Error('a machine without any memory');
  return refusal;
}

/** Where others are served too, the KV cache takes half of what the weights leave, if that is comfortable. */
function mostBytes(model: ModelSize, needed: number, available: number, { shares }: PlaceWishes): number {
  if (!shares) return available;
  return Math.max(needed, model.weightBytes + Math.max(0, available - model.weightBytes) / 2);
}

interface Narrow {
  /** The least it takes, bytes. */
  readonly needed: number;
  /** Free once all has gone that may go, and once everything has, bytes. */
  readonly movable: number;
  readonly whole: number;
  readonly there: readonly PlacedResident[];
}

function refuse(model: ModelSize, { needed, movable, whole, there }: Narrow, says: string, wishes: PlaceWishes): Room {
  if (needed <= whole) {
    const staying = `${size(whole - movable)} of it for others: ${stayingText(there)}`;
    return { kind: 'never', isForOthers: true, because: `It needs ${size(needed)}, and ${says}, ${staying}.` };
  }
  const fit = fitModel(model, {
    memory: { bytes: Math.max(0, whole), says },
    cores: 1,
    ...(wishes.window === undefined ? {} : { window: wishes.window }),
    ...(wishes.slots === undefined ? {} : { slots: wishes.slots }),
  });
  return { kind: 'never', isForOthers: false, because: fit.ok ? says : fit.failure.message };
}

const isForOthers = (room: Room): boolean => room.kind === 'never' && room.isForOthers;

const sum = (residents: readonly Resident[]): number => residents.reduce((total, { bytes }) => total + bytes, 0);
