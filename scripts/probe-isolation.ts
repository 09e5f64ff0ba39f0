/**
 * Whether one key can find out by timing what another has asked, over real sockets: a gateway, a machine, and an engine that
 * plays a script and reads what it does not hold at a bounded speed. A prober asks prompts that another key has just asked and
 * prompts that nobody has. Printed is how well the times to the first word tell them apart (area under the curve: 0.5 is
 * chance, 1 is knowledge), for another key, a key of the same group, and the key itself.
 *
 *     npm run probe-isolation
 *
 * A shorter form of it is in `test/fleet/isolation.test.ts`.
 */
import { startLiveYard } from '../test/support/live-yard.ts';
import { areaUnderCurve, probeTimes } from '../test/support/timing-probe.ts';

const trials = 100;
const repeats = 400;

const yard = await startLiveYard({ engine: { slots: 4, prefillTokensPerSecond: 20_000, otherwise: 'Yes.' } });
try {
  console.log('prober             asked before (median ms)  never asked (median ms)  AUC   cached tokens');
  const own = { secret: yard.key, name: 'the key itself' };
  const inGroup = await yard.newKey({ group: 'home' });
  const second = { secret: await yard.newKey({ group: 'home' }), name: 'key of the group' };
  const other = { secret: await yard.newKey({}), name: 'another key' };
  await probe(other.name, yard.key, other.secret);
  await probe(second.name, inGroup, second.secret);
  await probe(own.name, yard.key, own.secret);
} finally {
  await yard[Symbol.asyncDispose]();
}

async function probe(name: string, victim: string, prober: string): Promise<void> {
  const times = await probeTimes(yard, { victim, prober, trials, repeats, name });
  const cells = [median(times.asked).toFixed(1), median(times.guessed).toFixed(1), areaUnderCurve(times).toFixed(2)];
  console.log(
    `${name.padEnd(18)} ${cells[0]!.padStart(24)} ${cells[1]!.padStart(24)}  ${cells[2]}  ${times.cachedTokens}`,
  );
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}
