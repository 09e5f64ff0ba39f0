/**
 * Fuzzes the HTTP edge of a gateway (`test/hostile/fuzz.ts` says how):
 *
 *     npm run fuzz -- --minutes 10
 *     npm run fuzz -- --case 4711         one case again, shown
 *
 * Prints the seed first, then what was answered; exits with 1 if anything was wrong.
 */
import { parseArgs } from 'node:util';
import { caseText, fuzzEdge } from '../test/hostile/fuzz.ts';
import { randomFrom } from '../test/hostile/random.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    concurrency: { type: 'string', default: '8' },
    case: { type: 'string' },
  },
});

function count(name: 'minutes' | 'seed' | 'concurrency' | 'case'): number {
  const number = Number(values[name]);
  if (!(number > 0)) throw new Error(`--${name} takes a number above 0`);
  return number;
}

const one = values.case !== undefined;
const seed = one ? count('case') : count('seed');
console.log(`seed ${seed}, ${one ? 'one case' : `${count('minutes')} minutes`}`);
if (one) console.log(JSON.stringify(caseText(randomFrom(seed), 'KEY').slice(0, 4_000)));
const report = await fuzzEdge({
  seed,
  cases: one ? 1 : Number.POSITIVE_INFINITY,
  ms: one ? 60_000 : count('minutes') * 60_000,
  concurrency: one ? 1 : count('concurrency'),
});
console.log(`${report.cases} cases, answers by status: ${JSON.stringify(report.statuses)}`);
console.log(
  `event loop busy at most ${report.busyMs.toFixed(1)} ms at a stretch, memory at most ${report.rssMegabytes} MB`,
);
for (const failure of report.failures) console.log(failure);
console.log(report.failures.length === 0 ? 'nothing was wrong' : `${report.failures.length} failures`);
process.exitCode = report.failures.length === 0 ? 0 : 1;
