/**
 * What was acknowledged survives a process that is killed in the middle of its work: ten rounds of
 * keys and ledger rows, each cut off by SIGKILL. Of rows that nobody waits for, at most the last second's are lost.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { openStore } from './store.ts';

const rounds = 10;
const opening = `
  const { openStore } = await import(${JSON.stringify(new URL('./store.ts', import.meta.url).href)});
  const store = await openStore(process.argv[1]);`;
const writer = `${opening}
  for (let number = 0; ; number += 1) {
    const requestId = 'req_' + store.epoch + '_' + number;
    store.ledger.record({ requestId, keyId: 'key_a', model: 'tiny', outcome: { kind: 'answered' }, machineId: null,
      attempts: 1, usage: null, charged: { inputTokens: 1, outputTokens: 2 }, ttftMs: 1, totalMs: 2 });
    const { secret } = await store.keys.create(requestId);
    await store.ledger.flush();
    process.stdout.write(requestId + ' ' + secret + '\\n');
  }`;

test(`nothing acknowledged is lost in ${rounds} kills`, async (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'metalyard-kill-'));
  context.after(() => rmSync(directory, { recursive: true }));
  const acknowledged = new Map<string, string>();
  for (let round = 1; round <= rounds; round += 1) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', writer, directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    let seen = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      const [requestId = '', secret = ''] = line.split(' ');
      acknowledged.set(requestId, secret);
      seen += 1;
      // A different moment in each round; what was written meanwhile may or may not be there.
      if (seen === 3 * round) child.kill('SIGKILL');
    }
    assert.deepEqual(await exited, [null, 'SIGKILL']);
  }
  const store = await openStore(directory);
  assert.equal(store.epoch, rounds + 1);
  for (const [requestId, secret] of acknowledged) {
    assert.equal((await store.keys.verify(secret))?.label, requestId);
  }
  await store.close();
  const database = new DatabaseSync(join(directory, 'metalyard.sqlite'));
  const rows = database.prepare('select request_id from requests').all();
  const onDisk = new Set(rows.map(({ request_id }) => request_id));
  assert.deepEqual(
    [...acknowledged.keys()].filter((requestId) => !onDisk.has(requestId)),
    [],
  );
  assert.equal(database.prepare('pragma integrity_check').get()?.integrity_check, 'ok');
  database.close();
});

/** A gateway's pace: rows as requests end, and nobody asks for a flush. */
const bookkeeper = `${opening}
  let number = 0;
  setInterval(() => {
    const requestId = 'req_' + store.epoch + '_' + number++;
    store.ledger.record({ requestId, keyId: 'key_a', model: 'tiny', outcome: { kind: 'answered' }, machineId: null,
      attempts: 1, usage: null, charged: { inputTokens: 1, outputTokens: 2 }, ttftMs: 1, totalMs: 2 });
    process.stdout.write(requestId + ' ' + performance.now() + '\\n');
  }, 5);`;

test('a gateway that is killed loses no row that is older than a second', async (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'metalyard-kill-'));
  context.after(() => rmSync(directory, { recursive: true }));
  for (let round = 1; round <= 3; round += 1) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', bookkeeper, directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    const recorded: { readonly requestId: string; readonly atMs: number }[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      const [requestId = '', atMs = ''] = line.split(' ');
      recorded.push({ requestId, atMs: Number(atMs) });
      // A different moment between two commits in each round.
      if (Number(atMs) - (recorded[0]?.atMs ?? 0) > 1_200 + 70 * round) child.kill('SIGKILL');
    }
    assert.deepEqual(await exited, [null, 'SIGKILL']);
    const database = new DatabaseSync(join(directory, 'metalyard.sqlite'));
    const onDisk = new Set(
      database
        .prepare('select request_id from requests')
        .all()
        .map((row) => row.request_id),
    );
    database.close();
    // By the clock of the process itself: how long it was kept from running says nothing about it.
    const lastMs = recorded.at(-1)?.atMs ?? 0;
    const old = recorded.filter(({ atMs }) => atMs < lastMs - 1_000);
    assert.ok(old.length > 10, `${old.length} rows are older than a second`);
    const missing = old.filter(({ requestId }) => !onDisk.has(requestId));
    assert.deepEqual(missing, []);
  }
});
