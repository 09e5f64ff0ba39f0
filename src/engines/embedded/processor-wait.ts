import { readFileSync } from 'node:fs';

/**
 * How long a process's first thread, that of its event loop, has wanted a processor since its start and got none, ms. Null
 * where that cannot be known: elsewhere than on Linux, in kernels that do not count it, and of a process that is gone.
 * A thread that is stopped or waits for something else than a processor does not want one.
 */
export function processorWaitMs(pid: number | undefined): number | null {
  if (process.platform !== 'linux' || pid === undefined) return null;
  try {
    // Nanoseconds on a processor, nanoseconds waiting for one, turns (`Documentation/scheduler/sched-stats.rst`).
    const waitedNs = Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')[1]);
    return Number.isFinite(waitedNs) ? waitedNs / 1e6 : null;
  } catch {
    return null;
  }
}
