/**
 * Several machines on one gateway: each a process of the real command line, the gateway too, each machine with an engine
 * of its own and behind a piece of network of its own. For tests that kill machines, stop them, and cut them off.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadMachineIdentity } from '../../src/transport/identity/machine-identity.ts';
import { openStore } from '../../src/transport/store/store.ts';
import { engineFlags, enginePidsOf, type FleetEngine } from './fleet-engine.ts';
import { until } from './processes.ts';
import { type TroubledNetwork, troubledNetwork } from './troubled-network.ts';
import { troubledProxy } from './troubled-proxy.ts';

const cli = join(import.meta.dirname, '../../src/cli/main.ts');
/** A start of a process on a busy computer, ms. */
const patienceMs = 60_000;

export interface FleetMachine {
  readonly name: string;
  readonly machineId: string;
  readonly network: TroubledNetwork;
  /** Files that faults of a script wait for, and what its engine wrote down. */
  readonly directory: string;
  /** Of its engine, none while it has none. */
  enginePids(): readonly number[];
  signal(signal: NodeJS.Signals): void;
  signalEngine(signal: NodeJS.Signals): void;
  /** Starts its agent, again if it was killed; does not wait. */
  start(): void;
}

export interface MachineStatus {
  readonly machineId: string;
  readonly name: string;
  readonly status: string;
  /** Null: it is lost. */
  readonly link: { readonly way: 'websocket' | 'http'; readonly isAttached: boolean } | null;
  /** Tickets that hold a slot. */
  readonly tickets: number;
  readonly models: readonly { readonly id: string; readonly status: string }[];
}

/** What `metalyard explain` says of a request, as far as tests look at it. */
export interface Explained {
  readonly attempts: readonly {
    readonly decision: { readonly chosen: { readonly machineId: string } };
    /** Why it came to nothing; null when it did not. */
    readonly lostBecause: string | null;
  }[];
}

export interface Fleet extends AsyncDisposable {
  readonly url: string;
  readonly key: string;
  readonly model: string;
  readonly machines: readonly FleetMachine[];
  signalGateway(signal: NodeJS.Signals): void;
  status(): Promise<readonly MachineStatus[]>;
  explain(requestId: string): Promise<Explained>;
  /** Resolves when all machines are there with their model, and with nothing to do. */
  whenReady(): Promise<void>;
}

export interface FleetOptions {
  /** A proxy before each machine lets no WebSocket through: plain requests carry the links. */
  readonly withoutSockets?: boolean;
}

/** A function tells the engine of one machine, given a directory of its own. */
export async function startFleet(
  count: number,
  engine: FleetEngine | ((directory: string) => FleetEngine),
  { withoutSockets = false }: FleetOptions = {},
): Promise<Fleet> {
  const scratch = mkdtempSync(join(tmpdir(), 'metalyard-fleet-'));
  const directoryOf = (name: string): string => join(scratch, name);
  const names = Array.from({ length: count }, (_, index) => `machine-${index + 1}`);
  const store = await openStore(directoryOf('gateway'));
  const { secret } = await store.keys.create('test');
  const identities = new Map<string, string>();
  for (const name of names) {
    mkdirSync(directoryOf(name), { mode: 0o700 });
    const { machineId, publicKey } = loadMachineIdentity(join(directoryOf(name), 'machine-key.pem'));
    await store.machines.approve({ machineId, publicKey, name });
    identities.set(name, machineId);
  }
  await store.close();

  const children = new Map<string, ChildProcess>();
  /** Why a process could not be started or told something: unheard it would end the whole file of tests. */
  let failure: Error | undefined;
  const start = (name: string, args: readonly string[]): void => {
    const common = ['--data-dir', directoryOf(name), '--name', name];
    const child = spawn(process.execPath, [cli, ...args, ...common], { stdio: 'ignore' });
    child.on('error', (error) => {
      failure = error;
    });
    children.set(name, child);
  };
  const networks: AsyncDisposable[] = [];
  async function dispose(): Promise<void> {
    for (const child of [...children.values()].toReversed()) {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    for (const network of networks.toReversed()) await network[Symbol.asyncDispose]();
    // The engine of an agent that was killed may still write there for a moment.
    rmSync(scratch, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
  try {
    start('gateway', ['gateway', '--port', '0']);
    const recordFile = join(directoryOf('gateway'), 'gateway.json');
    await until('the gateway has begun', patienceMs, () => {
      if (failure !== undefined) throw failure;
      return existsSync(recordFile);
    });
    // Ours; a missing part fails the tests.
    const { url, adminToken } = JSON.parse(readFileSync(recordFile, 'utf8')) as { url: string; adminToken: string };
    const proxy = withoutSockets ? await troubledProxy(url, 'refuses') : undefined;
    if (proxy !== undefined) networks.push(proxy);

    const looks = async (path: string): Promise<unknown> => {
      const response = await fetch(new URL(path, url), { headers: { authorization: `Bearer ${adminToken}` } });
      return response.json();
    };
    const status = async (): Promise<readonly MachineStatus[]> =>
      ((await looks('/metalyard/status')) as { machines: MachineStatus[] }).machines;

    const machines: FleetMachine[] = [];
    for (const name of names) {
      const network = await troubledNetwork(proxy?.url ?? url);
      networks.push(network);
      const directory = directoryOf(name);
      const ofEngine = engineFlags(directory, typeof engine === 'function' ? engine(directory) : engine);
      const enginePids = (): number[] => enginePidsOf(children.get(name)?.pid ?? 0);
      const machine: FleetMachine = {
        name,
        machineId: identities.get(name) ?? '',
        network,
        directory,
        enginePids,
        start: () => start(name, ['agent', '--gateway', network.url, ...ofEngine]),
        signal: (signal) => void children.get(name)?.kill(signal),
        signalEngine(signal) {
          for (const pid of enginePids()) process.kill(pid, signal);
        },
      };
      machines.push(machine);
      machine.start();
    }

    let model = '';
    const whenReady = (): Promise<void> =>
      until('all machines are ready', patienceMs, async () => {
        if (failure !== undefined) throw failure;
        const there = await status();
        return machines.every(({ machineId }) => {
          const machine = there.find((each) => each.machineId === machineId);
          const ready = machine?.models.find((each) => each.status === 'ready');
          model ||= ready?.id ?? '';
          // One whose agent has just been killed is waited for a while.
          const isThere = machine?.status === 'live' && machine.link?.isAttached === true;
          return isThere && machine.tickets === 0 && ready !== undefined;
        });
      });
    await whenReady();
    return {
      url,
      key: secret,
      model,
      machines,
      signalGateway: (signal) => void children.get('gateway')?.kill(signal),
      status,
      explain: async (requestId) => (await looks(`/metalyard/requests/${requestId}`)) as Explained,
      whenReady,
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}
