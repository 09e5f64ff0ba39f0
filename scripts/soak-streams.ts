/**
 * Sends many streams through a gateway and reads every one strictly (`test/hostile/soak.ts` says how):
 *
 *     npm run soak -- --streams 10000
 *
 * Exits with 1 if a single stream was truncated, reordered or malformed.
 */
import { parseArgs } from 'node:util';
import { soakStreams } from '../test/hostile/soak.ts';

const { values } = parseArgs({
  options: {
    streams: { type: 'string', default: '10000' },
    concurrency: { type: 'string', default: '32' },
    seed: { type: 'string', default: '1' },
  },
});

function count(name: keyof typeof values): number {
  const number = Number(values[name]);
  if (!Number.isInteger(number) || number < 1) throw new Error(`--${name} takes a whole number of at least 1`);
  return number;
}

const [streams, concurrency, seed] = [count('streams'), count('concurrency'), count('seed')];
console.log(`${streams} streams, ${concurrency} at once, seed ${seed}`);
const report = await soakStreams({ streams, concurrency, seed });
const { complete, failures, seconds, bytes, deltas, busyMs, rssMegabytes } = report;
console.log(
  `${complete} complete and exact in ${seconds.toFixed(1)} s: ${(complete / seconds).toFixed(0)} streams/s, ` +
    `${(deltas / seconds).toFixed(0)} deltas/s, ${(bytes / 1e6).toFixed(1)} MB of text`,
);
console.log(`gateway: event loop busy at most ${busyMs.toFixed(1)} ms at a stretch, memory at most ${rssMegabytes} MB`);
for (const failure of failures) console.log(failure);
process.exitCode = failures.length === 0 && complete === streams ? 0 : 1;
