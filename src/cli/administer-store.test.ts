import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openStore } from '../transport/store/store.ts';
import { changeStore } from './administer-store.ts';

test('a gateway goes by what a command has changed when the command is done', async (context) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'metalyard-change-'));
  context.after(() => rmSync(dataDir, { recursive: true }));
  const gateway = await openStore(dataDir);
  const { key, secret } = await gateway.keys.create('laptop');
  for (const name of ['first', 'second', 'third']) {
    // It has just looked.
    await gateway.keys.verify(secret);
    assert.equal(gateway.aliases.current().has(name), false);
    await changeStore({ dataDir }, ({ aliases }) => aliases.set(name, 'tiny'));
    assert.equal(gateway.aliases.current().has(name), true);
  }
  await gateway.keys.verify(secret);
  assert.ok(await changeStore({ dataDir }, ({ keys }) => keys.set(key.id, { models: ['tiny'] })));
  assert.deepEqual((await gateway.keys.verify(secret))?.models, ['tiny']);
  await gateway.close();
});
