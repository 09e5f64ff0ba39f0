/** The contract suite on the embedded engine: all of its tier. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { behaviours } from '../contract/all-behaviours.ts';
import { llamaCpp, scriptedChild } from '../contract/raw-engines.ts';
import { contractTable, failures, type Results, runContract } from '../contract/run-contract.ts';

const results = new Map<string, Results>();
after(() => console.log(contractTable(results)));

for (const engine of [scriptedChild, llamaCpp]) {
  test(`${engine.name}, does all its tier promises`, async () => {
    const found = await runContract(engine, behaviours);
    results.set(engine.name, found);
    assert.deepEqual(failures(found), []);
  });
}

test('what one of the two cannot be asked, the other is', () => {
  const chatOnly = new Set(['bodies', 'outage', 'thinking-switch']);
  const unasked = behaviours.filter(
    ({ name, needs = [] }) =>
      !needs.some((need) => chatOnly.has(need)) &&
      ![...results.values()].some((found) => found.get(name)?.kind === 'pass'),
  );
  assert.deepEqual(
    unasked.map(({ name }) => name),
    [],
  );
});
