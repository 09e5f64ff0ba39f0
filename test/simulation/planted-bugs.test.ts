/** Each planted bug is found by the oracles on one of a few seeds, and the seed says so. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { plantedBugs } from '../../src/simulation/planted-bugs.ts';
import { SimulationFailure, type SimulationOptions, simulate } from '../../src/simulation/simulate.ts';
import { noTampering, type Tampering } from '../../src/simulation/tampering.ts';

describe('the oracles find', () => {
  for (const { bug, expected, tampering, from = 1, options = {} } of plantedBugs) {
    test(bug, async () => {
      const found = await firstFailure({ ...noTampering, ...tampering }, options, from);
      assert.match(found.message, expected);
      assert.match(found.message, /^seed \d+, options \{.*"machines":4.*\}: at \d+ ms: Violation: /);
    });
  }
});

/** The first of some seeds on which the bug shows. */
async function firstFailure(
  tampering: Tampering,
  options: Partial<SimulationOptions>,
  from: number,
): Promise<SimulationFailure> {
  for (let seed = from; seed < from + 40; seed++) {
    try {
      await simulate({ seed, machines: 4, meanGapMs: 1_500, ...options }, tampering);
    } catch (error) {
      assert.ok(error instanceof SimulationFailure);
      return error;
    }
  }
  assert.fail('nothing was found on 40 seeds');
}
