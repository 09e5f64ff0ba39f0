/**
 * A tool that is started once and prints a line whenever there is news, instead of being started
 * every few seconds. Ended when nobody listens; started again, later and later, when it ends by itself.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { toolEnvironment } from '../io/run-tool.ts';

export interface LineToolOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  onLine(line: string): void;
  /** It ended by itself or was ended for babbling: what it last said is no longer so. */
  onEnded(why: string): void;
}

export interface LineTool {
  readonly pid: number | undefined;
  start(): void;
  /** Ends it; `start` begins anew. */
  stop(): void;
}

/** Longer lines are no answer to what was asked. */
const longestLine = 64 * 1024;
/** More lines than this between two looks is babbling: it was asked every few seconds. */
const mostLines = 1_000;
const countingMs = 5_000;
const firstDelayMs = 5_000;
const longestDelayMs = 5 * 60_000;

export function lineTool({ command, args, env, onLine, onEnded }: LineToolOptions): LineTool {
  let wanted = false;
  let child: ChildProcess | undefined;
  let delayMs = firstDelayMs;
  let retry: NodeJS.Timeout | undefined;

  function run(): void {
    let rest = '';
    let lines = 0;
    let ended = false;
    const running = spawn(command, args, {
      env: toolEnvironment(env),
      stdio: ['ignore', 'pipe', 'ignore'],
      windowsHide: true,
      detached: process.platform !== 'win32',
    });
    child = running;
    // It must not keep the agent from ending.
    running.unref();
    if (running.stdout instanceof Socket) running.stdout.unref();
    const counting = setInterval(() => {
      lines = 0;
    }, countingMs).unref();
    const end = (why: string, again: boolean): void => {
      if (ended) return;
      ended = true;
      clearInterval(counting);
      endGroup(running);
      running.stdout?.destroy();
      if (child === running) child = undefined;
      if (!wanted) return;
      onEnded(why);
      if (!again) return;
      retry = setTimeout(run, delayMs).unref();
      delayMs = Math.min(delayMs * 2, longestDelayMs);
    };
    running.on('error', (error) => end(error.message, !('code' in error && error.code === 'ENOENT')));
    running.on('close', (code, signal) => end(`${command} ended (${signal ?? code})`, true));
    running.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      const parts = (rest + chunk).split(/\r?\n/);
      rest = parts.pop() ?? '';
      lines += parts.length;
      if (rest.length > longestLine || lines > mostLines) return end(`${command} babbles`, true);
      for (const line of parts) {
        if (ended) return;
        if (line.length <= longestLine) onLine(line);
      }
      // It works: the next end is a new matter.
      if (parts.length > 0) delayMs = firstDelayMs;
    });
  }

  return {
    get pid() {
      return child?.pid;
    },
    start() {
      if (wanted) return;
      wanted = true;
      run();
    },
    stop() {
      wanted = false;
      clearTimeout(retry);
      if (child !== undefined) endGroup(child);
    },
  };
}

function endGroup(child: ChildProcess): void {
  try {
    if (process.platform === 'win32') child.kill();
    else if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // gone already
  }
}
