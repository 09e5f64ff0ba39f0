/**
 * Where Metalyard keeps its files on this machine, and which file is what. `docs/operations.md`
 * lists them.
 */
import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

export interface DataDirectory {
  readonly path: string;
  /** SQLite: keys, machines, ledger. */
  readonly store: string;
  readonly logs: string;
  /** Private key of this machine. */
  readonly machineKey: string;
  /** Address and token of the running gateway. */
  readonly gatewayRecord: string;
  /** The gateway's own certificate and its key; made when others can reach it for the first time. */
  readonly certificate: string;
  readonly certificateKey: string;
  /** The gateway this machine has joined. */
  readonly joinedGateway: string;
  /** Held by the running gateway, and by the running agent. */
  readonly gatewayLock: string;
  readonly agentLock: string;
}

interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly home: string;
}

const here = (): Surroundings => ({ env: process.env, platform: process.platform, home: homedir() });

/** The platform's place for application data; `METALYARD_DATA_DIR` overrides it. */
export function defaultDataPath({ env, platform, home }: Surroundings = here()): string {
  if (env.METALYARD_DATA_DIR) return resolve(env.METALYARD_DATA_DIR);
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'metalyard');
  if (platform === 'win32') return join(env.LOCALAPPDATA || join(home, 'AppData', 'Local'), 'metalyard');
  // The XDG specification: a relative value is to be ignored.
  const xdg = env.XDG_DATA_HOME;
  return join(xdg?.startsWith('/') ? xdg : join(home, '.local', 'share'), 'metalyard');
}

/** Makes the directory when it is missing, and refuses one that others on the machine can read. */
export function openDataDirectory(path: string = defaultDataPath()): DataDirectory {
  const directory = resolve(path);
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw notWritable(directory, 'cannot be made', error);
  }
  const mode = statSync(directory).mode & 0o777;
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw new Error(
      `The data directory ${directory} is open to other users of this machine (mode ${mode.toString(8)}); ` +
        `it holds keys. Close it with: chmod 700 '${directory}'`,
    );
  }
  return dataFiles(directory);
}

/** Throws where nothing can be written in a directory that is there: a disk that is read-only, another user's. */
export function requireWritable({ path }: DataDirectory): void {
  try {
    accessSync(path, constants.W_OK);
  } catch (error) {
    throw notWritable(path, 'cannot be written', error);
  }
}

function notWritable(directory: string, what: string, error: unknown): Error {
  const why = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
  return new Error(
    `The data directory ${directory} ${what}${why}. Name another place with --data-dir or METALYARD_DATA_DIR; ` +
      'metalyard doctor data-directory-not-writable says more.',
  );
}

/** The names of its files, whether the directory is there or not. */
export function dataFiles(path: string): DataDirectory {
  const directory = resolve(path);
  return {
    path: directory,
    store: join(directory, 'metalyard.sqlite'),
    logs: join(directory, 'logs'),
    machineKey: join(directory, 'machine-key.pem'),
    gatewayRecord: join(directory, 'gateway.json'),
    certificate: join(directory, 'gateway-certificate.pem'),
    certificateKey: join(directory, 'gateway-key.pem'),
    joinedGateway: join(directory, 'joined-gateway.json'),
    gatewayLock: join(directory, 'gateway.lock'),
    agentLock: join(directory, 'agent.lock'),
  };
}
