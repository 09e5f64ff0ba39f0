/**
 * A key that probes: it asks prompts that another key has just asked, and prompts that nobody has, and looks at the times.
 * They must tell it nothing. The fleet's engines hold scopes apart as ours do; what is tested is that where requests go
 * does not give it away either.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../random.ts';
import { Timeline } from '../timeline.ts';
import { mixedFleet } from './fleet.ts';
import { product } from './product.ts';

const trials = 60;

/** How well times tell prompts that were asked before from those that were not: 0.5 is a guess, 1 is knowledge. */
function probe(proberScope: string, seed: number): number {
  const timeline = new Timeline();
  const random = createRandom(seed);
  const gateway = product(timeline, mixedFleet, random);
  const times: { readonly asked: boolean; readonly ms: number }[] = [];
  let requests = 0;
  const ask = (scope: string, text: string): number => {
    requests += 1;
    const askedAtMs = timeline.nowMs;
    const id = `${text}/question${requests}`;
    let [ms, isOver] = [0, false];
    gateway.submit({
      scope,
      lineage: `${text}/${scope}`,
      blocks: [
        ...Array.from({ length: 8 }, (_, part) => ({ id: `${text}#${part}`, tokens: 1_000 })),
        { id, tokens: 50 },
      ],
      answer: { id: `${id}/answer`, tokens: 20 },
      onFirst: () => {
        ms = timeline.nowMs - askedAtMs;
      },
      onEnd: () => {
        isOver = true;
      },
    });
    timeline.run(timeline.nowMs + 3_600_000, () => isOver);
    return ms;
  };
  for (let trial = 0; trial < trials; trial += 1) {
    ask('victim', `secret${trial}`);
    timeline.run(timeline.nowMs + random.between(100, 5_000));
    const asked = random.chance(0.5);
    times.push({ asked, ms: ask(proberScope, asked ? `secret${trial}` : `guess${trial}`) });
    timeline.run(timeline.nowMs + random.between(100, 5_000));
  }
  return areaUnderCurve(
    times.flatMap(({ asked, ms }) => (asked ? [ms] : [])),
    times.flatMap(({ asked, ms }) => (asked ? [] : [ms])),
  );
}

/** How often one of the first takes less time than one of the second; ties count half. */
function areaUnderCurve(first: readonly number[], second: readonly number[]): number {
  let less = 0;
  for (const a of first) for (const b of second) less += a < b ? 1 : Number(a === b) / 2;
  return less / (first.length * second.length);
}

test('another key cannot tell by the time what was asked before', () => {
  const seeds = [1, 2, 3, 4, 5];
  const areas = seeds.map((seed) => probe('prober', seed));
  const mean = areas.reduce((sum, area) => sum + area, 0) / seeds.length;
  assert.ok(mean <= 0.6 && mean >= 0.4, `${mean}`);
});

test('the key itself can: the probe finds what is there to be found', () => {
  assert.ok(probe('victim', 1) >= 0.9);
});
