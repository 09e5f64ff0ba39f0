/**
 * Small things an agent has learned of attached servers, by a key, kept in a file of the data directory. Losing the file costs little, so a
 * broken one, or one of another form, counts as empty, and one that cannot be written is good until the process ends.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';

/** Those that were kept longest ago go first. */
const most = 200;

export class KeptEntries<Value> {
  /** Undefined: in memory only. */
  readonly #path: string | undefined;
  readonly #form: number;
  readonly #entries: Map<string, Value>;

  /** `form`: of the values; those of another one are forgotten. `isValue`: of what was read. */
  constructor(path: string | undefined, form: number, isValue: (value: unknown) => value is Value) {
    this.#path = path;
    this.#form = form;
    this.#entries = new Map(path === undefined ? [] : read(path, form, isValue));
  }

  find(key: string): Value | undefined {
    return this.#entries.get(key);
  }

  keep(key: string, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= most) break;
      this.#entries.delete(oldest);
    }
    if (this.#path !== undefined) write(this.#path, this.#form, this.#entries);
  }
}

function read<Value>(path: string, form: number, isValue: (value: unknown) => value is Value): [string, Value][] {
  try {
    const { form: written, findings } = JSON.parse(readFileSync(path, 'utf8'));
    if (written !== form) return [];
    const entries = Object.entries(findings);
    return entries.filter((entry): entry is [string, Value] => isValue(entry[1]));
  } catch {
    return [];
  }
}

function write(path: string, form: number, entries: ReadonlyMap<string, unknown>): void {
  const text = JSON.stringify({ form, findings: Object.fromEntries(entries) }, null, 1);
  try {
    writeFileSync(`${path}.new`, text, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  } catch {
    // A full disk is told by low-disk.
  }
}
