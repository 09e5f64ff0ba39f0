import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { RequestReport } from '../request-report.ts';
import { openStore } from './store.ts';

const answered: RequestReport = {
  requestId: 'req_1',
  keyId: 'key_a',
  model: 'tiny',
  outcome: { kind: 'answered' },
  machineId: 'mch_a',
  attempts: 1,
  usage: { promptTokens: 100, cachedTokens: 60, outputTokens: 7, thinkingTokens: 2 },
  charged: { inputTokens: 40, outputTokens: 7 },
  ttftMs: 12,
  totalMs: 34,
};

test('usage is summed by key, model, machine and day', async (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'metalyard-usage-'));
  context.after(() => rmSync(directory, { recursive: true }));
  const store = await openStore(directory);
  store.ledger.record(answered);
  store.ledger.record({ ...answered, requestId: 'req_2', keyId: 'key_b', model: 'large' });
  store.ledger.record({
    ...answered,
    requestId: 'req_3',
    outcome: { kind: 'rejected', error: { code: 'no_machine', message: 'none' } },
    machineId: null,
    usage: null,
    charged: { inputTokens: 0, outputTokens: 0 },
  });
  store.ledger.record({ ...answered, requestId: 'req_4' });
  await store.ledger.flush();
  const nowMs = Date.now();
  const span = { sinceMs: nowMs - 60_000, untilMs: nowMs + 1 };
  const one = { requests: 1, answered: 1, inputTokens: 40, outputTokens: 7, cachedTokens: 60 };
  const two = { requests: 2, answered: 2, inputTokens: 80, outputTokens: 14, cachedTokens: 120 };

  assert.deepEqual(await store.usage.sum({ by: 'key', ...span }), [
    { ...two, group: 'key_a', requests: 3 },
    { ...one, group: 'key_b' },
  ]);
  assert.deepEqual(await store.usage.sum({ by: 'model', ...span, keyId: 'key_b' }), [{ ...one, group: 'large' }]);
  assert.deepEqual(
    (await store.usage.sum({ by: 'machine', ...span })).map(({ group, requests }) => [group, requests]),
    [
      ['mch_a', 3],
      [null, 1],
    ],
  );
  const days = await store.usage.sum({ by: 'day', ...span });
  assert.equal(
    days.reduce((sum, { requests }) => sum + requests, 0),
    4,
  );
  for (const { group } of days) assert.match(group ?? '', /^\d{4}-\d\d-\d\d$/);
  assert.deepEqual(await store.usage.sum({ by: 'key', sinceMs: nowMs + 1, untilMs: nowMs + 2 }), []);
  await store.close();
});
