/**
 * Models that their owner pinned on this machine, by id, kept over restarts in the data directory: they are loaded at
 * the start and not unloaded for others. A file that cannot be read is begun anew.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { Type } from 'typebox';
import { Value } from 'typebox/value';

const PinsSchema = Type.Object({ pinned: Type.Array(Type.String()) });

export class ModelPins {
  readonly #file: string | undefined;
  readonly #pinned: Set<string>;

  /** Without a file, pins are good until the agent ends. */
  constructor(file: string | undefined) {
    this.#file = file;
    this.#pinned = new Set(file === undefined ? [] : read(file));
  }

  has(model: string): boolean {
    return this.#pinned.has(model);
  }

  /** Throws the system's error when it cannot be kept: a pin that is gone after the next start is none. */
  set(model: string, isPinned: boolean): void {
    const pinned = new Set(this.#pinned);
    if (isPinned) pinned.add(model);
    else pinned.delete(model);
    if (this.#file !== undefined) write(this.#file, [...pinned]);
    if (isPinned) this.#pinned.add(model);
    else this.#pinned.delete(model);
  }
}

function read(file: string): readonly string[] {
  try {
    const stored: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return Value.Check(PinsSchema, stored) ? stored.pinned : [];
  } catch {
    return [];
  }
}

function write(file: string, pinned: readonly string[]): void {
  // Renamed into place: a crash leaves the old file or the new one.
  writeFileSync(`${file}.new`, `${JSON.stringify({ pinned }, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
