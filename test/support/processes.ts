/** Who is alive, and whose child is who. For tests that kill things; POSIX only. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

interface ProcessLine {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

function processes(): ProcessLine[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat=,args='], { encoding: 'utf8' }).split('\n');
  return lines.flatMap((line) => {
    const [, pid, parent, stat, command] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    // A zombie is dead, only not yet collected.
    if (pid === undefined || command === undefined || stat?.startsWith('Z')) return [];
    return [{ pid: Number(pid), parent: Number(parent), command }];
  });
}

export function isAlive(pid: number): boolean {
  return processes().some((line) => line.pid === pid);
}

/** Children, their children and so on; with `matching`, only those whose command line fits. */
export function descendants(root: number, matching = /(?:)/): number[] {
  const all = processes();
  const found = new Set([root]);
  for (let size = 0; size !== found.size; ) {
    size = found.size;
    for (const { pid, parent } of all) if (found.has(parent)) found.add(pid);
  }
  found.delete(root);
  return all.filter(({ pid, command }) => found.has(pid) && matching.test(command)).map(({ pid }) => pid);
}

/** Processor time a process has used since its start, ms; exact to 10 ms. */
export function cpuMs(pid: number): number {
  if (process.platform === 'linux') {
    // User and system time are fields 14 and 15, in hundredths of a second; the second field, a name, may hold spaces.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  }
  // [hours:]minutes:seconds.hundredths
  const parts = execFileSync('ps', ['-o', 'time=', '-p', String(pid)], { encoding: 'utf8' })
    .trim()
    .split(':');
  return Math.round(parts.reduce((sum, part) => sum * 60 + Number(part), 0) * 1000);
}

/** Processor time the first thread of a process has used, ms: that of the event loop. Elsewhere than on Linux all of it. */
export function loopCpuMs(pid: number): number {
  if (process.platform !== 'linux') return cpuMs(pid);
  // Nanoseconds on a processor come first.
  return Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
}

/** Waits for what no event tells of. Fails after `timeoutMs` with `what`. */
export async function until(what: string, timeoutMs: number, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > deadlineMs) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await setTimeout(20);
  }
}
