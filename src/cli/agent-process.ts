/**
 * `metalyard up` runs the agent as a child process, over the very same link as any other agent. The
 * child ends when its parent does, however that happens: the IPC channel between them closes.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { nextRestart } from '../engines/restart-policy.ts';
import { nowMs } from '../transport/clock.ts';
import type { Log } from '../transport/log/log.ts';
import { pause } from '../transport/pause.ts';
import { program } from './package-files.ts';

export interface AgentProcess {
  /** Resolves with the reason when the agent is gone for good and nobody asked for it. */
  readonly gaveUp: Promise<string>;
  /** Ends the child; it stops its engine first. */
  close(): Promise<void>;
}

/** A child that does not end by itself in this time is ended by force, ms. */
const graceMs = 5_000;

/** Starts `metalyard agent` with these arguments; starts it again when it crashes, within bounds. */
export function startAgentProcess(args: readonly string[], log: Log): AgentProcess {
  const closing = new AbortController();
  let child: ChildProcess | undefined;

  const running = (async (): Promise<string | undefined> => {
    const crashesMs: number[] = [];
    while (!closing.signal.aborted) {
      child = fork(program, ['agent', ...args], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
      const [code, signal] = await once(child, 'exit');
      if (closing.signal.aborted) return undefined;
      const how = signal === null ? `exit status ${code}` : `signal ${signal}`;
      // Exit status 1: it has said why, and trying again would not help.
      if (code === 1) return `The agent could not start (${how}).`;
      crashesMs.push(nowMs());
      const { delayMs, quarantined } = nextRestart(crashesMs, nowMs());
      if (quarantined) return `The agent ended again and again (${how}).`;
      log.error('agent ended', { how, restartMs: delayMs });
      await pause(delayMs, closing.signal);
    }
    return undefined;
  })();

  return {
    gaveUp: running.then((why) => why ?? new Promise<string>(() => {})),
    async close() {
      closing.abort();
      if (child?.connected) child.disconnect();
      const force = setTimeout(() => child?.kill('SIGKILL'), graceMs);
      await running;
      clearTimeout(force);
    },
  };
}
