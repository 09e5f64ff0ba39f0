/** Leases on a real file: shared, exact, and after a crash as the ledger says. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { defaultRules } from '../../contract/quota.ts';
import { type BucketLimit, bucketLimits } from '../../yard/quota/bucket.ts';
import { admit, createKeyQuota, handBack, type KeyQuota, lease } from '../../yard/quota/key-quota.ts';
import { openStore, type Store } from './store.ts';

function directoryFor(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'metalyard-quota-'));
  context.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

const rules = { ...defaultRules, requestsPerMinute: 100, dailyTokens: 10_000 };
const [requests, , , day] = bucketLimits(rules) as [BucketLimit, BucketLimit, BucketLimit, BucketLimit]; // of these rules
const record = (store: Store, requestId: string, inputTokens: number, outputTokens: number): void =>
  store.ledger.record({
    requestId,
    keyId: 'key_a',
    model: 'tiny',
    outcome: { kind: 'answered' },
    machineId: 'mch_a',
    attempts: 1,
    usage: null,
    charged: { inputTokens, outputTokens },
    ttftMs: 1,
    totalMs: 2,
  });

/** Leases from the store until there is an answer; `commits` counts how often. */
async function isAdmitted(quota: KeyQuota, store: Store, nowMs: number, commits = { count: 0 }): Promise<boolean> {
  for (;;) {
    const verdict = admit(quota, { inputTokens: 1, maxTokens: 1 }, nowMs);
    if (verdict.kind !== 'lease') return verdict.kind === 'admitted';
    commits.count += 1;
    lease(quota, verdict.asks, await store.quotas.take('key_a', verdict.asks, nowMs));
  }
}

test('two gateways of one store take 100 of 100 between them, in chunks', async (context) => {
  const store = await openStore(directoryFor(context));
  const nowMs = Date.now();
  const gateways = [createKeyQuota(rules), createKeyQuota(rules)];
  const commits = { count: 0 };
  let admitted = 0;
  for (let turn = 0; turn < 300; turn += 1) {
    if (await isAdmitted(gateways[turn % 2]!, store, nowMs, commits)) admitted += 1;
  }
  assert.equal(admitted, 100);
  assert.ok(commits.count <= 12, `${commits.count} commits for 300 requests`);
  await store.close();
});

test('a clock that went back is noticed with the first key that asks, and rates of the others come back from then on', async (context) => {
  const store = await openStore(directoryFor(context));
  const nowMs = Date.now();
  const [isAnHourLess, halfAMinuteLater] = [nowMs - 3_600_000, nowMs - 3_600_000 + 30_000];
  const ask = { limit: requests, owed: 0, want: 0 };
  await store.quotas.take('key_used', [{ ...ask, owed: 100 }], nowMs);
  await store.quotas.take('key_other', [ask], nowMs);
  await store.quotas.take('key_other', [ask], isAnHourLess);
  const [grant] = await store.quotas.take('key_used', [{ ...ask, want: 100 }], halfAMinuteLater);
  assert.equal(grant?.granted, 50);
  await store.close();
});

test('a rate goes on where it was after a restart, and what was handed back is there', async (context) => {
  const directory = directoryFor(context);
  const nowMs = Date.now();
  const first = await openStore(directory);
  const quota = createKeyQuota(rules);
  for (let turn = 0; turn < 40; turn += 1) assert.ok(await isAdmitted(quota, first, nowMs));
  await first.quotas.giveBack([{ keyId: 'key_a', asks: handBack(quota) }], nowMs);
  await first.close();
  const second = await openStore(directory);
  const [grant] = await second.quotas.take('key_a', [{ limit: requests, owed: 0, want: 1_000 }], nowMs + 6_000);
  assert.equal(grant?.granted, 100 - 40 + 10);
  await second.close();
});

test('a budget is what the ledger has left of it after a crash, and its lease is not lost', async (context) => {
  const directory = directoryFor(context);
  const first = await openStore(directory);
  record(first, 'req_1', 1_000, 500);
  const [before] = await first.quotas.take('key_a', [{ limit: day, owed: 0, want: 4_000 }], Date.now());
  assert.deepEqual([before?.granted, before?.left.parts], [4_000, 4_500 * 60_000], 'rows that still wait count too');
  record(first, 'req_2', 200, 100);
  record(first, 'req_of_another_key', 0, 0);
  // Nothing is given back, as when the gateway is killed.
  await first.close();
  const second = await openStore(directory);
  const [after] = await second.quotas.take('key_a', [{ limit: day, owed: 0, want: 20_000 }], Date.now());
  assert.equal(after?.granted, 10_000 - 1_500 - 300);
  await second.close();
});

test('a debt is kept, and a changed budget keeps what was used', async (context) => {
  const store = await openStore(directoryFor(context));
  const nowMs = Date.now();
  const take = async (limit: BucketLimit, owed: number, want: number) =>
    (await store.quotas.take('key_a', [{ limit, owed, want }], nowMs))[0]?.granted;
  assert.equal(await take(day, 0, 9_000), 9_000);
  assert.equal(await take(day, 3_000, 1), 0);
  assert.equal(await take({ ...day, capacity: 12_000 }, 0, 1), 0);
  assert.equal(await take({ ...day, capacity: 15_000 }, 0, 9_999), 3_000);
  await store.close();
});

test('a budget that was taken away and is given again is what the ledger has left of it', async (context) => {
  const store = await openStore(directoryFor(context));
  const take = async (isAnew: boolean, capacity: number) =>
    (await store.quotas.take('key_a', [{ limit: { ...day, capacity }, owed: 0, want: 20_000, isAnew }], Date.now()))[0];
  assert.equal((await take(true, 1_000))?.granted, 1_000);
  record(store, 'req_1', 900, 81);
  record(store, 'req_2', 1_000, 20); // while there was no budget
  assert.equal((await take(true, 1_500))?.granted, 0);
  assert.equal((await take(true, 2_500))?.granted, 499);
  assert.equal((await take(false, 2_500))?.granted, 0, 'the rest is leased');
  await store.close();
});

test('a gateway that starts anew finds all permits: of the one before it nothing goes on', async (context) => {
  const directory = directoryFor(context);
  const claim = { keyId: 'key_a', limit: 4, keep: 0, demand: 4 };
  const killed = await openStore(directory);
  assert.equal((await killed.quotas.claim([claim], 0))[0]?.permits, 4);
  await killed.close();
  const next = await openStore(directory);
  assert.equal((await next.quotas.claim([claim], 0))[0]?.permits, 4);
  await next.close();
});
