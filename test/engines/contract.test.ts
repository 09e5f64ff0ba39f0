/** The contract suite on every server that can be attached, as its fake. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { behaviours } from './contract/all-behaviours.ts';
import { attachedEngines } from './contract/attached-engines.ts';
import { contractTable, failures, type Results, runContract } from './contract/run-contract.ts';

const results = new Map<string, Results>();
after(() => console.log(contractTable(results)));

for (const engine of attachedEngines) {
  test(`${engine.name} does what its tier promises`, async () => {
    const found = await runContract(engine, behaviours);
    results.set(engine.name, found);
    assert.deepEqual(failures(found), []);
  });
}
