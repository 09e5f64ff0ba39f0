/** Sixteen afternoons in the life of a machine, sampled every 5 s: what the governor does, and when. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { known } from '../../contract/machine/fact.ts';
import type { FactName, Facts, FactTable, Gpu } from '../../contract/machine/facts.ts';
import { pressureOf } from '../../landmines/index.ts';
import { createGovernor, holdMs } from './governor.ts';

const gib = 1024 ** 3;
const mib = 1024 ** 2;
const sampleMs = 5_000;

type Values = { [Name in FactName]?: FactTable[Name] };

interface Trace {
  readonly name: string;
  readonly machine: Values;
  /** What changes, and at which second; it stays until something else is said. */
  readonly course: readonly (readonly [second: number, values: Values])[];
  readonly lastsS: number;
  /** `second: what`, in order. */
  readonly expected: readonly string[];
}

const linux = (totalGib: number, freeGib: number): Values => ({
  'os.family': 'linux',
  'memory.total_bytes': totalGib * gib,
  'memory.available_bytes': freeGib * gib,
});
const mac = (totalGib: number, freeGib: number): Values => ({ ...linux(totalGib, freeGib), 'os.family': 'macos' });
const free = (value: number): Values => ({ 'memory.available_bytes': value * gib });
const swap = (usedGib: number): Values => ({
  'memory.swap_used_bytes': usedGib * gib,
  'memory.swap_total_bytes': 4 * gib,
});
const displayGpu = (freeMib: number): Values => ({
  'gpu.all': [
    {
      vendor: 'nvidia',
      index: 0,
      name: known('NVIDIA GeForce RTX 3080', 'trace'),
      vram_total_bytes: known(10_240 * mib, 'trace'),
      vram_used_bytes: known((10_240 - freeMib) * mib, 'trace'),
      vram_free_bytes: known(freeMib * mib, 'trace'),
      unified: known(false, 'trace'),
      display_attached: known(true, 'trace'),
    } satisfies Gpu,
  ],
});
/** Every `periodS` seconds the one, then the other. */
const alternating = (periodS: number, untilS: number, first: Values, second: Values): Trace['course'] =>
  Array.from({ length: Math.floor(untilS / periodS) }, (_, turn) => [turn * periodS, turn % 2 === 0 ? first : second]);

const traces: readonly Trace[] = [
  { name: 'a quiet afternoon', machine: linux(32, 20), course: [], lastsS: 600, expected: [] },
  {
    name: 'a build takes the memory for two minutes',
    machine: linux(32, 20),
    course: [
      [60, free(0.9)],
      [180, free(20)],
    ],
    lastsS: 600,
    expected: ['60: stops', '235: admits'],
  },
  {
    name: 'one sample of a spike',
    machine: linux(32, 20),
    course: [
      [60, free(0.1)],
      [65, free(20)],
    ],
    lastsS: 300,
    expected: ['60: stops', '120: admits'],
  },
  {
    name: 'memory runs out and stays out',
    machine: linux(16, 8),
    course: [
      [30, free(0.8)],
      [60, free(0.2)],
    ],
    lastsS: 300,
    expected: ['30: stops', '65: unloads'],
  },
  {
    name: 'unloading cures it, loading brings it back',
    machine: linux(16, 8),
    course: [
      [30, free(0.1)],
      [40, free(10)],
      [110, free(0.1)],
      [120, free(10)],
    ],
    lastsS: 400,
    // The second time the hold is twice as long.
    expected: ['30: stops', '35: unloads', '95: admits', '115: unloads', '235: admits'],
  },
  {
    name: 'pressure that comes and goes every 10 s',
    machine: linux(32, 20),
    course: [...alternating(10, 300, free(0.9), free(20)), [300, free(20)]],
    lastsS: 500,
    expected: ['0: stops', '345: admits'],
  },
  {
    name: 'pressure that comes back every 90 s',
    machine: linux(32, 20),
    course: [...alternating(45, 720, free(0.9), free(20)), [720, free(20)]],
    lastsS: 900,
    expected: ['0: stops', '730: admits'],
  },
  {
    name: 'macOS warns, then is critical',
    machine: mac(16, 6),
    course: [
      [20, { 'memory.pressure': 'warn' }],
      [50, { 'memory.pressure': 'critical' }],
      [100, { 'memory.pressure': 'normal' }],
    ],
    lastsS: 300,
    expected: ['20: stops', '55: unloads', '155: admits'],
  },
  {
    name: 'macOS says normal with a full swap and little memory',
    machine: { ...mac(16, 6), 'memory.pressure': 'normal' },
    course: [
      [20, free(0.9)],
      [60, swap(3.92)],
    ],
    lastsS: 200,
    expected: ['20: stops', '65: unloads'],
  },
  {
    name: 'macOS warns with a full swap',
    machine: { ...mac(64, 20), ...swap(3.92), 'memory.pressure': 'normal' },
    course: [[20, { 'memory.pressure': 'warn' }]],
    lastsS: 200,
    expected: ['20: stops', '25: unloads'],
  },
  {
    name: 'macOS warns, and memory goes to swap',
    machine: { ...mac(64, 20), ...swap(0.2), 'memory.pressure': 'normal', 'memory.swapped_out_30s': 0 },
    course: [
      [20, { 'memory.pressure': 'warn' }],
      [50, { 'memory.swapped_out_30s': 0.5 * gib }],
      [100, { 'memory.pressure': 'normal', 'memory.swapped_out_30s': 0 }],
    ],
    lastsS: 300,
    expected: ['20: stops', '55: unloads', '155: admits'],
  },
  {
    name: 'macOS warns with a full swap to which nothing goes',
    machine: { ...mac(64, 20), ...swap(3.92), 'memory.pressure': 'normal', 'memory.swapped_out_30s': 0 },
    course: [[20, { 'memory.pressure': 'warn' }]],
    lastsS: 200,
    expected: ['20: stops'],
  },
  {
    name: 'a Mac that was busy once: its swap, which grows with its use, is half full, then full, and memory is free',
    machine: { ...mac(64, 20), 'memory.pressure': 'normal' },
    course: [
      [0, { 'memory.swap_used_bytes': 0.6 * gib, 'memory.swap_total_bytes': gib }],
      [600, { 'memory.swap_used_bytes': 0.93 * gib }],
    ],
    lastsS: 1_200,
    expected: [],
  },
  {
    name: 'Linux with an old, full swap and nothing waiting',
    machine: { ...linux(32, 20), ...swap(4), 'memory.stall_10s': 0, 'memory.stall_full_10s': 0 },
    course: [],
    lastsS: 300,
    expected: [],
  },
  {
    name: 'a container near its limit on a host with room',
    machine: { ...linux(64, 50), 'memory.limit_bytes': 8 * gib, 'memory.limit_used_bytes': 4 * gib },
    course: [
      [30, { 'memory.limit_used_bytes': 7.6 * gib }],
      [90, { 'memory.limit_used_bytes': 4 * gib }],
    ],
    lastsS: 300,
    expected: ['30: stops', '145: admits'],
  },
  {
    name: 'the owner starts a game on the display GPU',
    machine: { ...linux(32, 20), 'os.family': 'windows', 'display.count': 1, ...displayGpu(4_000) },
    course: [
      [30, displayGpu(500)],
      [60, displayGpu(100)],
      [600, displayGpu(9_000)],
    ],
    lastsS: 800,
    expected: ['30: stops', '65: unloads', '655: admits'],
  },
];

for (const trace of traces) {
  test(trace.name, () => {
    const { events, changesMs } = run(trace);
    assert.deepEqual(events, trace.expected);
    for (const [index, atMs] of changesMs.entries()) {
      const earlier = changesMs[index - 1];
      if (earlier === undefined) continue;
      const hard = events.includes(`${atMs / 1000}: unloads`);
      assert.ok(hard || atMs - earlier >= holdMs, `two changes within ${holdMs} ms, at ${atMs} ms`);
    }
  });
}

test('there are sixteen', () => assert.equal(traces.length, 16));

function run(trace: Trace): { events: string[]; changesMs: number[] } {
  const governor = createGovernor();
  const events: string[] = [];
  const changesMs: number[] = [];
  for (let atMs = 0; atMs <= trace.lastsS * 1000; atMs += sampleMs) {
    const { admits } = governor.state;
    if (!governor.sample(pressureOf(factsAt(trace, atMs / 1000)), atMs)) continue;
    events.push(`${atMs / 1000}: ${said(governor.state)}`);
    if (governor.state.admits !== admits) changesMs.push(atMs);
    assert.equal(governor.state.because === '', governor.state.admits, 'says why, exactly while it does not admit');
  }
  return { events, changesMs };
}

function said(state: { admits: boolean; unloads: boolean }): string {
  if (state.unloads) return 'unloads';
  return state.admits ? 'admits' : 'stops';
}

function factsAt(trace: Trace, second: number): Facts {
  const values = trace.course
    .filter(([at]) => at <= second)
    .reduce<Values>((sum, [, change]) => Object.assign(sum, change), { ...trace.machine });
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, known(value, 'trace')])) as Facts;
}
