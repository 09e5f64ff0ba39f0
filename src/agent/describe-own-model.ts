/** What the gateway is told of a model whose file is here, beside what its host knows: whether there is room, and what its owner wants. Pure. */
import { apiError, noRoom } from '../contract/errors.ts';
import type { MachineModel } from '../contract/link/messages.ts';
import { fitModel, type ModelSize, plannedBytes } from '../engines/fit.ts';
import type { ExpectedLoad, LoadedFile } from './own-engine.ts';
import type { Place } from './place-model.ts';

export interface OwnModelNotes {
  readonly isPinned: boolean;
  readonly isKept: boolean;
  readonly givesWay: boolean;
  /** What the owner fixed. */
  readonly fixed: { readonly window?: number; readonly slots?: number };
  /** How long it would take to load. */
  expectedLoad(file: LoadedFile): ExpectedLoad;
  /** Where it would go; null while nothing is known of the machine. Asked only for what is not loaded. */
  place(): Place | null;
}

/** `file`: undefined where it cannot be read. Null: how large it could be is not known yet. */
export function describeOwnModel(
  model: MachineModel,
  file: (ModelSize & LoadedFile) | undefined,
  notes: OwnModelNotes,
): MachineModel | null {
  const wanted = { ...model, ...(notes.isPinned ? { pinned: true } : {}), ...(notes.isKept ? { kept: true } : {}) };
  if (model.status === 'failed' || file === undefined) return wanted;
  const { ms: loadMs, times: loadTimes } = notes.expectedLoad(file);
  const known = { ...wanted, loadMs, loadTimes };
  if (model.status === 'ready') return notes.givesWay ? { ...known, givesWay: true } : known;
  if (model.status === 'loading') return known;
  const place = notes.place();
  if (place === null) return null;
  const { room, most } = place;
  if (room.kind === 'never') {
    // Gateways that do not know the word take it for a failed load.
    const word = room.isForOthers ? { errorCode: noRoom } : {};
    return { ...known, status: 'failed', failure: apiError('model_load_failed', room.because, word) };
  }
  const fit = fitModel(file, { memory: most, cores: 1, ...notes.fixed });
  if (!fit.ok) return { ...known, status: 'failed', failure: apiError('model_load_failed', fit.failure.message) };
  const { window, slots } = fit.plan;
  return {
    ...known,
    window,
    slots,
    bytes: plannedBytes(file, fit.plan),
    room: room.kind === 'free' ? 'free' : 'taken',
  };
}
