import { spawn } from 'node:child_process';
import { childEnvironment } from '../child-environment.ts';
import { programPath } from '../program-path.ts';
import { nextRestart } from '../restart-policy.ts';

/** Sees to it that no engine outlives the agent; one per agent. */
export interface Guardian {
  /** Undefined while there is none. */
  readonly pid: number | undefined;
  /** From now on `pid` dies when this process does. */
  watch(pid: number): void;
  /** `pid` has ended: its number may soon belong to somebody else. */
  forget(pid: number): void;
  /** Ends the guardian and everything still watched. */
  close(): Promise<void>;
}

/**
 * Starts the guardian in a session of its own, out of reach of Ctrl-C and closing terminals. One that is
 * killed is replaced, with the back-off of engines.
 */
export function startGuardian(): Guardian {
  const watched = new Set<number>();
  const deathsMs: number[] = [];
  let program: GuardianProgram | undefined;
  let restart: NodeJS.Timeout | undefined;
  let closing = false;

  function start(): void {
    program = startProgram();
    for (const pid of watched) program.say('watch', pid);
    void program.ended.then(() => {
      program = undefined;
      if (closing) return;
      deathsMs.push(performance.now());
      restart = setTimeout(start, nextRestart(deathsMs, performance.now()).delayMs).unref();
    });
  }
  start();

  return {
    get pid() {
      return program?.pid;
    },
    watch(pid) {
      watched.add(pid);
      program?.say('watch', pid);
    },
    forget(pid) {
      watched.delete(pid);
      program?.say('forget', pid);
    },
    async close() {
      closing = true;
      clearTimeout(restart);
      await program?.close();
    },
  };
}

interface GuardianProgram {
  readonly pid: number | undefined;
  readonly ended: Promise<void>;
  say(command: 'watch' | 'forget', pid: number): void;
  close(): Promise<void>;
}

function startProgram(): GuardianProgram {
  const child = spawn(process.execPath, [programPath(import.meta.url, './guardian-program')], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    windowsHide: true,
    env: childEnvironment(process.env),
  });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  child.unref();
  child.stdin.on('error', () => {}); // a killed guardian must not end the agent
  // a child's stdin is a socket here; it alone must not keep the agent running
  (child.stdin as typeof child.stdin & { unref?(): void }).unref?.();
  return {
    pid: child.pid,
    ended,
    say(command, pid) {
      if (child.stdin.writable) child.stdin.write(`${command} ${pid}\n`);
    },
    async close() {
      child.ref(); // whoever waits for the end must live to see it
      child.stdin.end();
      await ended;
    },
  };
}
