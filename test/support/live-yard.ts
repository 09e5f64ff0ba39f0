/**
 * A gateway and an agent in the test's own process: the real ones, over a real link, with a scripted
 * engine in a process of its own. Unlike `start-yard.ts` it lets a test shorten limits, revoke keys,
 * drain, and take machines away and bring them back.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Agent, startAgent } from '../../src/agent/agent.ts';
import { shippedModel } from '../../src/cli/package-files.ts';
import type { KeyRules } from '../../src/contract/quota.ts';
import { type Gateway, startGateway } from '../../src/gateway/gateway.ts';
import type { EdgeLimits } from '../../src/gateway/http/server.ts';
import { loadMachineIdentity } from '../../src/transport/identity/machine-identity.ts';
import { silentLog } from '../../src/transport/log/log.ts';
import { type KeyChange, openStore } from '../../src/transport/store/store.ts';
import type { ScriptedConfig } from './scripted/config.ts';
import { writeScriptedEngine } from './scripted-engine.ts';

export interface LiveYardOptions {
  readonly engine: ScriptedConfig;
  readonly edgeLimits?: Partial<EdgeLimits>;
  /** What the agent dials, given the gateway's address; otherwise the gateway itself. */
  readonly network?: (gatewayUrl: string) => Promise<{ readonly url: string }>;
}

export interface LiveYard extends AsyncDisposable {
  readonly url: string;
  /** Secret of an API key. */
  readonly key: string;
  /** Id of the served model. */
  readonly model: string;
  readonly gateway: Gateway;
  /** For files of the engine's script. */
  readonly directory: string;
  /** Secret of another key. */
  newKey(settings: KeyChange): Promise<string>;
  revokeKey(): Promise<void>;
  /** From the next request on. */
  limitKey(rules: Partial<KeyRules>): Promise<void>;
  /** The machine leaves at once, its engine ends. */
  stopAgent(): Promise<void>;
  /** Resolves when its model is ready, or cannot be loaded. */
  startAgent(): Promise<void>;
}

/** Lets a test ask for the status of the gateway. */
export const gatewayAdminToken = 'admin-token-of-the-test';

/** Unless the script says otherwise: more than Claude Code's own prompt, and room for its side requests. */
const usual: ScriptedConfig = { window: 65_536, slots: 4 };

/** Resolves when the model is ready, or its load has failed. */
export async function startLiveYard({ engine, edgeLimits = {}, network }: LiveYardOptions): Promise<LiveYard> {
  const directory = mkdtempSync(join(tmpdir(), 'metalyard-live-'));
  const store = await openStore(directory);
  const { secret, key } = await store.keys.create('test');
  const gateway = await startGateway({
    store,
    log: silentLog,
    host: '127.0.0.1',
    port: 0,
    version: '0.0.0',
    adminToken: gatewayAdminToken,
    edgeLimits,
  });
  const dialled = network === undefined ? gateway.url : (await network(gateway.url)).url;
  const identity = loadMachineIdentity(join(directory, 'machine.key'));
  await store.machines.approve({ machineId: identity.machineId, publicKey: identity.publicKey, name: 'box' });
  const engineProgram = writeScriptedEngine(directory, { ...usual, ...engine });
  let agent: Agent | undefined;
  let settled: { readonly id: string } | undefined;

  async function launch(): Promise<void> {
    const loaded = new Promise<void>((resolve) => {
      const stop = gateway.onModels((models) => {
        const model = models.find(({ status }) => status !== 'loading');
        if (model === undefined) return;
        settled = model;
        stop();
        resolve();
      });
    });
    agent = startAgent({
      gatewayUrl: dialled,
      identity,
      name: 'box',
      models: [{ path: shippedModel, isNamed: true }],
      version: '0.0.0',
      log: silentLog,
      engineProgram,
    });
    await loaded;
  }

  await launch();
  return {
    url: gateway.url,
    key: secret,
    model: settled?.id ?? '',
    gateway,
    directory,
    newKey: async (settings) => (await store.keys.create('another', settings)).secret,
    revokeKey: async () => void (await store.keys.revoke(key.id)),
    limitKey: async (rules) => void (await store.keys.set(key.id, { rules })),
    async stopAgent() {
      await agent?.close();
      agent = undefined;
    },
    startAgent: launch,
    async [Symbol.asyncDispose]() {
      await agent?.close();
      await gateway.close();
      await store.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
