import { spawn } from 'node:child_process';
import { childEnvironment } from '../child-environment.ts';
import { programPath } from '../program-path.ts';

/** Sees to it that no engine outlives the agent; one per agent. */
export interface Guardian {
  readonly pid: number | undefined;
  /** From now on `pid` dies when this process does. */
  watch(pid: number): void;
  /** `pid` has ended: its number may soon belong to somebody else. */
  forget(pid: number): void;
  /** Ends the guardian and everything still watched. */
  close(): Promise<void>;
}

/** Starts the guardian in a session of its own, out of reach of Ctrl-C and closing terminals. */
export function startGuardian(): Guardian {
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
  const say = (command: string, pid: number) => {
    if (child.stdin.writable) child.stdin.write(`${command} ${pid}\n`);
  };
  return {
    pid: child.pid,
    watch: (pid) => say('watch', pid),
    forget: (pid) => say('forget', pid),
    close: async () => {
      child.ref(); // whoever waits for the end must live to see it
      child.stdin.end();
      await ended;
    },
  };
}
