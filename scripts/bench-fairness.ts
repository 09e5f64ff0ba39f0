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
/** Of all that the slots can do, what the key asks for: a half is its whole share. */
const asksFor = [
  { slots: 1, shares: [0.25] },
  { slots: 2, shares: [0.25, 0.4, 0.5] },
  { slots: 4, shares: [0.25, 0.4, 0.5] },
  { slots: 8, shares: [0.25, 0.4, 0.5] },
];
const rows = asksFor.flatMap(({ slots, shares }) =>
  shares.flatMap((share) => {
    const everyMs = Math.round(2_000 / slots / share);
    return [false, true].flatMap((byChance) => {
      const alone = besideACrowd({ slots, crowd: null, everyMs, byChance });
      return sizes.map((crowd) => {
        const beside = besideACrowd({ slots, crowd, everyMs, byChance });
        return {
          slots,
          'asks for': `${100 * share} %`,
          comes: byChance ? 'by chance' : 'regularly',
          crowd: `${crowd.promptTokens} + ${crowd.outputTokens}`,
          alone: alone.p95Ms,
          first: beside.firstMs,
          'p95 after a minute': beside.p95Ms,
          times: Number((beside.p95Ms / alone.p95Ms).toFixed(1)),
          answered: `${beside.answered} of ${beside.asked}`,
          "the crowd's slots": Number(beside.crowdSlots.toFixed(1)),
        };
      });
    });
  }),
);
console.table(rows);
