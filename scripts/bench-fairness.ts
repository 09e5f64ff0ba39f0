/**
 * How long a key that asks once a second waits beside one that always has 500 requests waiting, against what it waits alone: by the
 * slots of the yard and the length of the other key's calls. Under virtual time, with the product's own queue.
 *
 *     npm run bench:fairness
 */
import { Crowd, percentile } from '../src/simulation/crowd.ts';
import { createRandom } from '../src/simulation/random.ts';

const calls = [
  { promptTokens: 800, outputTokens: 60 },
  { promptTokens: 8_000, outputTokens: 300 },
  { promptTokens: 20_000, outputTokens: 400 },
] as const;
const seconds = { from: 10, until: 90, end: 200 } as const;

/** Of the key that asks once a second: p95 to its first token, ms, and how many of its calls were answered. */
function play(slots: number, crowdCall: (typeof calls)[number] | null): { p95Ms: number; answered: string } {
  const crowd = new Crowd({ slots });
  const keepAsking = (call: (typeof calls)[number]): void => {
    crowd.ask({ keyId: 'many', ...call }, () => crowd.timeline.after(2_000, () => keepAsking(call)));
  };
  if (crowdCall !== null) for (let count = 0; count < 500; count += 1) keepAsking(crowdCall);
  const random = createRandom(2);
  for (let second = seconds.from; second < seconds.until; second += 1) {
    crowd.timeline.at(second * 1_000 + random.between(0, 200), () => {
      const [promptTokens, outputTokens] = [random.between(400, 1_200), random.between(30, 90)];
      crowd.ask({ keyId: 'few', promptTokens, outputTokens });
    });
  }
  crowd.timeline.run(seconds.end * 1_000);
  const records = crowd.records.filter(({ call }) => call.keyId === 'few');
  const answered = records.filter(({ ended }) => ended === 'answered');
  const p95Ms = percentile(
    answered.map(({ firstTokenAtMs, triedAtMs }) => firstTokenAtMs! - triedAtMs),
    0.95,
  );
  return { p95Ms, answered: `${answered.length} of ${records.length}` };
}

const rows = [8, 4, 2].flatMap((slots) => {
  const alone = play(slots, null);
  return calls.map((call) => {
    const beside = play(slots, call);
    const { promptTokens: prompt, outputTokens: answer } = call;
    const times = Number((beside.p95Ms / alone.p95Ms).toFixed(1));
    return {
      slots,
      prompt,
      answer,
      'alone ms': alone.p95Ms,
      'beside ms': beside.p95Ms,
      times,
      answered: beside.answered,
    };
  });
});
console.table(rows);
