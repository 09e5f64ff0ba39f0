/**
 * A gateway that other machines can reach, in the test's own process, and machines that join it with the real
 * command line, each in an environment of its own (proxies, authorities, a network without IPv4).
 */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Gateway, startGateway } from '../../src/gateway/gateway.ts';
import type { Reach } from '../../src/gateway/listening.ts';
import { silentLog } from '../../src/transport/log/log.ts';
import { openStore, type Store } from '../../src/transport/store/store.ts';
import { type Certificate, loadCertificate } from '../../src/transport/tls/certificate.ts';
import { engineFlags, type FleetEngine } from './fleet-engine.ts';
import { until } from './processes.ts';

const cli = join(import.meta.dirname, '../../src/cli/main.ts');
const adminToken = 'admin-token-of-the-test';
/** A start of an agent on a busy computer, ms. */
const patienceMs = 60_000;

export interface Ran {
  readonly status: number | null;
  /** Both outputs. */
  readonly output: string;
}

/** What the tests look at in an answer to the admin token. */
export interface AdminAnswer {
  readonly machines: readonly { name: string; status: string; held: boolean; models: readonly { status: string }[] }[];
}

/** Added to the environment of a machine; `undefined` takes a variable away. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface OpenGateway extends AsyncDisposable {
  readonly gateway: Gateway;
  readonly store: Store;
  /** Its own; what the pin of a join line is made of. */
  readonly certificate: Certificate;
  /** With TLS, unless something else in front speaks it. */
  readonly url: string;
  /** Secret of an API key. */
  readonly key: string;
  /** The data directories of all. */
  readonly scratch: string;
  dataOf(machine: string): string;
  token(approves: boolean): Promise<string>;
  /** `metalyard join` without the start. `url`: where to, otherwise `this.url`. */
  join(machine: string, secret: string, trust: readonly string[], more?: Elsewhere): Promise<Ran>;
  /** `metalyard agent` of a machine that has joined. */
  startAgent(machine: string, more?: Elsewhere): void;
  admin(method: string, path: string, body?: unknown): Promise<AdminAnswer>;
  /** Resolves when the machine is there with its model, or is gone. */
  whenLinked(machine: string, isThere?: boolean): Promise<void>;
}

/** How a machine differs from one beside the gateway. */
export interface Elsewhere {
  readonly url?: string;
  readonly environment?: Environment;
  /** Put before the command: `ip netns exec ...`. */
  readonly through?: readonly string[];
}

export interface OpenGatewayOptions {
  readonly engine: FleetEngine;
  readonly hostNames?: readonly string[];
  readonly host?: string;
  /** A reverse proxy in front speaks TLS. */
  readonly behindTlsProxy?: boolean;
  readonly plainOnPrivateNetworks?: boolean;
}

export async function openGateway(options: OpenGatewayOptions): Promise<OpenGateway> {
  const scratch = mkdtempSync(join(tmpdir(), 'metalyard-joining-'));
  const ofEngine = engineFlags(scratch, options.engine);
  const directory = join(scratch, 'gateway');
  const store = await openStore(directory);
  const certificate = await loadCertificate(
    { key: join(directory, 'gateway-key.pem'), certificate: join(directory, 'gateway-certificate.pem') },
    ['localhost', '127.0.0.1', ...(options.hostNames ?? [])],
  );
  const reach: Reach = options.behindTlsProxy
    ? { kind: 'behind-tls-proxy' }
    : { kind: 'tls', certificate, plainOnPrivateNetworks: options.plainOnPrivateNetworks === true };
  const gateway = await startGateway({
    store,
    log: silentLog,
    host: options.host ?? '127.0.0.1',
    port: 0,
    version: '0.0.0',
    adminToken,
    reach,
    ...(options.hostNames === undefined ? {} : { hostNames: options.hostNames }),
  });
  const url = `${options.behindTlsProxy ? 'http' : 'https'}://127.0.0.1:${gateway.port}`;
  const { secret: key } = await store.keys.create('test');
  const agents = new Set<ChildProcess>();
  const dataOf = (machine: string): string => join(scratch, machine);

  function start(args: readonly string[], { through = [], environment = {} }: Elsewhere, options: SpawnOptions) {
    const [program = '', ...rest] = [...through, process.execPath, cli, ...args];
    return spawn(program, rest, { ...options, env: { ...process.env, ...environment } });
  }

  async function admin(method: string, path: string, body?: unknown): Promise<AdminAnswer> {
    const response = await fetch(new URL(path, gateway.url), {
      method,
      headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (response.status !== 200) throw new Error(await response.text());
    // Ours; a missing part fails the test that needs it.
    return (await response.json()) as AdminAnswer;
  }

  return {
    gateway,
    store,
    certificate,
    url,
    key,
    scratch,
    dataOf,
    token: async (approves) =>
      (await store.joinTokens.create({ label: '', approves, uses: 1, lifetimeMs: 60_000 })).secret,
    async join(machine, secret, trust, more = {}) {
      const flags = ['--token', secret, '--data-dir', dataOf(machine), '--name', machine, '--no-start', ...trust];
      const child = start(['join', more.url ?? url, ...flags], more, { stdio: ['ignore', 'pipe', 'pipe'] });
      let output = '';
      for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => (output += text));
      const [status] = await once(child, 'close');
      return { status, output };
    },
    startAgent(machine, more = {}) {
      const flags = ['--data-dir', dataOf(machine), '--name', machine, ...ofEngine];
      agents.add(start(['agent', ...flags], more, { stdio: 'ignore' }));
    },
    admin,
    whenLinked: (machine, isThere = true) =>
      until(`${machine} is ${isThere ? 'there' : 'gone'}`, patienceMs, async () => {
        const { machines } = await admin('GET', '/metalyard/status');
        const found = machines.find(({ name }) => name === machine);
        const isReady = found?.status === 'live' && found.models.some(({ status }) => status === 'ready');
        return isThere ? isReady : found?.status !== 'live';
      }),
    async [Symbol.asyncDispose]() {
      for (const agent of agents) {
        if (agent.exitCode !== null || agent.signalCode !== null) continue;
        agent.kill('SIGKILL');
        await once(agent, 'exit');
      }
      await gateway.close();
      await store.close();
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}
