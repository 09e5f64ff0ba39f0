/** A model gives its memory back and is loaded again, with a scripted engine in a process of its own. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeScriptedEngine } from '../../test/support/scripted-engine.ts';
import { shippedModel } from '../cli/package-files.ts';
import { startGuardian } from '../engines/guardian/guardian.ts';
import { silentLog } from '../transport/log/log.ts';
import { ModelHost } from './model-host.ts';

test('a model that is told to rest is unloaded, says why, and comes back when it is woken', async (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'metalyard-host-'));
  const guardian = startGuardian();
  let changed = Promise.withResolvers<void>();
  const host = new ModelHost({
    modelPath: shippedModel,
    guardian,
    log: silentLog,
    machineFacts: async () => ({}),
    engineProgram: writeScriptedEngine(directory, { window: 4_096, slots: 2 }),
    onChange() {
      changed.resolve();
      changed = Promise.withResolvers();
    },
  });
  context.after(async () => {
    await host.close();
    await guardian.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const status = (): string | undefined => host.describe(() => 0)[0]?.status;
  const whenReady = async (): Promise<string> => {
    while (status() !== 'ready') await changed.promise;
    return host.describe(() => 0)[0]?.id ?? '';
  };

  host.start();
  const id = await whenReady();
  const first = host.find(id);
  assert.ok(first);

  host.rest('only 100 MiB of memory are left');
  assert.equal(host.find(id), undefined);
  assert.equal(status(), 'loading');
  assert.equal(host.unavailableBecause(id), 'The model was unloaded: only 100 MiB of memory are left.');

  host.wake();
  await whenReady();
  assert.ok(host.find(id));
  assert.notEqual(host.find(id), first, 'another load, with slots of its own');
});
