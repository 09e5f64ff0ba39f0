/** The product's placement against rules of other gateways: a small part of `npm run bench:policies`. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Random } from '../random.ts';
import { type RuleName, run, withoutCache } from './compare.ts';
import { smallFleets } from './fleet.ts';
import { workloads } from './workloads.ts';

const seeds = [1, 2];
/** Where conversations are more than slots one seed differs much from another: as many as the benchmark has. */
const smallSeeds = [1, 2, 3, 4, 5];
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

  // More conversations than slots: nobody can keep all of them warm, and the ratios of the large fleet are out of reach.
  for (const [name, fleet] of Object.entries(smallFleets)) {
    for (const workload of workloads) {
      test(`${workload.name} on ${name}: no worse than the best rule that knows of no cache`, (t) => {
        const ttft = (rule: RuleName) =>
          smallSeeds.reduce((sum, seed) => sum + run(workload, rule, seed, fleet).meanTtftMs, 0);
        const [ours, best] = [ttft('metalyard'), Math.min(...withoutCache.map(ttft))];
        t.diagnostic(`${(ours / best).toFixed(2)} of its mean time to the first token`);
        assert.ok(ours <= best * noWorse);
      });
    }
  }

  test('as many conversations as slots are kept warm on a small fleet, too', () => {
    const fleet = smallFleets['three-machines'];
    for (const workload of workloads.slice(0, 2)) {
      const some = { ...workload, conversations: (random: Random) => workload.conversations(random).slice(0, 9) };
      const [ours, other] = [run(some, 'metalyard', 1, fleet), run(some, 'least-outstanding', 1, fleet)];
      assert.ok(ours.cachedShare >= 0.8, `${workload.name}: ${ours.cachedShare}`);
      assert.ok(other.meanTtftMs >= 3 * ours.meanTtftMs, `${workload.name}: ${other.meanTtftMs / ours.meanTtftMs}`);
    }
  });

  test('is the same every time for the same seed', () => {
    assert.deepEqual(run(workloads[0]!, 'metalyard', 3), run(workloads[0]!, 'metalyard', 3));
  });
});
