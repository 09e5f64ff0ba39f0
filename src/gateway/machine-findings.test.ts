/** From what a machine says of itself to what the yard does about it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MachineModel } from '../contract/link/messages.ts';
import { known, unknown } from '../contract/machine/fact.ts';
import type { Facts, Gpu } from '../contract/machine/facts.ts';
import type { Effect } from '../contract/machine/finding.ts';
import { allLandmines, checkAll, effectText, landmineOf } from '../landmines/index.ts';
import type { YardEffect } from '../yard/events.ts';
import { invariants } from '../yard/invariants.ts';
import { waitingOf } from '../yard/routing/decision-of.ts';
import { createYard, step } from '../yard/step.ts';
import { noVerdict, verdictOn } from './machine-findings.ts';

const gpu = (throttling: readonly string[]): Gpu => ({
  vendor: 'nvidia',
  index: 0,
  name: known('RTX', 'test'),
  vram_total_bytes: unknown('not-reported', 'test', 'test'),
  vram_used_bytes: unknown('not-reported', 'test', 'test'),
  vram_free_bytes: unknown('not-reported', 'test', 'test'),
  unified: known(false, 'test'),
  display_attached: known(false, 'test'),
  throttling: known(throttling, 'test'),
});
const cases: readonly (readonly [string, Facts, readonly string[]])[] = [
  ['nothing is known', {}, []],
  ['all is well', { 'power.source': known('ac', 'test'), 'gpu.all': known([gpu([])], 'test') }, []],
  ['it is on battery', { 'power.source': known('battery', 'test') }, ['battery']],
  ['a GPU is throttled by heat', { 'gpu.all': known([gpu(['thermal'])], 'test') }, ['hot']],
  ['its processor is held back', { 'thermal.speed_limit': known(0.6, 'test') }, ['hot']],
];
for (const [name, facts, penalties] of cases) {
  test(name, () => assert.deepEqual(verdictOn(facts).slowedBy, penalties));
}

/** A yard of a machine `pc` of which these facts are known and, where it is asked for, one that is its equal. */
function yardOf(
  facts: Facts,
  others: readonly string[],
  { isFirst = true, writePerS = 30 }: { isFirst?: boolean; writePerS?: number } = {},
) {
  const yard = createYard();
  const tell = (event: Parameters<typeof step>[1], nowMs: number): YardEffect[] => {
    const effects = step(yard, event, nowMs);
    assert.deepEqual(invariants(yard), []);
    return effects;
  };
  const model = (id: string, status: 'ready' | 'available', tier: 'raw' | 'chat', pace = 30): MachineModel => ({
    ...{ id, digest: id, displayName: id, status, tier, window: 8_192, slots: status === 'ready' ? 1 : 0 },
    ...{ busySlots: 0, thinking: false, tools: true, createdAtMs: 0 },
    pace: { readPerS: 1_000, writePerS: pace, startMs: 50, wakeMs: 0, confidence: 1 },
  });
  for (const machineId of isFirst ? ['pc', ...others] : [...others, 'pc']) {
    const models = [
      model('tiny', 'ready', 'raw', machineId === 'pc' ? writePerS : 30),
      model('ours', 'available', 'raw'),
      model('theirs', 'available', 'chat'),
    ];
    tell({ type: 'machine-connected', machineId, sessionId: machineId, name: machineId }, 0);
    tell({ type: 'machine-reported', machineId, sessionId: machineId, models, draining: false }, 0);
  }
  tell({ type: 'machine-judged', machineId: 'pc', ...verdictOn(facts) }, 1);
  return {
    /** Who is offered a request, or asked to load. */
    ask: (wanted: string): string | undefined => {
      const asked = { requestId: wanted, keyId: 'key', model: wanted, estimatedTokens: 1_000 };
      const [first] = tell({ type: 'request-submitted', ...asked }, 2).filter(
        (effect) => effect.type === 'send-offer' || effect.type === 'send-load',
      );
      return first?.machineId;
    },
    /** Who is ruled out for a request that waits, as `metalyard explain` has it. */
    ruledOut: (requestId: string) => waitingOf(yard, requestId)?.ruledOut,
    /** What is said to a request that nobody took. */
    refusal: (): string => {
      const ends: string[] = [];
      for (let atMs = yard.wakeAtMs ?? 0; atMs < 7_000; atMs = yard.wakeAtMs ?? Number.POSITIVE_INFINITY) {
        for (const effect of tell({ type: 'clock-advanced' }, atMs)) {
          if (effect.type !== 'request-ended' || effect.outcome.kind !== 'rejected') continue;
          ends.push(effect.outcome.error.message);
        }
      }
      return ends.join(' ');
    },
  };
}

/** Nothing follows in the yard: of equals the first is chosen, and of two the quicker one, whatever was found on `pc`. */
function assertNothingFollows(facts: Facts): void {
  assert.deepEqual(verdictOn(facts), noVerdict);
  const chosen = (how: Parameters<typeof yardOf>[2]) => yardOf(facts, ['other'], how).ask('tiny');
  assert.deepEqual([chosen({}), chosen({ isFirst: false })], ['pc', 'other']);
  assert.deepEqual([chosen({ isFirst: false, writePerS: 60 }), chosen({ writePerS: 15 })], ['pc', 'other']);
}

/** What follows from each kind of effect, and that its words say so. */
const follows: Readonly<Record<Effect['kind'], (facts: Facts, code: string, words: string) => void>> = {
  'no-engine': (facts, code, words) => {
    const { ask, refusal } = yardOf(facts, []);
    assert.deepEqual([ask('tiny'), ask('ours'), ask('theirs')], ['pc', undefined, 'pc']);
    assert.ok(refusal().includes(`pc: finding ${code}`));
    assert.match(words, /nothing is loaded in our own engine/);
  },
  'last-resort': (facts, _, words) => {
    assert.deepEqual([yardOf(facts, ['other']).ask('tiny'), yardOf(facts, []).ask('tiny')], ['other', 'pc']);
    assert.match(words, /only when no other machine is free/);
  },
  // Its agent says itself that it is pressed, and when that is over: `agent/memory-guard.test.ts` follows that.
  paused: (facts, code, words) => {
    assertNothingFollows(facts);
    assert.match(words, /its agent takes no new requests/);
    assert.equal(landmineOf(code)?.isGoverned, true);
  },
  dearer: (facts, _, words) => {
    assert.equal(yardOf(facts, ['other']).ask('tiny'), 'other');
    assert.deepEqual(verdictOn(facts).lastResortBecause, [], 'it counts once');
    assert.match(words, /counts as longer/);
  },
  // What is measured counts: nothing follows by itself, and the words say so.
  slower: (facts, _, words) => {
    assertNothingFollows(facts);
    assert.match(words, /measured/);
  },
  'reserve-memory': (facts, _, words) => {
    assertNothingFollows(facts);
    assert.match(words, /measured/);
  },
  // The agent does not start such engines: `agent/barred-builds.test.ts` follows that.
  'no-backend': (facts, _, words) => {
    assertNothingFollows(facts);
    assert.match(words, /is not used on this machine/);
  },
};

const kindsSeen = new Set<Effect['kind']>();
for (const { code, example } of allLandmines) {
  const facts: Facts = Object.fromEntries(Object.entries(example).map(([name, value]) => [name, known(value, 'test')]));
  const found = checkAll(facts).flatMap(({ result }) => (result.kind === 'finding' ? [result.finding] : []));
  const effect = found.find((finding) => finding.code === code)?.effect;
  // Where others are found in the same facts, what follows is theirs as well.
  if (effect === undefined || found.some((finding) => finding.code !== code && finding.effect !== undefined)) continue;
  kindsSeen.add(effect.kind);
  test(`${code}: ${effectText(effect)}`, () => follows[effect.kind](facts, code, effectText(effect)));
}
test('every kind of effect was followed to what the yard decides, or leaves as it is', () => {
  assert.deepEqual([...kindsSeen].toSorted(), Object.keys(follows).toSorted());
});
