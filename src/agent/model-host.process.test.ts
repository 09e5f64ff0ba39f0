/** One model file that is told to load and unload, with a scripted engine in a process of its own. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { ScriptedConfig } from '../../test/support/scripted/config.ts';
import { writeScriptedEngine } from '../../test/support/scripted-engine.ts';
import { scriptedGguf } from '../../test/support/scripted-gguf.ts';
import { startGuardian } from '../engines/guardian/guardian.ts';
import { silentLog } from '../transport/log/log.ts';
import type { LoadPlan } from './load-plan.ts';
import { ModelHost, type ModelHostOptions } from './model-host.ts';

const planned: LoadPlan = {
  ok: true,
  plan: { window: 4_096, slots: 1, threads: 1 },
  gpu: 'off',
  notes: [],
  bytes: 2_000_000,
  device: 'ram',
};

interface Fixture {
  readonly host: ModelHost;
  whenReady(): Promise<void>;
}

async function start(
  context: TestContext,
  {
    engine = {},
    ...options
  }: Partial<Pick<ModelHostOptions, 'inTurn' | 'plan'>> & { readonly engine?: ScriptedConfig },
): Promise<Fixture> {
  const directory = mkdtempSync(join(tmpdir(), 'metalyard-host-'));
  const guardian = startGuardian();
  const modelPath = join(directory, 'one.gguf');
  writeFileSync(modelPath, scriptedGguf({ pieces: ['one'] }));
  let changed = Promise.withResolvers<void>();
  const host = new ModelHost({
    modelPath,
    guardian,
    log: silentLog,
    engineProgram: writeScriptedEngine(directory, { window: 4_096, slots: 1, ...engine }),
    fixed: { window: true, slots: true },
    inTurn: (work) => work(),
    plan: async () => planned,
    onChange() {
      changed.resolve();
      changed = Promise.withResolvers();
    },
    ...options,
  });
  context.after(async () => {
    await host.unload('It is over.');
    await guardian.close();
    rmSync(directory, { recursive: true, force: true });
  });
  await host.read();
  return {
    host,
    async whenReady() {
      while (host.status !== 'ready') await changed.promise;
    },
  };
}

test('an unload waits for nothing of a load that begins meanwhile', async (context) => {
  // As when another model has its turn, and that turn waits for this unload.
  let turn: Promise<void> = Promise.resolve();
  const { host, whenReady } = await start(context, {
    async inTurn(work) {
      await turn;
      return work();
    },
  });
  host.load();
  await whenReady();
  const unloading = host.unload('Another model needs its memory.');
  turn = unloading;
  host.load();
  assert.equal(host.status, 'loading');
  await unloading;
  assert.equal(host.taken, undefined, 'what was unloaded takes nothing, though it is to be loaded again');
  await whenReady();
  assert.deepEqual(host.taken, planned, 'what the new load takes is still known');
});

test('a load begins once the engine of the last one has ended', async (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'metalyard-stay-'));
  context.after(() => rmSync(directory, { recursive: true }));
  const stayFile = join(directory, 'stay');
  writeFileSync(stayFile, '');
  const stays: boolean[] = [];
  const { host, whenReady } = await start(context, {
    engine: { stayFile },
    async plan() {
      stays.push(existsSync(stayFile));
      return planned;
    },
  });
  host.load();
  await whenReady();
  void host.unload('Another model needs its memory.');
  host.load();
  await setImmediate();
  rmSync(stayFile);
  await whenReady();
  assert.deepEqual(stays, [true, false]);
});
