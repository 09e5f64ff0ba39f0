/** The product's placement against rules of other gateways: a small part of `npm run bench:policies`. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type RuleName, run, withoutCache } from './compare.ts';
import { workloads } from './workloads.ts';

const seeds = [1, 2];
/** What an ideal rule could do about a prediction that was wrong: a twentieth. */
const noWorse = 1.05;

describe('where requests go', () => {
  for (const workload of workloads) {
    test(`${workload.name}: ${workload.about}`, () => {
      const ttft = (rule: RuleName) => seeds.reduce((sum, seed) => sum + run(workload, rule, seed).meanTtftMs, 0);
      const ours = ttft('metalyard');
      for (const rule of withoutCache) assert.ok(ours <= ttft(rule) * noWorse, `${rule} is better`);
      if (!workload.agentic) return;
      assert.ok(ttft('round-robin') >= 8 * ours, 'eight times as quick as round robin');
      assert.ok(ttft('least-outstanding') >= 4 * ours, 'four times as quick as least outstanding');
      const cached = seeds.reduce((sum, seed) => sum + run(workload, 'metalyard', seed).cachedShare, 0) / seeds.length;
      assert.ok(cached >= 0.8, `${Math.round(cached * 100)} % of the prompts were cached`);
    });
  }

  test('is the same every time for the same seed', () => {
    assert.deepEqual(run(workloads[0]!, 'metalyard', 3), run(workloads[0]!, 'metalyard', 3));
  });
});
