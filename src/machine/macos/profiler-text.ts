/** The text form of `system_profiler`, whole or one section, as people paste it. English only. */
import { type Fact, known, unknown } from '../../contract/machine/fact.ts';
import type { Gpu } from '../../contract/machine/facts.ts';
import { intelShares } from '../intel/names.ts';
import type { MutableFacts } from '../probe.ts';
import { record } from '../text/key-values.ts';
import { gibi, integer, mebi, withUnit } from '../text/numbers.ts';
import { fanlessByName } from './models.ts';

export function profilerText(text: string, source: string): MutableFacts {
  return {
    ...graphics(sectionOf(text, 'Graphics/Displays'), source),
    ...hardware(record(sectionOf(text, 'Hardware')), source),
    ...power(sectionOf(text, 'Power'), source),
    ...software(record(sectionOf(text, 'Software')), source),
  };
}

/** From its heading at the margin to the next. */
function sectionOf(text: string, heading: string): string {
  const start = text.search(new RegExp(`^${heading}:\\s*$`, 'm'));
  if (start < 0) return '';
  const rest = text.slice(start + heading.length + 1);
  const end = rest.search(/^\S/m);
  return end < 0 ? rest : rest.slice(0, end);
}

function hardware(values: Readonly<Record<string, string>>, source: string): MutableFacts {
  const facts: MutableFacts = {};
  const { Chip: chip = '', 'Model Identifier': model, 'Model Name': name = '' } = values;
  const processor = values['Processor Name'];
  if (chip.startsWith('Apple ')) facts['apple.chip'] = known(chip, source);
  else if (processor !== undefined && /\bIntel\b/.test(processor)) facts['apple.chip'] = known(processor, source);
  if (model !== undefined) facts['apple.model'] = known(model, source);
  const quiet = fanlessByName(name, chip);
  if (quiet !== undefined) facts['thermal.fanless'] = known(quiet, source);
  const memory = integer(/^(\d+) GB$/.exec(values.Memory ?? '')?.[1]);
  if (memory !== undefined) facts['memory.total_bytes'] = known(memory * gibi, source);
  return facts;
}

function power(text: string, source: string): MutableFacts {
  const facts: MutableFacts = {};
  const charger = /^\s+AC Charger Information:\s*\n\s*\n?\s+Connected: (Yes|No)\s*$/m.exec(text)?.[1];
  if (charger !== undefined) facts['power.source'] = known(charger === 'Yes' ? 'ac' : 'battery', source);
  const level = integer(record(text)['State of Charge (%)']);
  if (level !== undefined && level <= 100) {
    facts['power.battery_level'] = known(level / 100, source);
    facts['power.battery_present'] = known(true, source);
  }
  // The profile that applies now says so.
  const current = text.split(/^\s+(?=(?:AC|Battery) Power:)/m).find((part) => /Current Power Source: Yes/.test(part));
  const sleep = integer(record(current ?? '')['System Sleep Timer (Minutes)']);
  if (sleep !== undefined) facts['power.sleep_after_min'] = known(sleep, source);
  return facts;
}

function software(values: Readonly<Record<string, string>>, source: string): MutableFacts {
  const version = /^macOS (\d+(?:\.\d+)*) /.exec(values['System Version'] ?? '')?.[1];
  const kernel = /^Darwin (\d+(?:\.\d+)*)$/.exec(values['Kernel Version'] ?? '')?.[1];
  return {
    ...(version === undefined
      ? {}
      : { 'os.version': known(version, source), 'os.distribution': known('macos', source) }),
    ...(kernel === undefined ? {} : { 'os.kernel': known(kernel, source) }),
  };
}

function graphics(text: string, source: string): MutableFacts {
  // A GPU's heading is indented by four.
  const blocks = text.split(/^ {4}(?=\S.*:\s*$)/m).slice(1);
  if (blocks.length === 0) return {};
  const facts: MutableFacts = {};
  const sizes = [...text.matchAll(/^\s+Resolution: (\d{3,5}) x (\d{3,5})/gm)].map(([, w, h]) => Number(w) * Number(h));
  // One line a display, also where its numbers cannot be read.
  facts['display.count'] = known([...text.matchAll(/^\s+Resolution:/gm)].length, source);
  if (sizes.length > 0) facts['display.largest_pixels'] = known(Math.max(...sizes), source);
  for (const block of blocks) {
    const values = record(block);
    const name = values['Chipset Model'];
    if (name === undefined) continue;
    if (name.startsWith('Apple ')) {
      facts['apple.chip'] = known(name, source);
      const cores = integer(values['Total Number of Cores']);
      if (cores !== undefined) facts['apple.gpu_cores'] = known(cores, source);
    }
  }
  const others = blocks.map((block) => intelMacGpu(block, source));
  const intel = others.filter((gpu) => gpu?.vendor === 'intel') as Gpu[];
  const amd = others.filter((gpu) => gpu?.vendor === 'amd') as Gpu[];
  if (intel.length > 0) facts['intel.gpus'] = known(intel, source);
  if (amd.length > 0) facts['amd.gpus'] = known(amd, source);
  return facts;
}

function intelMacGpu(block: string, source: string): Gpu | undefined {
  const values = record(block);
  const name = values['Chipset Model'] ?? '';
  const vendor = /^Intel\b/.test(values.Vendor ?? '')
    ? 'intel'
    : /\(0x1002\)$/.test(values.Vendor ?? '')
      ? 'amd'
      : undefined;
  if (vendor === undefined) return undefined;
  const missing = unknown('not-reported', 'it does not tell', source);
  const fact = <T>(value: T | undefined): Fact<T> => (value === undefined ? missing : known(value, source));
  // "Dynamic, Max" is what it may borrow.
  const total = values['VRAM (Total)'];
  const gigabytes = withUnit(total, ' GB');
  const megabytes = total?.endsWith(' MB') ? withUnit(total, ' MB') : undefined;
  const totalBytes =
    megabytes === undefined
      ? total?.endsWith(' GB') && gigabytes !== undefined
        ? gigabytes * gibi
        : undefined
      : megabytes * mebi;
  const device = /^0x([0-9a-f]{4})$/.exec(values['Device ID'] ?? '')?.[1];
  return {
    vendor,
    index: 0,
    name: known(name, source),
    vram_total_bytes: fact(totalBytes),
    vram_used_bytes: missing,
    vram_free_bytes: missing,
    unified: fact(vendor === 'intel' ? intelShares(name) : undefined),
    ...(device === undefined ? {} : { device_id: known(`${vendor === 'intel' ? '8086' : '1002'}:${device}`, source) }),
    display_attached: known(/^\s+Resolution: /m.test(block), source),
  };
}
