/**
 * The product's placement against rules of other gateways, in the simulator: six workloads, five seeds, a fleet of six machines
 * and three small ones.
 *
 *     npm run bench:policies
 *     npm run bench:policies -- --seeds 1 --only coding-agents --fleet pc-and-mac
 */
import { parseArgs } from 'node:util';
import { type Outcome, type RuleName, ruleNames, run, withoutCache } from '../src/simulation/routing/compare.ts';
import { type Hardware, mixedFleet, smallFleets } from '../src/simulation/routing/fleet.ts';
import { workloads } from '../src/simulation/routing/workloads.ts';

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '5' }, only: { type: 'string' }, fleet: { type: 'string' } },
});
const seeds = Array.from({ length: Number(values.seeds) }, (_, at) => at + 1);
const mean = (outcomes: readonly Outcome[], of: (outcome: Outcome) => number): number =>
  outcomes.reduce((sum, outcome) => sum + of(outcome), 0) / outcomes.length;
const seconds = (ms: number): string => (ms / 1_000).toFixed(2).padStart(8);

console.log(`Seeds: ${seeds.join(', ')}.`);
for (const [name, fleet] of Object.entries({ mixed: mixedFleet, ...smallFleets })) {
  if (values.fleet === undefined || values.fleet === name) compare(name, fleet);
}

function compare(fleetName: string, fleet: readonly Hardware[]): void {
  const slots = fleet.reduce((sum, machine) => sum + machine.slots, 0);
  console.log(`\nFleet ${fleetName}: ${fleet.map(({ name }) => name).join(', ')}; ${slots} slots.`);
  for (const workload of workloads) {
    if (values.only !== undefined && workload.name !== values.only) continue;
    console.log(`\n${workload.name}: ${workload.about}`);
    console.log('  rule               requests  mean TTFT s   p95 s  cached  against ours');
    const found = new Map<RuleName, readonly Outcome[]>();
    for (const rule of ruleNames)
      found.set(
        rule,
        seeds.map((seed) => run(workload, rule, seed, fleet)),
      );
    const ours = mean(found.get('metalyard')!, ({ meanTtftMs }) => meanTtftMs);
    for (const [rule, outcomes] of found) {
      const ttft = mean(outcomes, ({ meanTtftMs }) => meanTtftMs);
      const p95 = mean(outcomes, ({ p95TtftMs }) => p95TtftMs);
      const cached = mean(outcomes, ({ cachedShare }) => cachedShare);
      const requests = String(Math.round(mean(outcomes, (outcome) => outcome.requests))).padStart(8);
      const share = `${(cached * 100).toFixed(1)} %`.padStart(7);
      console.log(
        `  ${rule.padEnd(18)} ${requests}     ${seconds(ttft)} ${seconds(p95)} ${share}  ${(ttft / ours).toFixed(2)} x`,
      );
    }
    const best = Math.min(...withoutCache.map((rule) => mean(found.get(rule)!, ({ meanTtftMs }) => meanTtftMs)));
    const possible = mean(found.get('metalyard')!, ({ possibleShare }) => possibleShare);
    console.log(
      `  ours / best rule without cache: ${(ours / best).toFixed(3)}; cached with a slot for each: ${(possible * 100).toFixed(1)} %`,
    );
  }
}
