import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import type { RequestReport } from '../request-report.ts';
import { checkSqliteVersion, openSqlite } from './sqlite.ts';
import { openStore } from './store.ts';
import { lookMs } from './store-version.ts';

function directoryFor(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'metalyard-store-'));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Reads the file as another program would. */
function rowsOf(directory: string, sql: string): Record<string, unknown>[] {
  const database = new DatabaseSync(join(directory, 'metalyard.sqlite'), { readOnly: true });
  try {
    return database.prepare(sql).all();
  } finally {
    database.close();
  }
}

function report(requestId: string, change: Partial<RequestReport> = {}): RequestReport {
  return {
    requestId,
    keyId: 'key_a',
    model: 'tiny',
    outcome: { kind: 'answered' },
    machineId: 'mch_a',
    attempts: 1,
    usage: { promptTokens: 100, cachedTokens: 60, outputTokens: 7, thinkingTokens: 2 },
    charged: { inputTokens: 40, outputTokens: 7 },
    ttftMs: 12,
    totalMs: 34,
    ...change,
  };
}

test('a gateway keeps its id and signing secret, and every start begins a new epoch', async (context) => {
  const directory = directoryFor(context);
  const first = await openStore(directory);
  assert.match(first.gatewayId, /^gw_[0-9a-f]{16}$/);
  assert.equal(first.epoch, 1);
  assert.equal(first.signingSecret.length, 32);
  await first.close();

  const second = await openStore(directory);
  assert.equal(second.gatewayId, first.gatewayId);
  assert.equal(second.epoch, 2);
  assert.deepEqual(second.signingSecret, first.signingSecret);

  const beside = await openStore(directory, { purpose: 'administration' });
  assert.equal(beside.epoch, 2, 'administration starts no gateway');
  await beside.close();
  await second.close();
});

test('a second gateway on the same store is refused until the first has gone', async (context) => {
  const directory = directoryFor(context);
  const first = await openStore(directory);
  await assert.rejects(openStore(directory), { name: 'StoreInUseError' });
  await first.close();
  await (await openStore(directory)).close();
});

test('commits are durable: WAL and synchronous=FULL', (context) => {
  const database = openSqlite(join(directoryFor(context), 'metalyard.sqlite'));
  assert.equal(database.prepare('pragma journal_mode').get()?.journal_mode, 'wal');
  assert.equal(database.prepare('pragma synchronous').get()?.synchronous, 2);
  database.close();
});

test('nothing in the data directory can be read by others', { skip: process.platform === 'win32' }, async (context) => {
  const directory = directoryFor(context);
  const store = await openStore(directory);
  await store.keys.create('first');
  for (const name of readdirSync(directory)) {
    assert.equal(statSync(join(directory, name)).mode & 0o077, 0, name);
  }
  await store.close();
});

test('a key works from its creation to its revocation', async (context) => {
  const store = await openStore(directoryFor(context));
  const { key, secret } = await store.keys.create('laptop');
  assert.match(secret, /^my_[0-9A-Za-z]{12}_[0-9A-Za-z_-]{43}$/);
  assert.match(key.id, /^key_[0-9A-Za-z]{12}$/);
  assert.equal(store.keys.recall(secret), undefined, 'it was not asked for yet');
  const verified = await store.keys.verify(secret);
  assert.deepEqual(verified, { ...key, version: verified?.version });
  assert.equal(store.keys.recall(secret), verified);
  assert.ok((verified?.version ?? 0) > key.version, 'read later than it was made');
  assert.equal(store.keys.label(key.id), 'laptop');

  assert.equal(await store.keys.revoke(key.id), true);
  assert.equal(store.keys.recall(secret), undefined);
  assert.equal(await store.keys.verify(secret), undefined);
  assert.equal(await store.keys.revoke(key.id), false, 'a revoked key cannot be revoked again');
  const [listed] = await store.keys.list();
  assert.equal(listed?.id, key.id);
  assert.ok(listed?.revokedAtMs);
  await store.close();
});

test('what a key may use is kept, changed by another process, and lifted again', async (context) => {
  const directory = directoryFor(context);
  let now = 0;
  const store = await openStore(directory, { nowMs: () => now });
  const { key, secret } = await store.keys.create('laptop', { models: ['small', 'qwen3*'] });
  assert.deepEqual((await store.keys.verify(secret))?.models, ['small', 'qwen3*']);

  const beside = await openStore(directory, { purpose: 'administration' });
  const { changes } = store.keys;
  assert.deepEqual(await beside.keys.set(key.id, { models: ['tiny'] }), { ...key, models: ['tiny'] });
  now += lookMs;
  assert.notEqual(store.keys.changes, changes, 'whoever keeps to an older reading can see it');
  assert.deepEqual((await store.keys.current(key.id))?.models, ['tiny']);
  assert.deepEqual((await store.keys.verify(secret))?.models, ['tiny']);
  assert.deepEqual((await beside.keys.set(key.id, {}))?.models, ['tiny'], 'what is not named stays');
  assert.equal((await beside.keys.set(key.id, { models: null }))?.models, null);
  const { machines, labels, trustedOnly } = { machines: ['desk'], labels: ['quiet'], trustedOnly: true };
  await beside.keys.set(key.id, { places: { machines, labels } });
  const placed = await beside.keys.set(key.id, { places: { trustedOnly }, group: 'home' });
  assert.deepEqual([placed?.places, placed?.group], [{ machines, labels, trustedOnly }, 'home'], 'rules add up');
  now += lookMs;
  assert.deepEqual((await store.keys.verify(secret))?.places, placed?.places);
  const lifted = await beside.keys.set(key.id, {
    places: { machines: null, labels: [], trustedOnly: false },
    group: null,
  });
  assert.deepEqual([lifted?.places, lifted?.group], [null, null]);
  assert.equal(await beside.keys.set('key_of_nobody', { models: null }), undefined);
  await beside.close();
  await store.keys.revoke(key.id);
  assert.equal(await store.keys.current(key.id), undefined);
  assert.equal(await store.keys.set(key.id, { models: ['x'] }), undefined, 'a revoked key');
  await store.close();
});

test('aliases are kept, and known a moment later when another process changes them', async (context) => {
  const directory = directoryFor(context);
  let now = 0;
  const store = await openStore(directory, { nowMs: () => now });
  assert.equal(store.aliases.current().size, 0);
  const beside = await openStore(directory, { purpose: 'administration' });
  await beside.aliases.set('coder', 'qwen3-8b-q4');
  await beside.aliases.set('small', 'tiny');
  await beside.aliases.set('coder', 'qwen3-14b-q4');
  now += lookMs;
  assert.deepEqual([...store.aliases.current()], [...beside.aliases.current()]);
  assert.deepEqual(Object.fromEntries(store.aliases.current()), { coder: 'qwen3-14b-q4', small: 'tiny' });
  assert.equal(store.aliases.current(), store.aliases.current(), 'read once while nothing changes');
  assert.equal(await beside.aliases.remove('coder'), true);
  assert.equal(await beside.aliases.remove('coder'), false);
  now += lookMs;
  assert.deepEqual([...store.aliases.current().keys()], ['small']);
  await beside.close();
  await store.close();
});

test('how many copies of a model are to stay loaded is kept, and forgotten when nobody minds', async (context) => {
  const directory = directoryFor(context);
  const store = await openStore(directory);
  await store.minimums.set('qwen3-8b-q4', 1);
  await store.minimums.set('qwen3-8b-q4', 2);
  await store.minimums.set('tiny', 1);
  await store.close();
  const again = await openStore(directory);
  assert.deepEqual(Object.fromEntries(await again.minimums.all()), { 'qwen3-8b-q4': 2, tiny: 1 });
  await again.minimums.set('tiny', 0);
  assert.deepEqual([...(await again.minimums.all()).keys()], ['qwen3-8b-q4']);
  await again.close();
});

test('a revocation by another process holds a moment later', async (context) => {
  const directory = directoryFor(context);
  let now = 0;
  const store = await openStore(directory, { nowMs: () => now });
  const { key, secret } = await store.keys.create('laptop');
  assert.ok(await store.keys.verify(secret));
  const beside = await openStore(directory, { purpose: 'administration' });
  await beside.keys.revoke(key.id);
  await beside.close();
  now += lookMs;
  assert.equal(store.keys.recall(secret), undefined);
  assert.equal(await store.keys.verify(secret), undefined);
  await store.close();
});

test('a key that was read just before another process revoked it is not believed for longer', async (context) => {
  const directory = directoryFor(context);
  let now = 0;
  const first = await openStore(directory);
  const made = [];
  for (let count = 0; count < 30; count += 1) made.push(await first.keys.create(`key ${count}`));
  await first.close();
  const store = await openStore(directory, { nowMs: () => now });
  const beside = new DatabaseSync(join(directory, 'metalyard.sqlite'));
  const revoke = beside.prepare('update api_keys set revoked_at_ms = 1 where key_id = ?');
  let readBefore = 0;
  for (const [turns, { key, secret }] of made.entries()) {
    now += lookMs;
    const reading = store.keys.verify(secret);
    // Wherever in its reading it is.
    for (let turn = 0; turn < turns; turn += 1) await null;
    revoke.run(key.id);
    now += lookMs;
    assert.equal(store.keys.recall(secret), undefined);
    if ((await reading) !== undefined) readBefore += 1;
    assert.equal(await store.keys.verify(secret), undefined, `revoked after ${turns} turns`);
  }
  assert.ok(readBefore > 0, 'some were read before they were revoked');
  beside.close();
  await store.close();
});

test('a copy of the store holds no usable key', async (context) => {
  const directory = directoryFor(context);
  const store = await openStore(directory);
  const { secret } = await store.keys.create('laptop');
  await store.close();
  const secretPart = secret.split('_').slice(2).join('_');
  for (const name of readdirSync(directory)) {
    assert.ok(!readFileSync(join(directory, name)).includes(secretPart), name);
  }
});

const hostile = [
  ['nothing', ''],
  ['a single letter', 'x'],
  ["someone else's key", 'sk-ant-api03-0000000000000000000000000000000000000000'],
  ['SQL', "my_' or 1=1 --_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"],
  ['a key that was never made', `my_000000000000_${'A'.repeat(43)}`],
  ['a key with a newline after it', `my_000000000000_${'A'.repeat(43)}\n`],
  ['a very long key', `my_000000000000_${'A'.repeat(1_000_000)}`],
] as const;
test('what is not a key is no key', async (context) => {
  const store = await openStore(directoryFor(context));
  for (const [what, secret] of hostile) {
    assert.equal(store.keys.recall(secret), undefined, what);
    assert.equal(await store.keys.verify(secret), undefined, what);
  }
  await store.close();
});

test('the right name with a wrong secret is no key', async (context) => {
  const store = await openStore(directoryFor(context));
  const { secret } = await store.keys.create('laptop');
  assert.ok(await store.keys.verify(secret));
  const wrong = secret.slice(0, 16) + [...secret.slice(16)].reverse().join('');
  assert.equal(store.keys.recall(wrong), undefined);
  assert.equal(await store.keys.verify(wrong), undefined);
  await store.close();
});

test('an approved machine is found by its id, and a second approval renames it', async (context) => {
  const store = await openStore(directoryFor(context));
  const machine = { machineId: 'mch_0', publicKey: 'AAAA', name: 'studio' };
  assert.equal(await store.machines.get('mch_0'), undefined);
  await store.machines.approve(machine);
  const usual = { standing: 'approved', labels: [], drained: false } as const;
  const { knownSinceMs, ...entered } = (await store.machines.get('mch_0'))!;
  assert.deepEqual(entered, { ...machine, ...usual });
  await store.machines.approve({ ...machine, name: 'attic', publicKey: 'BBBB' });
  assert.deepEqual(
    await store.machines.list(),
    [{ ...machine, ...usual, name: 'attic', knownSinceMs }],
    'the key of a machine never changes',
  );
  assert.equal(store.machines.name('mch_0'), 'attic');
  await store.close();
});

test('a machine that calls itself by the id of another one is not found in its place', async (context) => {
  const store = await openStore(directoryFor(context));
  const other = 'mch_0123456789abcdef';
  await store.machines.approve({ machineId: 'mch_a', publicKey: 'a', name: other });
  await store.machines.approve({ machineId: other, publicKey: 'b', name: 'desk' });
  assert.equal((await store.machines.called(other))[0]?.name, 'desk');
  assert.equal((await store.machines.called('desk'))[0]?.machineId, other);
  await store.close();
});

test('the ledger has one row per request, whatever became of it', async (context) => {
  const directory = directoryFor(context);
  const store = await openStore(directory);
  store.ledger.record(report('req_1'));
  store.ledger.record(
    report('req_2', {
      outcome: { kind: 'rejected', error: { code: 'queue_full', message: 'full' } },
      machineId: null,
      usage: null,
      ttftMs: null,
      attempts: 0,
    }),
  );
  store.ledger.record(report('req_3', { outcome: { kind: 'cancelled', reason: 'client-left' } }));
  store.ledger.record(report('req_1', { totalMs: 99 }));
  await store.close();

  const rows = rowsOf(directory, 'select * from requests order by request_id').map(({ ended_at_ms, ...row }) => ({
    ...row,
  }));
  const answered = {
    request_id: 'req_1',
    key_id: 'key_a',
    model: 'tiny',
    machine_id: 'mch_a',
    status: 'answered',
    code: null,
    prompt_tokens: 100,
    cached_tokens: 60,
    output_tokens: 7,
    ttft_ms: 12,
    total_ms: 34,
    attempts: 1,
    charged_input_tokens: 40,
    charged_output_tokens: 7,
  };
  assert.deepEqual(rows, [
    answered,
    {
      ...answered,
      request_id: 'req_2',
      machine_id: null,
      status: 'rejected',
      code: 'queue_full',
      prompt_tokens: null,
      cached_tokens: null,
      output_tokens: null,
      ttft_ms: null,
      attempts: 0,
    },
    { ...answered, request_id: 'req_3', status: 'cancelled', code: 'client-left' },
  ]);
});

test('a thousand rows recorded at once are all on disk after a flush', async (context) => {
  const directory = directoryFor(context);
  const store = await openStore(directory);
  for (let number = 0; number < 1_000; number += 1) store.ledger.record(report(`req_${number}`));
  await store.ledger.flush();
  assert.equal(rowsOf(directory, 'select count(*) as rows from requests')[0]?.rows, 1_000);
  await store.close();
});

test('while the ledger cannot be written its rows wait, and the owner is told', async (context) => {
  const directory = directoryFor(context);
  const told: string[] = [];
  const store = await openStore(directory, { onLedgerFailure: (message) => told.push(message) });
  const other = new DatabaseSync(join(directory, 'metalyard.sqlite'));
  other.exec('alter table requests rename to hidden');
  store.ledger.record(report('req_1'));
  await store.ledger.flush();
  assert.match(told[0] ?? '', /ledger cannot be written .*1 rows wait in memory, 0 were given up/);
  other.exec('alter table hidden rename to requests');
  other.close();
  await store.close();
  assert.equal(rowsOf(directory, 'select count(*) as rows from requests')[0]?.rows, 1);
});

test('what the ledger could not write before the end is told to be lost', async (context) => {
  const directory = directoryFor(context);
  const told: string[] = [];
  const store = await openStore(directory, { onLedgerFailure: (message) => told.push(message) });
  const other = new DatabaseSync(join(directory, 'metalyard.sqlite'));
  other.exec('alter table requests rename to hidden');
  other.close();
  store.ledger.record(report('req_1'));
  store.ledger.record(report('req_2'));
  await store.close();
  assert.match(told.at(-1) ?? '', /^2 rows of the ledger could not be written before the end, and are lost/);
});

test('a store written by a newer Metalyard is refused and left as it is', async (context) => {
  const directory = directoryFor(context);
  await (await openStore(directory)).close();
  const newer = new DatabaseSync(join(directory, 'metalyard.sqlite'));
  newer.exec("insert into kysely_migration (name, timestamp) values ('0999-future', '2030-01-01')");
  newer.close();
  await assert.rejects(openStore(directory), {
    message: /newer Metalyard \(it has the step 0999-future.*Update Metalyard/,
  });
  assert.equal(rowsOf(directory, 'select epoch from gateway')[0]?.epoch, 1);
});

test('a file that is no database is refused', async (context) => {
  const directory = directoryFor(context);
  writeFileSync(join(directory, 'metalyard.sqlite'), 'hello '.repeat(100), { mode: 0o600 });
  await assert.rejects(openStore(directory), {
    message: /metalyard\.sqlite cannot be opened \(file is not a database\)\. Restore/,
  });
});

test('a SQLite with the WAL corruption bug is refused', () => {
  for (const bad of ['3.51.2', '3.49.2', '3.50.9', '2.99.99']) {
    assert.throws(() => checkSqliteVersion(bad), { message: new RegExp(`SQLite ${bad}.*3\\.51\\.3 or newer`) });
  }
  for (const good of ['3.51.3', '3.51.10', '3.53.4', '4.0.0']) checkSqliteVersion(good);
});

test('a machine that was removed and comes again has none of the labels it had: keys trust them', async (context) => {
  const store = await openStore(directoryFor(context));
  context.after(() => store.close());
  const newcomer = { machineId: 'mch_a', publicKey: 'a', name: 'desk' };
  await store.machines.approve(newcomer);
  await store.machines.set('mch_a', { labels: ['trusted'], drained: true });
  await store.machines.approve({ ...newcomer, name: 'renamed' });
  const renamed = await store.machines.get('mch_a');
  assert.deepEqual([renamed?.name, renamed?.labels, renamed?.drained], ['renamed', ['trusted'], true]);
  await store.machines.set('mch_a', { standing: 'removed' });
  await store.machines.join(newcomer, { approves: false });
  const again = await store.machines.get('mch_a');
  assert.deepEqual([again?.standing, again?.labels, again?.drained], ['pending', [], false]);
});

test('two machines that call themselves alike are told apart, and one that joins again keeps its name', async (context) => {
  const store = await openStore(directoryFor(context));
  context.after(() => store.close());
  const box = (machineId: string) => ({ machineId, publicKey: machineId, name: 'box' });
  assert.deepEqual(await store.machines.join(box('mch_a'), { approves: true }), {
    name: 'box',
    standing: 'approved',
    labels: [],
  });
  assert.deepEqual(await store.machines.join(box('mch_b'), { approves: false }), {
    name: 'box-2',
    standing: 'pending',
    labels: [],
  });
  assert.deepEqual(await store.machines.join(box('mch_c'), { approves: false }), {
    name: 'box-3',
    standing: 'pending',
    labels: [],
  });
  await store.machines.set('mch_a', { name: 'desk' });
  assert.deepEqual(await store.machines.join(box('mch_a'), { approves: false }), {
    name: 'desk',
    standing: 'approved',
    labels: [],
  });
  assert.deepEqual(await store.machines.join(box('mch_b'), { approves: true }), {
    name: 'box-2',
    standing: 'approved',
    labels: [],
  });
});

test('rules of a key that two processes set at once all hold', async (context) => {
  const directory = directoryFor(context);
  const store = await openStore(directory);
  const beside = await openStore(directory, { purpose: 'administration' });
  const { key } = await store.keys.create('laptop');
  await Promise.all([
    store.keys.set(key.id, { places: { labels: ['quiet'] } }),
    beside.keys.set(key.id, { places: { machines: ['mch_a'] } }),
    store.keys.set(key.id, { places: { trustedOnly: true } }),
  ]);
  const [now] = await store.keys.list();
  assert.deepEqual(now?.places, { machines: ['mch_a'], labels: ['quiet'], trustedOnly: true });
  await beside.close();
  await store.close();
});
