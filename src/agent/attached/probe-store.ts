/**
 * What probes found, kept in the data directory: a server in the same version with the same model is not asked again.
 * Losing the file costs a few tiny requests, so a broken one counts as empty.
 */
import { createHash } from 'node:crypto';
import type { ChatServer, ListedModel } from '../../contract/engine/chat.ts';
import { KeptEntries } from './kept-entries.ts';
import type { Probed } from './probed.ts';

export interface ProbeStore {
  find(server: ChatServer, model: ListedModel): Probed | undefined;
  keep(server: ChatServer, model: ListedModel, probed: Probed): void;
}

/** Of the file: findings of another form are asked for anew. */
const form = 2;

/** `path` undefined: kept in memory only. */
export function openProbeStore(path: string | undefined): ProbeStore {
  const found = new KeptEntries<Probed>(path, form, isProbed);
  return {
    find: (server, model) => found.find(keyOf(server, model)),
    keep: (server, model, probed) => found.keep(keyOf(server, model), probed),
  };
}

/** Written by us, in this form. */
const isProbed = (value: unknown): value is Probed => typeof value === 'object' && value !== null;

/** The window is part of it: Ollama's templates change with nothing else, but a small one cuts an answer short. */
const keyOf = ({ kind, version }: ChatServer, { name, digest, loadedWindow }: ListedModel): string =>
  createHash('sha256')
    .update(JSON.stringify([kind, version, digest ?? name, loadedWindow]))
    .digest('hex')
    .slice(0, 32);
