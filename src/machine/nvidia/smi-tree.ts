/** `nvidia-smi -q`, as indented text and as XML (`-q -x`): the same tree under two spellings. */
import { keyValues } from '../text/key-values.ts';
import { lines } from '../text/lines.ts';
import { integer } from '../text/numbers.ts';
import { children, childText, parseXml, type XmlElement } from '../text/xml.ts';
import { type SmiCells, type SmiMig, type SmiReport, slowdowns } from './smi-report.ts';

/** Where the tree keeps what the query calls so; the first that is there counts. */
const inXml: Readonly<Record<string, readonly string[]>> = {
  name: ['product_name'],
  architecture: ['product_architecture'],
  uuid: ['uuid'],
  'pci.bus_id': ['pci/pci_bus_id'],
  'memory.total': ['fb_memory_usage/total'],
  'memory.reserved': ['fb_memory_usage/reserved'],
  'memory.used': ['fb_memory_usage/used'],
  'memory.free': ['fb_memory_usage/free'],
  display_active: ['display_active'],
  persistence_mode: ['persistence_mode'],
  'driver_model.current': ['driver_model/current_dm'],
  'temperature.gpu': ['temperature/gpu_temp'],
  'power.draw': ['gpu_power_readings/instant_power_draw', 'gpu_power_readings/power_draw', 'power_readings/power_draw'],
  'utilization.gpu': ['utilization/gpu_util'],
  'mig.mode.current': ['mig_mode/current_mig'],
  ...Object.fromEntries(
    slowdowns.map((reason) => [
      `clocks_event_reasons.${reason}`,
      [
        `clocks_event_reasons/clocks_event_reason_${reason}`,
        `clocks_event_reasons/clocks_throttle_reason_${reason}`,
        `clocks_throttle_reasons/clocks_throttle_reason_${reason}`,
      ],
    ]),
  ),
};

export function readSmiXml(text: string): SmiReport {
  const log = parseXml(text);
  if (log === undefined) return { gpus: [], mig: [] };
  const top = log.name === 'gpu' ? [log] : children(log, 'gpu');
  const mig: SmiMig[] = [];
  const gpus = top.map((gpu, at) => {
    for (const group of children(gpu, 'mig_devices')) {
      for (const device of children(group, 'mig_device')) mig.push(...xmlMig(device, at));
    }
    const cells: Record<string, string> = { index: String(at) };
    for (const [name, paths] of Object.entries(inXml)) {
      const value = paths.map((path) => childText(gpu, path)).find((found) => found !== undefined && found !== 'N/A');
      const said = value ?? childText(gpu, paths[0]!);
      if (said !== undefined) cells[name] = said;
    }
    return cells;
  });
  const driver = childText(log, 'kmd_version') ?? childText(log, 'driver_version');
  const cuda = childText(log, 'cuda_umd_version') ?? childText(log, 'cuda_version');
  return { ...(driver === undefined ? {} : { driver }), ...(cuda === undefined ? {} : { cuda }), gpus, mig };
}

function xmlMig(device: XmlElement, gpu: number): readonly SmiMig[] {
  const total = childText(device, 'fb_memory_usage/total');
  const instance = childText(device, 'gpu_instance_id');
  const index = integer(childText(device, 'index'));
  // Without its number it cannot be told from the others.
  if (index === undefined) return [];
  return [{ gpu, index, ...(instance === undefined ? {} : { instance }), ...(total === undefined ? {} : { total }) }];
}

const inText: Readonly<Record<string, string>> = {
  'Product Name': 'name',
  'Product Architecture': 'architecture',
  'GPU UUID': 'uuid',
  'PCI/Bus Id': 'pci.bus_id',
  'FB Memory Usage/Total': 'memory.total',
  'FB Memory Usage/Reserved': 'memory.reserved',
  'FB Memory Usage/Used': 'memory.used',
  'FB Memory Usage/Free': 'memory.free',
  'Display Active': 'display_active',
  'Persistence Mode': 'persistence_mode',
  'Driver Model/Current': 'driver_model.current',
  'Temperature/GPU Current Temp': 'temperature.gpu',
  'Power Readings/Power Draw': 'power.draw',
  'GPU Power Readings/Average Power Draw': 'power.draw',
  'GPU Power Readings/Power Draw': 'power.draw',
  'GPU Power Readings/Instantaneous Power Draw': 'power.draw',
  'Utilization/GPU': 'utilization.gpu',
  'Utilization/Gpu': 'utilization.gpu',
  'MIG Mode/Current': 'mig.mode.current',
  'Clocks Event Reasons/HW Slowdown': 'clocks_event_reasons.hw_slowdown',
  'Clocks Event Reasons/HW Slowdown/HW Thermal Slowdown': 'clocks_event_reasons.hw_thermal_slowdown',
  'Clocks Event Reasons/HW Slowdown/HW Power Brake Slowdown': 'clocks_event_reasons.hw_power_brake_slowdown',
  'Clocks Event Reasons/SW Thermal Slowdown': 'clocks_event_reasons.sw_thermal_slowdown',
};

/** Indented four spaces a level; a heading has no colon. */
export function readSmiText(text: string): SmiReport {
  const gpus: Record<string, string>[] = [];
  const mig: SmiMig[] = [];
  let path: { indent: number; name: string }[] = [];
  for (const line of lines(text)) {
    const gpu = /^GPU ([0-9A-Fa-f:.]+)\s*$/.exec(line);
    if (gpu !== null) {
      gpus.push({ index: String(gpus.length), 'pci.bus_id': gpu[1]! });
      path = [];
      continue;
    }
    const cells = gpus.at(-1);
    if (cells === undefined || line.trim() === '') continue;
    const indent = line.length - line.trimStart().length;
    path = path.filter((heading) => heading.indent < indent);
    const colon = line.indexOf(' : ');
    const name = (colon < 0 ? line : line.slice(0, colon)).trim();
    const where = [...path.map((heading) => heading.name), name].join('/').replace('Throttle Reasons', 'Event Reasons');
    // Some values have lines of their own below them (HW Slowdown).
    path.push({ indent, name });
    if (colon < 0) {
      if (where === 'MIG Device') mig.push({ gpu: gpus.length - 1, index: -1 });
      continue;
    }
    const value = line.slice(colon + 3).trim();
    const cell = inText[where];
    if (cell !== undefined && (cells[cell] === undefined || value !== 'N/A')) cells[cell] = value;
    const part = mig.at(-1);
    if (part !== undefined && where.startsWith('MIG Device/')) mig[mig.length - 1] = withMigLine(part, where, value);
  }
  const head = keyValues(text.slice(0, text.search(/^GPU /m)));
  const first = (...keys: string[]): string | undefined =>
    head.find(({ key, value }) => keys.includes(key) && /^\d+(\.\d+)+( |$)/.test(value))?.value.split(' ')[0];
  const driver = first('KMD Version', 'Driver Version');
  const cuda = first('CUDA UMD Version', 'CUDA Version');
  return {
    ...(driver === undefined ? {} : { driver }),
    ...(cuda === undefined ? {} : { cuda }),
    gpus: gpus as SmiCells[],
    mig: mig.filter(({ index }) => index >= 0),
  };
}

function withMigLine(part: SmiMig, where: string, value: string): SmiMig {
  switch (where) {
    case 'MIG Device/Index':
      return /^\d+$/.test(value) ? { ...part, index: Number(value) } : part;
    case 'MIG Device/GPU Instance ID':
      return { ...part, instance: value };
    case 'MIG Device/Shared FB Memory Usage/Total':
    case 'MIG Device/FB Memory Usage/Total':
      return { ...part, total: value };
    default:
      return part;
  }
}
