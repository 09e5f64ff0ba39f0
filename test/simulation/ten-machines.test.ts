/** Many seeds of a simulated yard of ten machines: nothing is lost, and everything heals. Apart from the others, for the second core. */
import { test } from 'node:test';
import { simulate } from '../../src/simulation/simulate.ts';

test('80 seeds of 10 machines', async () => {
  for (let seed = 1; seed <= 80; seed++) await simulate({ seed });
});

test('20 seeds of 10 machines, some of whose frames vanish alone', async () => {
  for (let seed = 1; seed <= 20; seed++) await simulate({ seed, gapChance: 0.005 });
});
