/** Requests at once, over two gateways whose stores are one file; what is decided is tested in `yard/quota/permits.test.ts`. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { defaultRules } from '../contract/quota.ts';
import { silentLog } from '../transport/log/log.ts';
import { openStore } from '../transport/store/store.ts';
import { Quotas } from './quotas.ts';

/** Two gateways of one file, each with a connection of its own, and a clock that both go by. */
async function twoGateways(context: TestContext, concurrency: number) {
  const directory = mkdtempSync(join(tmpdir(), 'metalyard-permits-'));
  context.after(() => rmSync(directory, { recursive: true }));
  const stores = [
    await openStore(directory, { isShared: true }),
    await openStore(directory, { purpose: 'administration' }),
  ] as const;
  const clock = { ms: Date.now() };
  const commits = { count: 0 };
  const gateways = stores.map(({ quotas }) => {
    const claim: typeof quotas.claim = (...args) => {
      commits.count += 1;
      return quotas.claim(...args);
    };
    const leases = { take: quotas.take.bind(quotas), giveBack: quotas.giveBack.bind(quotas), claim };
    return new Quotas(leases, silentLog, () => clock.ms);
  }) as [Quotas, Quotas]; // one for each
  const key = { id: 'key_a', label: 'a', models: null, places: null, group: null, version: 1 };
  const limited = { ...key, rules: { ...defaultRules, concurrency } };
  /** Whether a request is let in. */
  const isLetIn = async (gateway: Quotas, requestId: string): Promise<boolean> => {
    try {
      await gateway.reserve(requestId, limited, { inputTokens: 1, maxTokens: 1 });
      return true;
    } catch (error) {
      assert.match(String(error), /at once, and has/);
      return false;
    }
  };
  const close = () => Promise.all(stores.map((store) => store.close()));
  return { gateways, clock, commits, isLetIn, close };
}

test('300 requests at once of 100, at two gateways of one file: 100 are let in', async (context) => {
  const { gateways, commits, isLetIn, close } = await twoGateways(context, 100);
  const tries = Array.from({ length: 300 }, (_, number) => isLetIn(gateways[number % 2]!, `req_${number}`));
  assert.equal((await Promise.all(tries)).filter(Boolean).length, 100);
  assert.ok(commits.count <= 20, `${commits.count} claims`);
  await close();
});

test('permits of a gateway that was killed come back after fifteen seconds, and not before', async (context) => {
  const { gateways, clock, isLetIn, close } = await twoGateways(context, 2);
  const [killed, other] = gateways;
  assert.ok(await isLetIn(killed, 'req_1'));
  assert.ok(await isLetIn(killed, 'req_2'));
  const startMs = clock.ms;
  let number = 3;
  while (!(await isLetIn(other, `req_${number}`))) {
    number += 1;
    clock.ms += 2_000;
    await other.tend();
    assert.ok(clock.ms - startMs < 30_000);
  }
  assert.ok(clock.ms - startMs >= 15_000, `${clock.ms - startMs} ms`);
  assert.ok(await isLetIn(other, 'req_last'));
  await close();
});

test('permits of a gateway that is closed, or idle, are there for the other', async (context) => {
  const { gateways, clock, isLetIn, close } = await twoGateways(context, 1);
  const [first, other] = gateways;
  assert.ok(await isLetIn(first, 'req_1'));
  first.release('req_1');
  assert.ok(!(await isLetIn(other, 'req_2')), 'it is still held');
  for (const _beat of [1, 2]) {
    clock.ms += 2_000;
    await Promise.all(gateways.map((gateway) => gateway.tend()));
  }
  assert.ok(await isLetIn(other, 'req_3'));
  await other.close();
  assert.ok(await isLetIn(first, 'req_4'));
  await close();
});
