import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { knownValue } from '../../contract/machine/fact.ts';
import { disk } from '../../landmines/examples.ts';
import { fileSystemOf, ownFacts } from './own-facts.ts';

const scratch = mkdtempSync(join(tmpdir(), 'metalyard-doctor-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

test('a port that another program holds is taken, a free one is not', async () => {
  const server = createServer((socket) =>
    socket
      .on('error', () => {})
      .resume()
      .end('220 mail\r\n'),
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const taken = await ownFacts({ dataDir: scratch, port }, {});
  assert.equal(knownValue(taken['metalyard.port_taken_by']), 'another program');
  server.close();
  await once(server, 'close');
  const free = await ownFacts({ dataDir: scratch, port }, {});
  assert.equal(knownValue(free['metalyard.port_taken_by']), '');
});

test('the data directory is tried, and nothing is left in it or made for it', async () => {
  const directory = join(scratch, 'data');
  const facts = await ownFacts({ dataDir: directory, port: 1 }, {});
  assert.equal(knownValue(facts['disk.data_writable']), true, 'it could be made');
  assert.deepEqual(readdirSync(scratch), []);
  mkdirSync(directory);
  assert.equal(knownValue((await ownFacts({ dataDir: directory, port: 1 }, {}))['disk.data_writable']), true);
  assert.deepEqual(readdirSync(directory), []);
});

test('a data directory that refuses writes', {
  skip: process.getuid?.() === 0 ? 'root may write everywhere' : false,
}, async () => {
  const directory = join(scratch, 'locked');
  mkdirSync(directory);
  chmodSync(directory, 0o500);
  assert.equal(knownValue((await ownFacts({ dataDir: directory, port: 1 }, {}))['disk.data_writable']), false);
});

test('the nearest mount tells the file system', () => {
  const disks = [
    disk({ mount: '/' }),
    disk({ mount: '/home', filesystem: 'nfs4' }),
    disk({ mount: '/home2', filesystem: 'xfs' }),
  ];
  assert.equal(knownValue(fileSystemOf('/home/me/.local/share/metalyard', disks)), 'nfs4');
  assert.equal(knownValue(fileSystemOf('/home2/me', disks)), 'xfs');
  assert.equal(knownValue(fileSystemOf('/srv/me', disks)), 'ext4');
  assert.equal(fileSystemOf('/srv/me', undefined).known, false);
});

test('what only a running agent knows is said to be so', async () => {
  const facts = await ownFacts({ dataDir: scratch, port: 1 }, {});
  assert.deepEqual(facts['engine.backend'], {
    known: false,
    reason: 'not-probed',
    detail: 'only a running agent can tell',
  });
});
