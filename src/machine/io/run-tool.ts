/**
 * Runs a tool that may not exist, hang, babble without end or leave children behind, and comes back
 * with what it printed. Nothing it does reaches the agent: its output is bounded, its time is bounded,
 * and it is ended with its whole process group.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Reading } from '../reading.ts';
import { decodeText } from '../text/decode.ts';

export interface ToolRun {
  readonly command: string;
  readonly args: readonly string[];
  readonly timeoutMs: number;
  readonly env: NodeJS.ProcessEnv;
  /** Standard output and error together; a tool that prints more is ended. */
  readonly maxBytes?: number;
}

/** More than any output we know: the longest `nvidia-smi -q -x` has 66 kB a GPU. */
export const maxToolBytes = 1024 * 1024;

/** What a tool needs to run at all: no keys, no tokens, and no language but C. */
const passedOn =
  /^(PATH|HOME|USER|LOGNAME|USERPROFILE|SYSTEMROOT|WINDIR|SYSTEMDRIVE|COMSPEC|TEMP|TMP|TMPDIR|PATHEXT|LOCALAPPDATA|PROGRAMDATA|PROGRAMFILES|LD_LIBRARY_PATH|XDG_RUNTIME_DIR|DBUS_SESSION_BUS_ADDRESS|VK_.+|NVIDIA_.+|CUDA_VISIBLE_DEVICES|ROCM_PATH)$/i;

export function toolEnvironment(parent: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = Object.fromEntries(Object.entries(parent).filter(([name]) => passedOn.test(name)));
  // WSL_UTF8 makes wsl.exe print UTF-8 where it can.
  return { ...own, LC_ALL: 'C', LANG: 'C', WSL_UTF8: '1' };
}

/** A tool that was ended and is still there waits inside the kernel for its driver: asking again makes two of them. */
const undying = new Map<string, Promise<void>>();
/** What can be ended at all is gone by then. */
const dyingMs = 1_000;

/** A tool that ended may have left a child that holds its output open. */
const leftoverMs = 500;

export async function runTool(run: ToolRun): Promise<Reading> {
  const source = [run.command, ...run.args].join(' ');
  const most = run.maxBytes ?? maxToolBytes;
  const dying = undying.get(run.command);
  if (dying !== undefined && !(await endsWithin(dying, dyingMs))) {
    return { source, text: '', failure: { reason: 'timeout', detail: 'it hung before and cannot be ended' } };
  }
  return new Promise((resolve) => {
    let child: ChildProcess;
    try {
      child = spawn(run.command, run.args, {
        env: run.env,
        stdio: ['ignore', 'pipe', 'pipe'],
        windowsHide: true,
        // Its own group, so that its children end with it. On Windows this would open a console.
        detached: process.platform !== 'win32',
      });
    } catch (error) {
      return resolve({ source, text: '', failure: spawnFailure(run.command, error) });
    }
    const output: Buffer[] = [];
    const errors: Buffer[] = [];
    let size = 0;
    let settled = false;
    const settle = (rest: Omit<Reading, 'source' | 'text'>): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      clearTimeout(leftover);
      child.stdout?.destroy();
      child.stderr?.destroy();
      // What hangs inside the kernel must not keep this process from ending.
      child.unref();
      const text = [output, errors].map((parts) => decodeText(Buffer.concat(parts))).filter((part) => part !== '');
      resolve({ source, text: text.join('\n'), ...rest });
    };
    const end = (): void => {
      const gone = once(child, 'exit').then(() => {
        if (undying.get(run.command) === gone) undying.delete(run.command);
      });
      undying.set(run.command, gone);
      endGroup(child);
    };
    let leftover: NodeJS.Timeout | undefined;
    const timer = setTimeout(() => {
      end();
      settle({ failure: { reason: 'timeout', detail: `no end after ${run.timeoutMs} ms` } });
    }, run.timeoutMs);
    const keep = (parts: Buffer[]) => (chunk: Buffer) => {
      parts.push(chunk.subarray(0, Math.max(0, most - size)));
      size += chunk.length;
      if (size <= most || settled) return;
      end();
      settle({ failure: { reason: 'failed', detail: `it printed more than ${most} bytes` } });
    };
    child.stdout?.on('data', keep(output)).on('error', () => {});
    child.stderr?.on('data', keep(errors)).on('error', () => {});
    child.on('error', (error) => settle({ failure: spawnFailure(run.command, error) }));
    const ended = (code: number | null, signal: NodeJS.Signals | null): void => {
      settle(code === null ? { failure: { reason: 'failed', detail: `ended by ${signal}` } } : { exitCode: code });
    };
    child.on('exit', (code, signal) => {
      leftover = setTimeout(() => {
        endGroup(child);
        ended(code, signal);
      }, leftoverMs);
    });
    child.on('close', ended);
  });
}

async function endsWithin(end: Promise<void>, ms: number): Promise<boolean> {
  const waiting = new AbortController();
  const tooLong = delay(ms, false, { signal: waiting.signal }).catch(() => false);
  const ended = await Promise.race([end.then(() => true), tooLong]);
  waiting.abort();
  return ended;
}

function spawnFailure(command: string, error: unknown): Reading['failure'] & object {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'error';
  if (code === 'ENOENT' || code === 'ENOTDIR') return { reason: 'absent', detail: `${command} is not installed` };
  if (code === 'EACCES' || code === 'EPERM') return { reason: 'denied', detail: `${command} may not be run` };
  return { reason: 'failed', detail: `${command} could not be started: ${code}` };
}

/** Ends the child and what it started. A group that is gone already is no error. */
function endGroup(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) return;
  if (process.platform === 'win32') {
    if (child.exitCode === null)
      spawn('taskkill', ['/T', '/F', '/PID', String(pid)], { stdio: 'ignore' }).on('error', () => {});
    return;
  }
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // nobody is left
  }
}
