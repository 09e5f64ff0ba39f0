/**
 * What the yard calls a model that a machine tells of. Names are made by each machine for itself, from files and servers,
 * and identity is the digest, so the two may disagree:
 *
 * - the same digest under two names (a file was renamed) is one model, and keeps the name it was first known by;
 * - two digests under one name are two models: the one that comes later is called `name@digest`, for as long as another
 *   machine has the first. Never is one silently served for the other.
 *
 * A name that means something of its own (`auto`, a tier, `claude-*`) is no model's: `model-` is put before it.
 *
 * Digests of two formats (a GGUF file, a model at an Ollama) say nothing about each other: there the name alone counts,
 * and copies of one name meet under it.
 */
import type { MachineModel } from '../../contract/link/messages.ts';
import { isReserved } from './aliases.ts';

/** A model as another machine has it, under its name in the yard. */
export type KnownModel = Pick<MachineModel, 'id' | 'digest' | 'artefact'>;

/** Hex digits of a digest that tell copies apart, for people. */
const shownDigits = 8;

const formatOf = ({ artefact }: KnownModel): string => artefact?.format ?? 'gguf';

/** `known`: those of all machines, the longest known first; `elsewhere`: those of other machines. */
export function yardName(
  told: KnownModel,
  known: Iterable<KnownModel>,
  elsewhere: Iterable<KnownModel> = known,
): string {
  const model = isReserved(told.id) ? { ...told, id: `model-${told.id}` } : told;
  // A file that could not be read has no digest.
  if (model.digest === '') return model.id;
  const format = formatOf(model);
  for (const other of known) if (formatOf(other) === format && other.digest === model.digest) return other.id;
  for (const other of elsewhere) {
    if (other.id === model.id && formatOf(other) === format && other.digest !== '') return distinctName(model);
  }
  return model.id;
}

/** The name of one copy, whatever else bears its name. */
const distinctName = ({ id, digest }: KnownModel): string => `${id}@${digest.slice(0, shownDigits)}`;
