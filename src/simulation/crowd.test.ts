/** What the queue promises, shown under virtual time; `npm run bench:overload` shows it over HTTP. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { besideACrowd } from './beside-a-crowd.ts';
import { type Call, type CallRecord, Crowd, type CrowdOptions, percentile, serviceMs } from './crowd.ts';
import { createRandom, type Random } from './random.ts';

const slots = 8;
/** Two seconds each: the pool answers four a second. */
const drawCall = (random: Random, keyId: string): Call => ({
  keyId,
  promptTokens: random.between(400, 1_200),
  outputTokens: random.between(30, 90),
});
const callsPerSecond = 4;

/** Calls that come by chance, so many a second. */
function arrive(
  crowd: Crowd,
  { perSecond, fromMs = 0, untilMs }: { perSecond: number; fromMs?: number; untilMs: number },
  ask: () => void,
  random: Random,
): void {
  const next = (atMs: number): void => {
    const soonMs = atMs - (Math.log(1 - random.next()) * 1_000) / perSecond;
    if (soonMs < untilMs) {
      crowd.timeline.at(Math.round(soonMs), () => {
        ask();
        next(soonMs);
      });
    }
  };
  next(fromMs);
}

const ttftOf = ({ triedAtMs, firstTokenAtMs }: CallRecord): number => firstTokenAtMs! - triedAtMs;
const waitOf = ({ triedAtMs, offeredAtMs }: CallRecord): number => offeredAtMs! - triedAtMs;

describe('a key that asks once a second beside one that has 500 requests waiting', () => {
  /** B's answered calls, with A's crowd or alone. */
  function play(hasCrowd: boolean, options: Partial<CrowdOptions> = {}): CallRecord[] {
    const crowd = new Crowd({ slots, ...options });
    const random = createRandom(1);
    // A client of A asks again as soon as it has its answer or its last refusal: there are 500 all the time.
    const keepAsking = (): void => {
      crowd.ask(drawCall(random, 'A'), () => crowd.timeline.after(2_000, keepAsking));
    };
    if (hasCrowd) for (let count = 0; count < 500; count += 1) keepAsking();
    const ofB = createRandom(2);
    for (let second = 10; second < 90; second += 1) {
      crowd.timeline.at(second * 1_000 + ofB.between(0, 200), () => crowd.ask(drawCall(ofB, 'B')));
    }
    crowd.timeline.run(120_000);
    const records = crowd.records.filter(({ call }) => call.keyId === 'B');
    assert.ok(records.length === 80 && records.every(({ ended, tries }) => ended === 'answered' && tries === 1));
    return records;
  }

  const soloMs = percentile(play(false).map(ttftOf), 0.95);

  for (const [how, options] of [
    ['that are refused and ask again', {}],
    ['in the queue', { limits: { queuedPerKey: 500, queuedAtLeast: 600 } }],
  ] as const) {
    test(`waits at most twice as long as alone for its first token, with those 500 ${how}`, (t) => {
      const records = play(true, options);
      const besideMs = percentile(records.map(ttftOf), 0.95);
      const inQueueMs = percentile(records.map(waitOf), 0.95);
      t.diagnostic(`p95 TTFT alone ${soloMs} ms, beside ${besideMs} ms; p95 in the queue ${inQueueMs} ms`);
      assert.ok(besideMs <= 2 * soloMs, `${besideMs} ms beside, ${soloMs} ms alone`);
      // The next slot to be free, and at most one turn of the other key.
      assert.ok(inQueueMs < 1_200);
    });
  }
});

describe('a key that asks now and then beside one that always has as many waiting as it may', () => {
  const sizes = [
    { promptTokens: 800, outputTokens: 60 },
    { promptTokens: 8_000, outputTokens: 300 },
    { promptTokens: 20_000, outputTokens: 400 },
  ];
  // Of what the pool can do. A half is all of its share.
  for (const [slots, share] of [
    [2, 0.25],
    [4, 0.25],
    [8, 0.25],
    [4, 0.5],
    [8, 0.5],
  ] as const) {
    const everyMs = 2_000 / slots / share;
    const alone = besideACrowd({ slots, crowd: null, everyMs });
    for (const crowd of sizes) {
      const { promptTokens, outputTokens } = crowd;
      const beside = `calls of ${promptTokens} and ${outputTokens} tokens`;
      test(`waits at most twice as long as alone when it asks for ${share} of ${slots} slots beside ${beside}`, (t) => {
        const { firstMs, p95Ms, asked, answered, crowdSlots } = besideACrowd({ slots, crowd, everyMs, inCrowd: 50 });
        t.diagnostic(
          `first ${firstMs} ms, p95 ${p95Ms} ms, alone ${alone.p95Ms} ms; the crowd has ${crowdSlots} slots`,
        );
        assert.equal(answered, asked);
        assert.ok(p95Ms <= 2 * alone.p95Ms);
        // Nobody knew of it: one answer must end.
        assert.ok(firstMs <= alone.p95Ms + serviceMs({ keyId: 'many', ...crowd }));
        // The crowd has its share all the same.
        assert.ok(crowdSlots >= (0.9 * slots) / 2, `the crowd has ${crowdSlots} of ${slots} slots`);
      });
    }
  }

  test('alone, the crowd has every slot', () => {
    const crowd = new Crowd({ slots: 2, limits: { queuedPerKey: 200, queuedAtLeast: 200 } });
    const call = { keyId: 'many', promptTokens: 800, outputTokens: 60 };
    for (let count = 0; count < 50; count += 1) crowd.ask(call);
    crowd.timeline.run(25 * serviceMs(call));
    assert.equal(crowd.records.filter(({ ended }) => ended === 'answered').length, 50);
  });
});

describe('ten times the load for a minute', () => {
  function play(load: number, untilMs: number): { crowd: Crowd; records: CallRecord[] } {
    const crowd = new Crowd({ slots });
    const random = createRandom(3);
    const ask = () => crowd.ask(drawCall(random, `key_${random.between(1, 4)}`));
    arrive(crowd, { perSecond: load * callsPerSecond, untilMs }, ask, random);
    crowd.timeline.run(untilMs + 180_000);
    assert.ok(crowd.records.every(({ ended }) => ended !== null));
    return { crowd, records: crowd.records };
  }
  const answered = (records: CallRecord[]) => records.filter(({ ended }) => ended === 'answered');

  test('leaves those who are let in nearly as well off as at saturation, the rest refused at once', (t) => {
    // Saturated: a little more than it can do, for as long as it takes to fill the queue.
    const before = play(1.3, 240_000).records.filter(({ askedAtMs }) => askedAtMs > 120_000);
    const saturatedMs = percentile(answered(before).map(ttftOf), 0.95);
    const { crowd, records } = play(10, 60_000);
    const overloadedMs = percentile(answered(records).map(ttftOf), 0.95);
    const retries = crowd.requests / records.length;
    t.diagnostic(
      `p95 TTFT ${saturatedMs} ms at saturation, ${overloadedMs} ms in overload; requests per call ${retries}`,
    );
    assert.ok(overloadedMs <= 1.5 * saturatedMs);
    assert.ok(retries <= 1.3, 'what is refused is not asked again and again');
    // The pool works all the time, and nobody who was let in waits in vain.
    assert.ok(answered(records).length >= 60 * callsPerSecond);
    assert.ok(records.every(({ ended }) => ended !== 'queue_timeout'));
    const refused = records.filter(({ ended }) => ended !== 'answered');
    assert.ok(
      refused.every(({ ended }) => ended === 'overloaded' || ended === 'queue_full' || ended === 'queue_too_long'),
    );
  });
});

describe('batch', () => {
  function play(hasBatch: boolean): CallRecord[] {
    const crowd = new Crowd({ slots: 4, looks: true });
    const long: Call = { keyId: 'night', serviceClass: 'batch', promptTokens: 2_000, outputTokens: 400 };
    if (hasBatch) for (let count = 0; count < 30; count += 1) crowd.ask(long);
    const people = createRandom(5);
    const ask = () => crowd.ask(drawCall(people, `key_${people.between(1, 3)}`));
    arrive(crowd, { perSecond: 0.3, fromMs: 5_000, untilMs: 400_000 }, ask, people);
    crowd.timeline.run(1_200_000);
    assert.ok(
      crowd.records.every(({ ended }) => ended === 'answered'),
      'batch is done, too',
    );
    return crowd.records.filter(({ call }) => call.keyId !== 'night');
  }

  test('never delays a person by more than the work of one slot', (t) => {
    const alone = play(false);
    const beside = play(true);
    const later = beside.map((record, index) => ttftOf(record) - ttftOf(alone[index]!));
    const slotMs = serviceMs({ keyId: 'night', promptTokens: 2_000, outputTokens: 400 });
    t.diagnostic(
      `later by ${Math.max(...later)} ms at most, p95 ${percentile(later, 0.95)} ms; a slot's work is ${slotMs} ms`,
    );
    assert.ok(Math.max(...later) <= slotMs);
  });
});
