/**
 * What probes found, kept in the data directory: a server in the same version with the same model is not asked again.
 * Losing the file costs a few tiny requests, so a broken one counts as empty.
 */
import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { ChatServer, ListedModel } from '../../contract/engine/chat.ts';
import type { Probed } from './probed.ts';

export interface ProbeStore {
  find(server: ChatServer, model: ListedModel): Probed | undefined;
  keep(server: ChatServer, model: ListedModel, probed: Probed): void;
}

/** The findings kept; those that were used longest ago go first. */
const kept = 200;
/** Of the file: findings of another form are asked for anew. */
const form = 2;

/** `path` undefined: kept in memory only. */
export function openProbeStore(path: string | undefined): ProbeStore {
  const found = new Map<string, Probed>(path === undefined ? [] : readFindings(path));
  return {
    find: (server, model) => found.get(keyOf(server, model)),
    keep(server, model, probed) {
      const key = keyOf(server, model);
      found.delete(key);
      found.set(key, probed);
      for (const oldest of found.keys()) {
        if (found.size <= kept) break;
        found.delete(oldest);
      }
      if (path !== undefined) write(path, found);
    },
  };
}

/** The window is part of it: Ollama's templates change with nothing else, but a small one cuts an answer short. */
const keyOf = ({ kind, version }: ChatServer, { name, digest, loadedWindow }: ListedModel): string =>
  createHash('sha256')
    .update(JSON.stringify([kind, version, digest ?? name, loadedWindow]))
    .digest('hex')
    .slice(0, 32);

function readFindings(path: string): [string, Probed][] {
  try {
    const { form: written, findings } = JSON.parse(readFileSync(path, 'utf8'));
    return written === form ? Object.entries(findings as Record<string, Probed>) : []; // written by us
  } catch {
    return [];
  }
}

function write(path: string, found: ReadonlyMap<string, Probed>): void {
  const text = JSON.stringify({ form, findings: Object.fromEntries(found) }, null, 1);
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
