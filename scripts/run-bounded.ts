/** Runs a program for so long and no longer: then it is killed with every process it started, as it is when we are. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, setPriority } from 'node:os';
import { createInterface } from 'node:readline';
import { setTimeout as passed } from 'node:timers/promises';
import { descendants } from '../test/support/processes.ts';

export interface BoundedRun {
  /** What people call it. */
  readonly name: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly boundMs: number;
  /** Others go before it where the processor is short. */
  readonly givesWay?: boolean;
  /** Each line it prints, whichever way. */
  onLine(line: string): void;
}

export interface RunEnd {
  /** Null: a signal ended it. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly wasTooLong: boolean;
}

const running = new Map<ChildProcess, string>();
/** POSIX: a group of its own, which is killed as a whole; elsewhere the process alone. */
const hasGroups = process.platform !== 'win32';
/** What was printed is there as soon as the process has gone, unless somebody else keeps its output open, ms. */
const outputEndsMs = 2_000;

/** Names of what runs now. */
export const runningNames = (): readonly string[] => [...running.values()];

/** Kills everything that was started here. */
export function endAllRuns(): void {
  for (const child of running.keys()) killAll(child);
}

/** Runs this Node with `args`. */
export async function runBounded({ name, args, env, boundMs, givesWay = false, onLine }: BoundedRun): Promise<RunEnd> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env, detached: hasGroups });
  if (givesWay && child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  running.set(child, name);
  const outputs = [child.stdout, child.stderr].map((stream) =>
    once(createInterface(stream).on('line', onLine), 'close'),
  );
  let wasTooLong = false;
  const bound = setTimeout(() => {
    wasTooLong = true;
    killAll(child);
  }, boundMs);
  const [status, signal] = await once(child, 'exit');
  clearTimeout(bound);
  // Whatever it left behind in its group.
  killAll(child);
  running.delete(child);
  await Promise.race([Promise.all(outputs), passed(outputEndsMs, undefined, { ref: false })]);
  child.stdout.destroy();
  child.stderr.destroy();
  return { status, signal, wasTooLong };
}

function killAll(child: ChildProcess): void {
  if (child.pid === undefined) return;
  // Some tests give their programs groups of their own.
  if (hasGroups && child.exitCode === null && child.signalCode === null) descendants(child.pid).forEach(kill);
  kill(hasGroups ? -child.pid : child.pid);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
