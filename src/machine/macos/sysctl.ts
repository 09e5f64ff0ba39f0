/**
 * macOS in numbers: chip, model, memory, pressure, swap, the limit of what the GPU may wire down.
 * `iogpu.wired_limit_mb` 0 means that nobody changed the default, not that there is no memory.
 */
import { known } from '../../contract/machine/fact.ts';
import type { Pressure } from '../../contract/machine/facts.ts';
import { parseWith } from '../parse-with.ts';
import { type MutableFacts, type Probe, toolTimeoutMs } from '../probe.ts';
import { record } from '../text/key-values.ts';
import { lines } from '../text/lines.ts';
import { decimal, integer, mebi } from '../text/numbers.ts';
import { fanless } from './models.ts';

const names = [
  'machdep.cpu.brand_string',
  'hw.model',
  'hw.memsize',
  'hw.physicalcpu',
  'hw.logicalcpu',
  'kern.osproductversion',
  'kern.hv_vmm_present',
  'kern.memorystatus_vm_pressure_level',
  'vm.swapusage',
  'vm.loadavg',
  'iogpu.wired_limit_mb',
  'debug.iogpu.wired_limit',
];

export const macosSysctl: Probe = {
  name: 'macos-sysctl',
  title: 'chip, model, memory pressure, swap, GPU memory limit',
  reads: [`sysctl ${names.join(' ')}`],
  platforms: ['macos'],
  timeoutMs: toolTimeoutMs,
  facts: [
    'apple.chip',
    'apple.model',
    'apple.wired_limit_bytes',
    'cpu.name',
    'cpu.physical_cores',
    'cpu.logical_cores',
    'cpu.load_1m',
    'memory.total_bytes',
    'memory.pressure',
    'memory.swap_total_bytes',
    'memory.swap_used_bytes',
    'os.version',
    'os.distribution',
    'os.virtualisation',
    'thermal.fanless',
  ],
  // Names this macOS does not know are complained about; the others are printed.
  read: async (io) => [await io.run('sysctl', names)],
  parse: parseWith([], (text, source) => {
    const values = record(text);
    const facts: MutableFacts = { ...processor(text, values, source), ...memory(values, source) };
    const model = values['hw.model'];
    if (model !== undefined && /^[A-Za-z]+\d+,\d+$/.test(model)) {
      facts['apple.model'] = known(model, source);
      const quiet = fanless(model);
      if (quiet !== undefined) facts['thermal.fanless'] = known(quiet, source);
    }
    const version = values['kern.osproductversion'];
    if (version !== undefined && /^\d+(\.\d+)*$/.test(version)) {
      facts['os.version'] = known(version, source);
      facts['os.distribution'] = known('macos', source);
    }
    const virtual = values['kern.hv_vmm_present'];
    if (virtual === '0' || virtual === '1')
      facts['os.virtualisation'] = known(virtual === '1' ? 'other' : 'none', source);
    return facts;
  }),
};

function processor(text: string, values: Readonly<Record<string, string>>, source: string): MutableFacts {
  const facts: MutableFacts = {};
  // `sysctl -n` prints values alone, one a line, in the order they were asked for.
  const bare = lines(text).filter((line) => line.trim() !== '');
  const unnamed = bare[0]?.startsWith('Apple ') === true && !bare[0].includes(': ');
  const brand = unnamed ? bare[0]!.trim() : values['machdep.cpu.brand_string'];
  if (brand !== undefined && brand !== '') {
    facts['cpu.name'] = known(brand, source);
    // "Apple A18 Pro" is one too: not every chip is called M.
    if (brand.startsWith('Apple ')) facts['apple.chip'] = known(brand, source);
  }
  const physical = integer(values['hw.physicalcpu'] ?? values['machdep.cpu.core_count']);
  const logical = integer(
    unnamed ? bare[1] : (values['hw.logicalcpu'] ?? values['hw.ncpu'] ?? values['machdep.cpu.thread_count']),
  );
  if (physical !== undefined) facts['cpu.physical_cores'] = known(physical, source);
  if (logical !== undefined) facts['cpu.logical_cores'] = known(logical, source);
  const load = decimal(/^\{ (\S+) /.exec(values['vm.loadavg'] ?? '')?.[1]);
  if (load !== undefined) facts['cpu.load_1m'] = known(load, source);
  return facts;
}

/** xnu's NOTE_MEMORYSTATUS_PRESSURE_*: these are not its internal levels, which count from 0. */
const pressures: Readonly<Record<string, Pressure>> = { 1: 'normal', 2: 'warn', 4: 'critical' };

function memory(values: Readonly<Record<string, string>>, source: string): MutableFacts {
  const facts: MutableFacts = {};
  const total = integer(values['hw.memsize']);
  if (total !== undefined) facts['memory.total_bytes'] = known(total, source);
  const pressure = pressures[values['kern.memorystatus_vm_pressure_level'] ?? ''];
  if (pressure !== undefined) facts['memory.pressure'] = known(pressure, source);
  const swap = /^total = (\d+\.\d+)M\s+used = (\d+\.\d+)M/.exec(values['vm.swapusage'] ?? '');
  if (swap !== null) {
    facts['memory.swap_total_bytes'] = known(Math.round(Number(swap[1]) * mebi), source);
    facts['memory.swap_used_bytes'] = known(Math.round(Number(swap[2]) * mebi), source);
  }
  const limit = integer(values['iogpu.wired_limit_mb']);
  const limitBytes = limit === undefined ? integer(values['debug.iogpu.wired_limit']) : limit * mebi;
  if (limitBytes !== undefined) facts['apple.wired_limit_bytes'] = known(limitBytes, source);
  return facts;
}
