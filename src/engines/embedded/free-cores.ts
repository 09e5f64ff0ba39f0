import { cpus } from 'node:os';

/** Both grow for ever, ms. */
export interface CpuTimes {
  /** Sum over all cores of the machine: in use by anybody, this process included. */
  readonly busyMs: number;
  /** This process alone. */
  readonly ownMs: number;
  readonly cores: number;
}

/** Systems count core time in steps of about 10 ms: a shorter look would see noise. */
const lookMs = 200;
/** Less than this of a core in use by others is the system itself. */
const negligible = 0.3;

/**
 * How many cores nobody else is using. llama.cpp's threads wait for each other at every step, so one
 * that must share its core holds up all the others: on two busy cores the shipped model reads a prompt
 * four times slower with two threads than with one, on two idle ones almost twice as fast.
 */
export class FreeCores {
  readonly #read: () => CpuTimes;
  readonly #nowMs: () => number;
  #last: CpuTimes;
  #lastMs: number;
  #free = 1;

  constructor(read: () => CpuTimes = readCpuTimes, nowMs: () => number = () => performance.now()) {
    this.#read = read;
    this.#nowMs = nowMs;
    this.#last = read();
    this.#lastMs = nowMs();
  }

  /** Whole cores as they were since the last look, at least 1; 1 before the first. */
  get count(): number {
    const elapsedMs = this.#nowMs() - this.#lastMs;
    if (elapsedMs < lookMs) return this.#free;
    const now = this.#read();
    const othersMs = now.busyMs - this.#last.busyMs - (now.ownMs - this.#last.ownMs);
    this.#free = Math.max(1, Math.floor(now.cores - Math.max(0, othersMs) / elapsedMs + negligible));
    this.#last = now;
    this.#lastMs += elapsedMs;
    return this.#free;
  }
}

function readCpuTimes(): CpuTimes {
  const all = cpus();
  const own = process.cpuUsage();
  return {
    busyMs: all.reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0),
    ownMs: (own.user + own.system) / 1_000,
    cores: all.length,
  };
}
