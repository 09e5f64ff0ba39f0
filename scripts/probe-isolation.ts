/**
 * Whether one key can find out by timing what another has asked, over real sockets: a gateway, a machine, and an engine that
 * plays a script and reads what it does not hold at a bounded speed. A prober asks prompts that another key has just asked and
 * prompts that nobody has. Printed is how well the times to the first word tell them apart (area under the curve: 0.5 is
 * chance, 1 is knowledge), for another key, a key of the same group, and the key itself.
 *
 *     npm run probe-isolation
 *
 * Times are noisy beside other work, so this is no part of the tests; what they hold is that another key has no token cached.
 */
import { startLiveYard } from '../test/support/live-yard.ts';

const trials = 100;
const words = 400;

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
  const times: { readonly wasAsked: boolean; readonly ms: number }[] = [];
  let cached = 0;
  for (let trial = 0; trial < trials; trial += 1) {
    const secret = `secret ${name} ${trial}`;
    await ask(victim, secret);
    const wasAsked = Math.random() < 0.5;
    // As long as the other: a longer prompt takes longer to read.
    const answer = await ask(prober, wasAsked ? secret : `random ${name} ${trial}`);
    times.push({ wasAsked, ms: answer.ms });
    cached += answer.cachedTokens;
  }
  const asked = times.flatMap(({ wasAsked, ms }) => (wasAsked ? [ms] : []));
  const guessed = times.flatMap(({ wasAsked, ms }) => (wasAsked ? [] : [ms]));
  const cells = [median(asked).toFixed(1), median(guessed).toFixed(1), areaUnderCurve(asked, guessed).toFixed(2)];
  console.log(`${name.padEnd(18)} ${cells[0]!.padStart(24)} ${cells[1]!.padStart(24)}  ${cells[2]}  ${cached}`);
}

/** A prompt that begins with its text, so that nothing but the template stands before what differs. */
async function ask(key: string, text: string): Promise<{ readonly ms: number; readonly cachedTokens: number }> {
  const content = `${text} `.repeat(words);
  const startedMs = performance.now();
  const response = await fetch(`${yard.url}/v1/messages`, {
    method: 'POST',
    headers: { 'x-api-key': key, 'content-type': 'application/json' },
    body: JSON.stringify({ model: yard.model, max_tokens: 20, messages: [{ role: 'user', content }] }),
  });
  const body = (await response.json()) as { readonly usage?: { readonly cache_read_input_tokens: number } };
  if (body.usage === undefined) throw new Error(`${response.status}: ${JSON.stringify(body)}`);
  return { ms: performance.now() - startedMs, cachedTokens: body.usage.cache_read_input_tokens };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

/** How often one of the first takes less time than one of the second; ties count half. */
function areaUnderCurve(first: readonly number[], second: readonly number[]): number {
  let less = 0;
  for (const a of first) for (const b of second) less += a < b ? 1 : Number(a === b) / 2;
  return less / (first.length * second.length);
}
