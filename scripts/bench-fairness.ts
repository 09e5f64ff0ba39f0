/**
 * How long a key that asks now and then waits beside one that always has 500 requests waiting, against what it waits alone: by the
 * slots of the yard, how often it asks and the length of the other key's calls. Under virtual time, with the product's own queue.
 *
 *     npm run bench:fairness
 */
import { besideACrowd } from '../src/simulation/beside-a-crowd.ts';

const sizes = [
  { promptTokens: 800, outputTokens: 60 },
  { promptTokens: 8_000, outputTokens: 300 },
  { promptTokens: 20_000, outputTokens: 400 },
] as const;

console.log(
  'The key asks for two seconds of one slot each time; ms to its first token. First: the very first, when the other has every slot.',
);
const rows = [1, 2, 4, 8].flatMap((slots) =>
  [...new Set([1_000, 8_000 / slots])].flatMap((everyMs) => {
    const alone = besideACrowd({ slots, crowd: null, everyMs });
    return sizes.map((crowd) => {
      const beside = besideACrowd({ slots, crowd, everyMs });
      return {
        slots,
        'asks for': `${Math.round(200_000 / everyMs / slots)} %`,
        crowd: `${crowd.promptTokens} + ${crowd.outputTokens}`,
        alone: alone.p95Ms,
        first: beside.firstMs,
        'p95 after a minute': beside.p95Ms,
        times: Number((beside.p95Ms / alone.p95Ms).toFixed(1)),
        answered: `${beside.answered} of ${beside.asked}`,
        'crowd answered': beside.crowdAnswers,
      };
    });
  }),
);
console.table(rows);
