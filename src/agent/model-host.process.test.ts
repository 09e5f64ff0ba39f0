/** One model file that is told to load and unload, with a scripted engine in a process of its own. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeScriptedEngine } from '../../test/support/scripted-engine.ts';
import { scriptedGguf } from '../../test/support/scripted-gguf.ts';
import { startGuardian } from '../engines/guardian/guardian.ts';
import { silentLog } from '../transport/log/log.ts';
import type { LoadPlan } from './load-plan.ts';
import { ModelHost } from './model-host.ts';

const planned: LoadPlan = {
  ok: true,
  plan: { window: 4_096, slots: 1, threads: 1 },
  gpu: 'off',
  notes: [],
  bytes: 2_000_000,
  device: 'ram',
};

test('an unload waits for nothing of a load that begins meanwhile', async (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'metalyard-host-'));
  const guardian = startGuardian();
  const modelPath = join(directory, 'one.gguf');
  writeFileSync(modelPath, scriptedGguf({ pieces: ['one'] }));
  let changed = Promise.withResolvers<void>();
  // As when another model has its turn, and that turn waits for this unload.
  let turn: Promise<void> = Promise.resolve();
  const host = new ModelHost({
    modelPath,
    guardian,
    log: silentLog,
    engineProgram: writeScriptedEngine(directory, { window: 4_096, slots: 1 }),
    fixed: { window: true, slots: true },
    async inTurn(work) {
      await turn;
      return work();
    },
    plan: async () => planned,
    onChange() {
      changed.resolve();
      changed = Promise.withResolvers();
    },
  });
  context.after(async () => {
    await host.unload('It is over.');
    await guardian.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const whenReady = async (): Promise<void> => {
    while (host.status !== 'ready') await changed.promise;
  };

  await host.read();
  host.load();
  await whenReady();
  const unloading = host.unload('Another model needs its memory.');
  turn = unloading;
  host.load();
  assert.equal(host.status, 'loading');
  await unloading;
  await whenReady();
  assert.deepEqual(host.taken, planned, 'what the new load takes is still known');
});
