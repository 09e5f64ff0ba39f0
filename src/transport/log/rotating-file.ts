/**
 * A log file of bounded size: `gateway.log`, then `gateway.1.log` (older), `gateway.2.log` (oldest).
 * Written synchronously: what was written is not lost when the process dies.
 */
import { closeSync, fstatSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export interface RotatingFileOptions {
  /** A file is closed once it holds this many bytes. */
  readonly maxBytes?: number;
  /** Files kept, the current one included. */
  readonly files?: number;
}

export class RotatingFile {
  readonly #directory: string;
  readonly #name: string;
  readonly #maxBytes: number;
  readonly #files: number;
  #descriptor: number | undefined;
  #bytes = 0;

  constructor(directory: string, name: string, { maxBytes = 8 * 1024 * 1024, files = 3 }: RotatingFileOptions = {}) {
    this.#directory = directory;
    this.#name = name;
    this.#maxBytes = maxBytes;
    this.#files = files;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.#open();
  }

  /** Appends whole lines. Throws what the file system says (a full disk). */
  write(lines: string): void {
    if (this.#descriptor === undefined) return;
    this.#bytes += writeSync(this.#descriptor, lines);
    if (this.#bytes >= this.#maxBytes) this.#rotate();
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #path(age: number): string {
    return join(this.#directory, age === 0 ? `${this.#name}.log` : `${this.#name}.${age}.log`);
  }

  #open(): void {
    this.#descriptor = openSync(this.#path(0), 'a', 0o600);
    this.#bytes = fstatSync(this.#descriptor).size;
  }

  #rotate(): void {
    this.close();
    rmSync(this.#path(this.#files - 1), { force: true });
    for (let age = this.#files - 2; age >= 0; age -= 1) {
      try {
        renameSync(this.#path(age), this.#path(age + 1));
      } catch (error) {
        // Not every age exists yet.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
    this.#open();
  }
}
