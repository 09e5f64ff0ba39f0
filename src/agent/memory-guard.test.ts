/** What the agent does when its machine is short of memory, and that doctor says the same of the same facts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { known } from '../contract/machine/fact.ts';
import type { Facts, FactTable } from '../contract/machine/facts.ts';
import { allLandmines, checkAll } from '../landmines/index.ts';
import { holdMs } from '../machine/governor/governor.ts';
import { silentLog } from '../transport/log/log.ts';
import { createMemoryGuard } from './memory-guard.ts';

const gib = 1024 ** 3;

const free = (value: number): Facts => ({
  'os.family': known('linux', 'test'),
  'memory.total_bytes': known(16 * gib, 'test'),
  'memory.available_bytes': known(value * gib, 'test'),
});

test('pressed it says why, in want it unloads, and in calm it works again', () => {
  let atMs = 0;
  const changes: string[] = [];
  const guard = createMemoryGuard({
    log: silentLog,
    nowMs: () => atMs,
    onChange: ({ admits, unloads }) =>
      changes.push(`${atMs / 1_000} s: ${admits ? 'works' : unloads ? 'unloads' : 'stops'}`),
  });
  const lasting = (seconds: number, value: number): void => {
    for (const untilMs = atMs + seconds * 1_000; atMs < untilMs; atMs += 5_000) guard.sample(free(value));
  };
  lasting(60, 8);
  assert.equal(guard.pressedBecause, null);
  lasting(60, 0.8);
  assert.match(guard.pressedBecause ?? '', /only 819 MiB of memory are left of the 2048 MiB kept for the owner/);
  lasting(10, 0.2);
  lasting(120, 8);
  assert.equal(guard.pressedBecause, null);
  assert.deepEqual(changes, ['60 s: stops', '125 s: unloads', '185 s: works']);
});

const asFacts = (values: Partial<FactTable>): Facts =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, known(value, 'test')])) as Facts;

/** What the agent does when it sees the same twice. */
function done(facts: Facts): 'nothing' | 'stops' | 'unloads' {
  let unloads = false;
  let nowMs = 0;
  const guard = createMemoryGuard({
    log: silentLog,
    nowMs: () => nowMs,
    onChange: (state) => (unloads = state.unloads),
  });
  for (const atMs of [holdMs, holdMs + 5_000]) {
    nowMs = atMs;
    guard.sample(facts);
  }
  if (unloads) return 'unloads';
  return guard.pressedBecause === null ? 'nothing' : 'stops';
}

/** What doctor says that it does. */
function said(facts: Facts): 'nothing' | 'stops' | 'unloads' {
  const found = new Set<string>();
  for (const { result } of checkAll(facts)) {
    if (result.kind !== 'finding' || result.finding.effect?.kind !== 'paused') continue;
    found.add(result.finding.effect.unloads ? 'unloads' : 'stops');
  }
  assert.ok(found.size < 2, 'two findings about memory say the same');
  return found.has('unloads') ? 'unloads' : found.has('stops') ? 'stops' : 'nothing';
}

for (const { code, isGoverned, example, counterExample } of allLandmines) {
  if (isGoverned !== true) continue;
  test(`${code}: what is said of its example, and of its counter-example, is done`, () => {
    assert.equal(done(asFacts(example)), said(asFacts(example)));
    assert.notEqual(done(asFacts(example)), 'nothing');
    assert.deepEqual([done(asFacts(counterExample)), said(asFacts(counterExample))], ['nothing', 'nothing']);
  });
}

test('whatever is known of a Mac, a Linux or a Windows machine, doctor says what the governor does', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
  const machine = fc.record({
    'os.family': fc.constantFrom('macos', 'linux', 'windows'),
    'memory.total_bytes': maybe(fc.constantFrom(8 * gib, 16 * gib, 64 * gib)),
    'memory.available_bytes': maybe(share.map((part) => Math.round(part ** 3 * 8 * gib))),
    'memory.limit_bytes': maybe(fc.constant(8 * gib)),
    'memory.limit_used_bytes': maybe(share.map((part) => Math.round(part * 8 * gib))),
    'memory.pressure': maybe(fc.constantFrom('normal', 'warn', 'critical')),
    'memory.stall_10s': maybe(share.map((part) => part ** 2)),
    'memory.stall_full_10s': maybe(share.map((part) => part ** 3)),
    'memory.swap_total_bytes': maybe(fc.constantFrom(0, 2 * gib)),
    'memory.swap_used_bytes': maybe(share.map((part) => Math.round(part * 2 * gib))),
    'memory.swapped_out_30s': maybe(share.map((part) => Math.round(part ** 2 * gib))),
  });
  const seen = new Set<string>();
  fc.assert(
    fc.property(machine, (values) => {
      const some = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
      const facts = asFacts(some as Partial<FactTable>); // of the names above
      const [does, says] = [done(facts), said(facts)];
      assert.equal(does, says);
      seen.add(does);
    }),
    { numRuns: 300 },
  );
  assert.deepEqual([...seen].toSorted(), ['nothing', 'stops', 'unloads']);
});
