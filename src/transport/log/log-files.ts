/** Reads what `RotatingFile` wrote: the last lines of all files in one order, and what is added. */
import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';

/** How often a followed directory is looked at, ms. */
const lookMs = 250;

/** The last `count` lines of all log files, oldest first. Lines begin in the order of their time. */
export function readLogs(directory: string, count: number): readonly string[] {
  const lines: { readonly line: string; readonly time: string }[] = [];
  for (const name of logFiles(directory)) {
    const text = readFileSync(join(directory, name), 'utf8');
    for (const line of text.split('\n')) {
      if (line !== '') lines.push({ line, time: /"time":"([^"]+)"/.exec(line)?.[1] ?? '' });
    }
  }
  lines.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  return lines.slice(Math.max(0, lines.length - count)).map(({ line }) => line);
}

export interface LogFollower {
  start(): void;
  stop(): void;
}

/** Calls `onLine` for each line added after this call, once started. Survives rotation. */
export function followLogs(directory: string, onLine: (line: string) => void): LogFollower {
  const current = (): string[] => logFiles(directory).filter((name) => /^[a-z]+\.log$/.test(name));
  const tails = new Map(current().map((name) => [name, Tail.atEnd(join(directory, name))]));
  const look = (): void => {
    for (const name of current()) {
      const tail = tails.get(name) ?? Tail.atStart(join(directory, name));
      tails.set(name, tail);
      for (const line of tail.read()) onLine(line);
    }
  };
  let timer: NodeJS.Timeout | undefined;
  return {
    start() {
      timer ??= setInterval(look, lookMs);
    },
    stop() {
      clearInterval(timer);
      for (const tail of tails.values()) tail.close();
    },
  };
}

function logFiles(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => name.endsWith('.log'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** The growing end of one file. */
class Tail {
  readonly #path: string;
  #descriptor: number;
  #offset: number;
  #rest = '';

  private constructor(path: string, fromEnd: boolean) {
    this.#path = path;
    this.#descriptor = openSync(path, 'r');
    this.#offset = fromEnd ? fstatSync(this.#descriptor).size : 0;
  }

  static atEnd = (path: string): Tail => new Tail(path, true);
  static atStart = (path: string): Tail => new Tail(path, false);

  /** Whole lines added since the last call. */
  read(): string[] {
    const lines = this.#readOpen();
    const now = openSync(this.#path, 'r');
    if (fstatSync(now).ino === fstatSync(this.#descriptor).ino) {
      closeSync(now);
      return lines;
    }
    // Rotated: what was added to the old file is read, the new one begins.
    closeSync(this.#descriptor);
    this.#descriptor = now;
    this.#offset = 0;
    return [...lines, ...this.#readOpen()];
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #readOpen(): string[] {
    const size = fstatSync(this.#descriptor).size;
    if (size <= this.#offset) return [];
    const bytes = Buffer.alloc(size - this.#offset);
    const read = readSync(this.#descriptor, bytes, 0, bytes.length, this.#offset);
    this.#offset += read;
    const lines = (this.#rest + bytes.toString('utf8', 0, read)).split('\n');
    this.#rest = lines.pop() ?? '';
    return lines;
  }
}
