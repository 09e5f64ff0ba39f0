/**
 * `amd-smi`, which takes rocm-smi's place. In its JSON a number is `{"value": 12, "unit": "MB"}` or
 * the text "N/A"; its plain form is the same tree, indented and in capitals.
 */
import { known } from '../../contract/machine/fact.ts';
import type { Gpu } from '../../contract/machine/facts.ts';
import { mergeGpuLists } from '../gpu-merge.ts';
import { parseWith } from '../parse-with.ts';
import { pciAddress } from '../pci.ts';
import { type MutableFacts, type Probe, toolTimeoutMs } from '../probe.ts';
import { isObject, type JsonObject, objects, parseJson, text as textOf } from '../text/json.ts';
import { lines } from '../text/lines.ts';
import { decimal, integer, mebi } from '../text/numbers.ts';
import { amdGpu } from './amd-gpu.ts';
import { gfxPattern } from './targets.ts';

export const amdSmi: Probe = {
  name: 'amd-smi',
  title: 'AMD GPUs, their driver, memory and temperature',
  reads: ['amd-smi static --json', 'amd-smi metric --json'],
  platforms: ['linux', 'windows'],
  timeoutMs: toolTimeoutMs * 2,
  facts: ['amd.gpus', 'amd.driver'],
  async read(io) {
    const fixed = await io.run('amd-smi', ['static', '--json']);
    return fixed.failure === undefined ? [fixed, await io.run('amd-smi', ['metric', '--json'])] : [fixed];
  },
  parse: (readings) => {
    const each = readings.map((reading) => parseOne([reading]));
    const lists = each.flatMap((facts) => (facts['amd.gpus']?.known ? [facts['amd.gpus']] : []));
    const joined: MutableFacts = { ...parseOne(readings) };
    if (lists.length > 1) joined['amd.gpus'] = known(mergeGpuLists(lists.map(({ value }) => value)), lists[0]!.source);
    return joined;
  },
};

const parseOne = parseWith(['amd.gpus'], (text, source) => {
  const report = parseJson(text) ?? tree(text);
  const listed = isObject(report) && Array.isArray(report.gpu_data) ? report.gpu_data : report;
  // A number alone is a heading that nothing follows.
  const gpus = objects(listed).filter((gpu) => integer(String(gpu.gpu)) !== undefined && Object.keys(gpu).length > 1);
  if (gpus.length === 0) return {};
  const facts: MutableFacts = {
    'amd.gpus': known(
      gpus.map((gpu) => smiGpu(gpu, source)),
      source,
    ),
  };
  const driver = textOf(at(gpus[0]!, 'driver', 'version'));
  if (driver !== undefined && /^\d[\w.-]*$/.test(driver)) facts['amd.driver'] = known(driver, source);
  return facts;
});

function at(value: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>((here, key) => (isObject(here) ? here[key] : undefined), value);
}

/** The number of `{"value", "unit"}`, `"12 MB"` or a bare number; undefined for "N/A". */
export function quantity(value: unknown, unit: string): number | undefined {
  if (isObject(value)) return value.unit === unit ? quantity(value.value, unit) : undefined;
  if (typeof value === 'number') return value;
  const [, number] = /^(\S+) (\S+)$/.exec(String(value)) ?? [];
  return String(value).endsWith(` ${unit}`) ? decimal(number) : undefined;
}

function smiGpu(gpu: JsonObject, source: string): Gpu {
  const memory = (...path: string[]): number | undefined => {
    const value = quantity(at(gpu, ...path), 'MB');
    return value === undefined || !Number.isInteger(value) ? undefined : value * mebi;
  };
  const gfx = textOf(at(gpu, 'asic', 'target_graphics_version'));
  const busy = quantity(at(gpu, 'usage', 'gfx_activity'), '%');
  const name = textOf(at(gpu, 'asic', 'market_name'));
  return amdGpu(
    {
      index: Number(gpu.gpu),
      name: name === 'N/A' ? undefined : name,
      pci: pciAddress(textOf(at(gpu, 'bus', 'bdf'))),
      gfx: gfx !== undefined && gfxPattern.test(gfx) ? gfx : undefined,
      deviceId: /^0x([0-9a-f]{4})$/i.exec(textOf(at(gpu, 'asic', 'device_id')) ?? '')?.[1]?.toLowerCase(),
      totalBytes: memory('mem_usage', 'total_vram') ?? memory('vram', 'size'),
      usedBytes: memory('mem_usage', 'used_vram'),
      gttTotalBytes: memory('mem_usage', 'total_gtt'),
      gttUsedBytes: memory('mem_usage', 'used_gtt'),
      celsius: quantity(at(gpu, 'temperature', 'edge'), 'C') ?? quantity(at(gpu, 'temperature', 'hotspot'), 'C'),
      watts: quantity(at(gpu, 'power', 'socket_power'), 'W'),
      busy: busy === undefined || busy < 0 || busy > 100 ? undefined : busy / 100,
    },
    source,
  );
}

/** The indented form: `GPU: 0` at the margin, headings and values below it. */
function tree(text: string): readonly JsonObject[] {
  const gpus: Record<string, unknown>[] = [];
  let heading: Record<string, unknown> | undefined;
  for (const line of lines(text)) {
    const match = /^(\s*)([A-Z][A-Z0-9_ ]*):(?: (.+))?$/.exec(line.trimEnd());
    if (match === null) continue;
    const [, indent = '', key = '', value] = match;
    if (indent === '' && key === 'GPU') {
      heading = undefined;
      gpus.push({ gpu: value });
    } else if (value === undefined && indent.length <= 4) {
      heading = {};
      if (gpus.length > 0) gpus.at(-1)![key.toLowerCase()] = heading;
    } else if (heading !== undefined && value !== undefined) heading[key.toLowerCase()] ??= value;
  }
  return gpus;
}
