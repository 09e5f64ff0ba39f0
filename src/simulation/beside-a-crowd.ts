/**
 * A key that asks now and then beside one that always has hundreds of requests waiting, on a pool with the product's own queue, under
 * virtual time. The crowd is there first, and has every slot when the other one comes.
 */
import { Crowd, percentile, serviceMs } from './crowd.ts';
import { createRandom } from './random.ts';

export interface CallSize {
  readonly promptTokens: number;
  readonly outputTokens: number;
}

export interface BesideOptions {
  readonly slots: number;
  /** What each of the crowd asks; null: nobody is there. */
  readonly crowd: CallSize | null;
  /** Programs that ask again as soon as they are answered, or refused for the last time. */
  readonly inCrowd?: number;
  /** The other key asks once in this time, ms: two seconds of one slot. */
  readonly everyMs: number;
  /** Whether it comes by chance, so often on the average; else regularly. */
  readonly byChance?: boolean;
}

export interface Beside {
  /** To the first token of the very first, ms. */
  readonly firstMs: number;
  /** p95 to the first token of those after the first minute, ms. */
  readonly p95Ms: number;
  /** Of those after the first minute: how many there were, and how many were answered. */
  readonly asked: number;
  readonly answered: number;
  /** Answers of the crowd. */
  readonly crowdAnswers: number;
  /** Slots that the crowd had on the average, while the other was about. */
  readonly crowdSlots: number;
}

const [fromMs, untilMs] = [10_000, 250_000];
const settledMs = fromMs + 60_000;

export function besideACrowd({ slots, crowd: size, everyMs, byChance = false, inCrowd = 500 }: BesideOptions): Beside {
  const crowd = new Crowd({ slots });
  const keepAsking = (call: CallSize): void => {
    crowd.ask({ keyId: 'many', ...call }, () => crowd.timeline.after(2_000, () => keepAsking(call)));
  };
  if (size !== null) for (let count = 0; count < inCrowd; count += 1) keepAsking(size);
  const random = createRandom(2);
  const nextMs = (): number => (byChance ? Math.round(-Math.log(1 - random.next()) * everyMs) : everyMs);
  for (let atMs = fromMs; atMs < untilMs; atMs += nextMs()) {
    crowd.timeline.at(atMs + random.between(0, 200), () => {
      crowd.ask({ keyId: 'few', promptTokens: random.between(400, 1_200), outputTokens: random.between(30, 90) });
    });
  }
  crowd.timeline.run(untilMs + 90_000);
  const few = crowd.records.filter(({ call }) => call.keyId === 'few');
  const later = few.filter(({ askedAtMs }) => askedAtMs >= settledMs);
  const answered = later.filter(({ ended }) => ended === 'answered');
  const ttfts = answered.map(({ firstTokenAtMs, triedAtMs }) => firstTokenAtMs! - triedAtMs);
  const many = crowd.records.filter(({ call, offeredAtMs }) => call.keyId === 'many' && offeredAtMs !== null);
  let crowdMs = 0;
  for (const { call, offeredAtMs } of many) {
    const endMs = offeredAtMs! + serviceMs(call);
    crowdMs += Math.max(0, Math.min(endMs, untilMs) - Math.max(offeredAtMs!, settledMs));
  }
  return {
    firstMs: few[0]!.firstTokenAtMs! - few[0]!.triedAtMs,
    p95Ms: percentile(ttfts, 0.95),
    asked: later.length,
    answered: answered.length,
    crowdAnswers: many.filter(({ ended }) => ended === 'answered').length,
    crowdSlots: crowdMs / (untilMs - settledMs),
  };
}
