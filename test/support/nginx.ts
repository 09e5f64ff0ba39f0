/** A real nginx on loopback, with the configuration that `docs/operations.md` shows. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Certificate } from '../../src/transport/tls/certificate.ts';
import { until } from './processes.ts';

export interface Nginx extends AsyncDisposable {
  readonly port: number;
  /** Lines of its access log so far. */
  accesses(): readonly string[];
}

const page = join(import.meta.dirname, '../../docs/operations.md');

/** Installs the Debian package where that is possible. Says why there is no nginx, or null when there is one. */
export function noNginxBecause(): string | null {
  if (runs('nginx', '-v')) return null;
  if (!runs('apt-get', '--version')) return 'there is no nginx, and no apt-get to install it with';
  if (process.getuid?.() !== 0) return 'there is no nginx, and only root may install it';
  spawnSync('apt-get', ['-q', 'update'], { stdio: 'ignore' });
  const install = ['-q', '-y', '--no-install-recommends', 'install', 'nginx-light'];
  spawnSync('apt-get', install, { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
  return runs('nginx', '-v') ? null : 'the Debian package nginx-light could not be installed';
}

function runs(program: string, argument: string): boolean {
  return spawnSync(program, [argument], { stdio: 'ignore' }).status === 0;
}

/** In front of what listens at `gatewayPort`, for clients that call it `name`. */
export async function startNginx(
  gatewayPort: number,
  name: string,
  certificate: Pick<Certificate, 'key' | 'certificate'>,
): Promise<Nginx> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startAtFreePort(gatewayPort, name, certificate);
    } catch (error) {
      // It takes no port 0, and another program may have taken the port that was free a moment ago.
      if (attempt === 3 || !String(error).includes('Address already in use')) throw error;
    }
  }
}

async function startAtFreePort(
  gatewayPort: number,
  name: string,
  certificate: Pick<Certificate, 'key' | 'certificate'>,
): Promise<Nginx> {
  const directory = mkdtempSync(join(tmpdir(), 'metalyard-nginx-'));
  const file = (called: string): string => join(directory, called);
  writeFileSync(file('key.pem'), certificate.key, { mode: 0o600 });
  writeFileSync(file('certificate.pem'), certificate.certificate);
  mkdirSync(file('temp'));
  const port = await freePort();
  const shown = /```nginx\n([\s\S]*?)```/.exec(readFileSync(page, 'utf8'))?.[1] ?? '';
  const site = shown
    .replace('listen 443 ssl;', `listen 127.0.0.1:${port} ssl;`)
    .replace('server_name gateway.example;', `server_name ${name};`)
    .replace('/etc/ssl/gateway.example.pem', file('certificate.pem'))
    .replace('/etc/ssl/gateway.example.key', file('key.pem'))
    .replace('127.0.0.1:8787', `127.0.0.1:${gatewayPort}`);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${file('temp')}/${kind};`)
    .join('\n');
  writeFileSync(
    file('nginx.conf'),
    `daemon off; pid ${file('pid')}; error_log ${file('error.log')}; worker_processes 1; ${workerUser()}\n` +
      `events {}\nhttp {\naccess_log ${file('access.log')};\n${temporary}\n${site}}\n`,
  );
  const child = spawn('nginx', ['-c', file('nginx.conf'), '-e', file('error.log')], { stdio: 'ignore' });
  const dispose = async (): Promise<void> => {
    await end(child);
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    await until('nginx listens', 20_000, () => {
      if (child.exitCode !== null) throw new Error(`nginx: ${readFileSync(file('error.log'), 'utf8')}`);
      return answers(port);
    });
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    port,
    accesses: () =>
      existsSync(file('access.log')) ? readFileSync(file('access.log'), 'utf8').split('\n').filter(Boolean) : [],
    [Symbol.asyncDispose]: dispose,
  };
}

/** Started as root its workers become somebody else, who may not read our files. */
const workerUser = (): string => (process.getuid?.() === 0 ? 'user root;' : '');

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  // Its workers end with it.
  child.kill('SIGTERM');
  await once(child, 'exit');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A TCP listener has an AddressInfo.
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
