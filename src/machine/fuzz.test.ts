/**
 * Outputs that were cut, shuffled, translated or garbled: no probe may fail over them, and none may
 * know a value that is not in the text. Seeded; METALYARD_FUZZ_ROUNDS takes more rounds than the usual.
 */
import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { test } from 'node:test';
import { Value } from 'typebox/value';
import { inventedValues } from '../../test/support/invented-values.ts';
import { capture, captureFolder } from '../../test/support/machine-captures.ts';
import { known } from '../contract/machine/fact.ts';
import { FactsSchema } from '../contract/machine/facts-schema.ts';
import { allProbes } from './all-probes.ts';
import { combine } from './collect.ts';
import type { Probe } from './probe.ts';

const rounds = Number(process.env.METALYARD_FUZZ_ROUNDS ?? 2);
const files = globSync('{linux,macos,windows,wsl}/**/*.*', { cwd: captureFolder }).sort();

/** What each probe knows something from. */
const readable: readonly { readonly probe: Probe; readonly file: string; readonly text: string }[] = files.flatMap(
  (file) => {
    const text = capture(file);
    return allProbes
      .filter((probe) => Object.values(probe.parse([{ source: file, text }])).some((fact) => fact.known))
      .map((probe) => ({ probe, file, text }));
  },
);

/** Numbers of one seed, 0..1: mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Random = () => number;
const below = (random: Random, limit: number): number => Math.floor(random() * limit);

function shuffled(lines: readonly string[], random: Random): string[] {
  const mixed = [...lines];
  for (let at = mixed.length - 1; at > 0; at--) {
    const other = below(random, at + 1);
    [mixed[at], mixed[other]] = [mixed[other]!, mixed[at]!];
  }
  return mixed;
}

const inDigits = (text: string, zero: number): string =>
  text.replace(/\d/g, (digit) => String.fromCodePoint(zero + Number(digit)));

const mutations: Readonly<Record<string, (text: string, random: Random) => string>> = {
  'cut off': (text, random) => text.slice(0, below(random, text.length)),
  'a span cut out': (text, random) => {
    const from = below(random, text.length);
    return text.slice(0, from) + text.slice(from + below(random, 200));
  },
  'bytes cut': (text, random) =>
    Array.from(text)
      .filter(() => random() > 0.02)
      .join(''),
  'bytes garbled': (text, random) =>
    Array.from(text, (letter) => (random() < 0.02 ? String.fromCharCode(below(random, 0x2_000)) : letter)).join(''),
  'lines shuffled': (text, random) => shuffled(text.split('\n'), random).join('\n'),
  'lines left out': (text, random) =>
    text
      .split('\n')
      .filter(() => random() > 0.2)
      .join('\n'),
  'lines doubled': (text, random) =>
    text
      .split('\n')
      .flatMap((line) => (random() < 0.2 ? [line, line] : [line]))
      .join('\n'),
  'decimal comma': (text) => text.replace(/(\d)\.(\d)/g, '$1,$2'),
  'digits grouped': (text) => text.replace(/\B(?=(\d{3})+(?!\d))/g, '.'),
  'Arabic digits': (text) => inDigits(text, 0x660),
  'Devanagari digits': (text) => inDigits(text, 0x966),
  'read as UTF-16': (text) => new TextDecoder('utf-16le').decode(new TextEncoder().encode(text)),
  'long lines': (text) =>
    `${text
      .replaceAll('\n', ' ')
      .repeat(Math.ceil(8_000 / (text.length + 1)))
      .slice(0, 8_000)}\n`.repeat(20),
  'one endless line': (text) => text.replaceAll('\n', ' ').repeat(Math.ceil(300_000 / (text.length + 1))),
};

test('every probe bears every output there is', () => {
  for (const file of files) {
    const text = capture(file);
    for (const probe of allProbes) {
      const facts = probe.parse([{ source: file, text }]);
      assert.ok(Value.Check(FactsSchema, facts), `${probe.name} of ${file}`);
      for (const name of Object.keys(facts)) {
        // Every name it may give is listed, so that a probe that fails says what is missing.
        if (facts[name as keyof typeof facts]?.known)
          assert.ok(probe.facts.includes(name as never) || extra.has(name), `${probe.name}: ${name}`);
      }
    }
  }
});
/** Facts that only pasted reports have. */
const extra = new Set([
  'memory.total_bytes',
  'os.version',
  'os.distribution',
  'os.kernel',
  'power.source',
  'power.battery_level',
  'power.battery_present',
  'power.sleep_after_min',
]);

test('an invented value would be found', () => {
  const total = (value: number) => ({ 'memory.total_bytes': known(value * 1024, 'test') });
  const text = 'MemTotal:        3997272 kB\nPower Draw : 39,32 W\nUsed : 1.024 MiB';
  assert.deepEqual(inventedValues(total(3_997_272), text), []);
  assert.deepEqual(inventedValues(total(3_997_273), text), [`memory.total_bytes = ${3_997_273 * 1024}`]);
  // Half of a number that was written another way is no number.
  assert.equal(inventedValues({ 'thermal.max_celsius': known(39, 'test') }, text).length, 1);
  assert.equal(inventedValues({ 'thermal.max_celsius': known(3932, 'test') }, text).length, 1);
  assert.equal(inventedValues({ 'cpu.name': known('Ryzen', 'test') }, text).length, 1);
});

test('a page size that lost a digit on its way is none', () => {
  const text = capture('macos/vm_stat/32gib-class-apple-silicon-busy.txt').replace('16384', '1638');
  assert.deepEqual(
    Object.values(allProbes.find(({ name }) => name === 'macos-vm-stat')!.parse([{ source: 'test', text }])).map(
      (fact) => fact.known,
    ),
    [false],
  );
});

test('what is read from an untouched output is in it', () => {
  assert.ok(readable.length > 150, `only ${readable.length} readings`);
  for (const { probe, file, text } of readable) {
    assert.deepEqual(inventedValues(probe.parse([{ source: file, text }]), text), [], `${probe.name} of ${file}`);
  }
});

/** Numbers anywhere in a value, by their path. */
function numbersIn(value: unknown, path = ''): readonly (readonly [string, number])[] {
  if (typeof value === 'number') return [[path, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => numbersIn(part, `${path}/${key}`));
}

test('digits grouped as some languages do are another way to write a number, never another number', () => {
  for (const separator of ['.', ',', ' ', '\u00a0', "'"]) {
    for (const { probe, file, text } of readable) {
      const grouped = text.replace(/(?<![\d.\w-])\d{4,}(?![\d\w-])/g, (number) =>
        number.replace(/\B(?=(\d{3})+(?!\d))/g, separator),
      );
      const before = new Map(numbersIn(probe.parse([{ source: file, text }])));
      for (const [path, number] of numbersIn(probe.parse([{ source: file, text: grouped }])))
        assert.equal(number, before.get(path), `${probe.name} of ${file}, "${separator}": ${path}`);
    }
  }
});

test('a tool that lists GPUs without an end costs a moment, and is not believed', () => {
  const endless: readonly (readonly [probe: string, line: (at: number) => string])[] = [
    ['nvidia-smi', (at) => `GPU ${at % 10_000}: NVIDIA X (UUID: GPU-${at.toString(16)})\n`],
    [
      'linux-pci',
      (at) => `${hex(at % 256)}:${hex((at >> 8) % 32)}.0 VGA compatible controller [0300]: X [${at}] [1002:73df]\n`,
    ],
    ['amd-smi', (at) => `GPU: ${at}\n    ASIC:\n        MARKET_NAME: X${at}\n`],
  ];
  for (const [name, line] of endless) {
    let text = '';
    for (let at = 0; text.length < 1024 * 1024; at++) text += line(at);
    const begun = performance.now();
    const facts = combine([allProbes.find((each) => each.name === name)!.parse([{ source: 'endless', text }])]);
    const gpus = facts['gpu.all'];
    assert.ok(!gpus?.known || gpus.value.length <= 256, name);
    // On a quiet machine below 0.3 s; one list took 77 s.
    assert.ok(performance.now() - begun < 10_000, `${name}: ${performance.now() - begun} ms`);
  }
});
const hex = (value: number): string => value.toString(16).padStart(2, '0');

test('an output that is stored twice in one file is one machine', () => {
  for (const [file, probe, name] of [
    ['linux/nvidia-smi/h200-mig-ubuntu2204-r590.query-gpu.csv', 'nvidia-smi', 'nvidia.gpus'],
    ['linux/nvidia-smi/quadro-rtx4000-x2.list.txt', 'nvidia-smi', 'nvidia.gpus'],
    ['linux/lspci/asus-laptop.lspci.txt', 'linux-pci', 'intel.gpus'],
    ['linux/amd-smi/mi350x.static.txt', 'amd-smi', 'amd.gpus'],
  ] as const) {
    const text = capture(file);
    const parse = allProbes.find((each) => each.name === probe)!.parse;
    const [once, twice] = [text, `${text.split('\n')[0]}\n${text}`].map(
      (each) => parse([{ source: file, text: each }])[name],
    );
    assert.deepEqual(twice, once, file);
  }
});

for (const [name, mutate] of Object.entries(mutations)) {
  test(`${name}: nothing fails, nothing is invented`, () => {
    for (const [at, { probe, file, text }] of readable.entries()) {
      for (let round = 0; round < (mutate.length === 1 ? 1 : rounds); round++) {
        const seed = at * 1_000 + round;
        const mutated = mutate(text, randomFrom(seed));
        const told = `${probe.name} of ${file}, ${name}, seed ${seed}`;
        let facts: ReturnType<Probe['parse']>;
        try {
          facts = probe.parse([{ source: file, text: mutated }]);
        } catch (error) {
          assert.fail(`${told}: ${error}`);
        }
        assert.ok(Value.Check(FactsSchema, facts), told);
        assert.deepEqual(inventedValues(facts, mutated), [], told);
      }
    }
  });
}
