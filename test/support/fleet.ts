/**
 * Several machines on one gateway: the gateway in the test's own process, each agent a process of the
 * real command line with a scripted engine, each behind a piece of network of its own. For tests that
 * kill machines, stop them, and cut them off.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Gateway, startGateway } from '../../src/gateway/gateway.ts';
import { loadMachineIdentity } from '../../src/transport/identity/machine-identity.ts';
import { type Log, silentLog } from '../../src/transport/log/log.ts';
import { openStore } from '../../src/transport/store/store.ts';
import { descendants, until } from './processes.ts';
import type { ScriptedConfig } from './scripted/config.ts';
import { writeScriptedEngine } from './scripted-engine.ts';
import { type TroubledNetwork, troubledNetwork } from './troubled-network.ts';
import { troubledProxy } from './troubled-proxy.ts';

const cli = join(import.meta.dirname, '../../src/cli/main.ts');
const adminToken = 'admin-token-of-the-test';
/** A start of an agent on a busy computer, ms. */
const patienceMs = 60_000;

export interface FleetMachine {
  readonly name: string;
  readonly machineId: string;
  readonly network: TroubledNetwork;
  /** Files that faults of the script wait for: `fault(kind)` makes the engine of this machine misbehave. */
  readonly directory: string;
  signal(signal: NodeJS.Signals): void;
  signalEngine(signal: NodeJS.Signals): void;
  /** Starts its agent, again if it was killed; does not wait. */
  start(): void;
}

export interface MachineStatus {
  readonly machineId: string;
  readonly name: string;
  readonly status: string;
  /** Tickets that hold a slot. */
  readonly tickets: number;
  readonly models: readonly { readonly id: string; readonly status: string }[];
}

export interface Fleet extends AsyncDisposable {
  readonly url: string;
  readonly key: string;
  readonly model: string;
  readonly gateway: Gateway;
  readonly machines: readonly FleetMachine[];
  /** Attempts that came to nothing so far, as the gateway's log tells. */
  readonly lostAttempts: number;
  status(): Promise<readonly MachineStatus[]>;
  /** Resolves when all machines are there with their model. */
  whenReady(): Promise<void>;
}

export interface FleetOptions {
  /** A proxy before each machine lets no WebSocket through: plain requests carry the links. */
  readonly withoutSockets?: boolean;
}

/** `engineFor` writes the script of one machine, given a directory of its own. */
export async function startFleet(
  count: number,
  engineFor: (directory: string) => ScriptedConfig,
  { withoutSockets = false }: FleetOptions = {},
): Promise<Fleet> {
  const scratch = mkdtempSync(join(tmpdir(), 'metalyard-fleet-'));
  const store = await openStore(join(scratch, 'gateway'));
  const { secret } = await store.keys.create('test');
  let lostAttempts = 0;
  const log: Log = {
    ...silentLog,
    warn(message) {
      if (message === 'attempt lost') lostAttempts += 1;
    },
  };
  const gateway = await startGateway({
    store,
    log,
    host: '127.0.0.1',
    port: 0,
    version: '0.0.0',
    adminToken,
  });
  const proxy = withoutSockets ? await troubledProxy(gateway.url, 'refuses') : undefined;
  const children = new Map<string, ChildProcess>();

  async function addMachine(name: string): Promise<FleetMachine> {
    const directory = join(scratch, name);
    mkdirSync(directory, { mode: 0o700 });
    const { machineId, publicKey } = loadMachineIdentity(join(directory, 'machine-key.pem'));
    await store.machines.approve({ machineId, publicKey, name });
    const network = await troubledNetwork(proxy?.url ?? gateway.url);
    const engine = writeScriptedEngine(directory, engineFor(directory));
    const args = [
      'agent',
      '--gateway',
      network.url,
      '--data-dir',
      directory,
      '--name',
      name,
      '--engine-program',
      engine,
    ];
    const pid = (): number => children.get(name)?.pid ?? 0;
    return {
      name,
      machineId,
      network,
      directory,
      start() {
        children.set(name, spawn(process.execPath, [cli, ...args], { stdio: 'ignore' }));
      },
      signal: (signal) => void children.get(name)?.kill(signal),
      signalEngine(signal) {
        for (const engine of descendants(pid(), /scripted-engine\.mjs/)) process.kill(engine, signal);
      },
    };
  }

  const machines: FleetMachine[] = [];
  for (let index = 0; index < count; index += 1) machines.push(await addMachine(`machine-${index + 1}`));
  for (const machine of machines) machine.start();

  const status = async (): Promise<readonly MachineStatus[]> => {
    const headers = { authorization: `Bearer ${adminToken}` };
    const response = await fetch(new URL('/metalyard/status', gateway.url), { headers });
    // Ours; a missing part fails the test that needs it.
    return ((await response.json()) as { machines: MachineStatus[] }).machines;
  };
  const whenReady = (): Promise<void> =>
    until('all machines are ready', patienceMs, async () => {
      const there = await status();
      return machines.every(({ machineId }) =>
        there.some(
          (machine) =>
            machine.machineId === machineId &&
            machine.status === 'live' &&
            machine.models.some((model) => model.status === 'ready'),
        ),
      );
    });
  const dispose = async (): Promise<void> => {
    for (const child of children.values()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await gateway.close();
    await store.close();
    for (const { network } of machines) await network[Symbol.asyncDispose]();
    await proxy?.[Symbol.asyncDispose]();
    rmSync(scratch, { recursive: true, force: true });
  };
  try {
    await whenReady();
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    url: gateway.url,
    key: secret,
    model: gateway.models()[0]?.id ?? '',
    gateway,
    machines,
    get lostAttempts() {
      return lostAttempts;
    },
    status,
    whenReady,
    [Symbol.asyncDispose]: dispose,
  };
}
