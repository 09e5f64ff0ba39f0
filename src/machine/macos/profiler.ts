/**
 * `system_profiler`: the Mac's name, its GPU's cores, its displays. Keys of its JSON are not
 * translated, values of `_name` may be (`kHW_AppleM1Item`); the text form is read for reports that
 * people paste.
 */
import { known } from '../../contract/machine/fact.ts';
import { parseWith } from '../parse-with.ts';
import { type MutableFacts, type Probe, toolTimeoutMs } from '../probe.ts';
import { isObject, objects, parseJson, text as textOf } from '../text/json.ts';
import { integer } from '../text/numbers.ts';
import { fanlessByName } from './models.ts';
import { profilerText } from './profiler-text.ts';

export const macosProfiler: Probe = {
  name: 'macos-profiler',
  title: "the Mac's name, GPU cores, displays",
  reads: ['system_profiler -json SPHardwareDataType SPDisplaysDataType'],
  platforms: ['macos'],
  timeoutMs: toolTimeoutMs,
  facts: [
    'apple.chip',
    'apple.model',
    'apple.gpu_cores',
    'display.count',
    'display.largest_pixels',
    'thermal.fanless',
    'intel.gpus',
    'amd.gpus',
    'gpu.hybrid',
  ],
  read: async (io) => [await io.run('system_profiler', ['-json', 'SPHardwareDataType', 'SPDisplaysDataType'])],
  parse: parseWith([], (text, source) => {
    if (!/^\s*\{/.test(text)) return profilerText(text, source);
    const report = parseJson(text);
    if (!isObject(report)) return {};
    return {
      ...displays(objects(report.SPDisplaysDataType), source),
      ...hardware(objects(report.SPHardwareDataType), source),
    };
  }),
};

function hardware(list: ReturnType<typeof objects>, source: string): MutableFacts {
  const [first] = list;
  const facts: MutableFacts = {};
  const model = textOf(first?.machine_model);
  const chip = textOf(first?.chip_type);
  const name = textOf(first?.machine_name);
  if (model !== undefined) facts['apple.model'] = known(model, source);
  if (chip?.startsWith('Apple ')) facts['apple.chip'] = known(chip, source);
  const quiet = name === undefined || chip === undefined ? undefined : fanlessByName(name, chip);
  if (quiet !== undefined) facts['thermal.fanless'] = known(quiet, source);
  return facts;
}

function displays(gpus: ReturnType<typeof objects>, source: string): MutableFacts {
  if (gpus.length === 0) return {};
  const facts: MutableFacts = {};
  const [apple] = gpus.filter((gpu) => textOf(gpu.sppci_model)?.startsWith('Apple '));
  if (apple !== undefined) facts['apple.chip'] = known(textOf(apple.sppci_model)!, source);
  const cores = integer(textOf(apple?.sppci_cores));
  if (cores !== undefined) facts['apple.gpu_cores'] = known(cores, source);
  const online = gpus
    .flatMap((gpu) => objects(gpu.spdisplays_ndrvs ?? []))
    .filter((display) => display.spdisplays_online !== 'spdisplays_no');
  facts['display.count'] = known(online.length, source);
  const pixels = online.flatMap((display) => {
    const size = /^(\d{3,5}) x (\d{3,5})$/.exec(textOf(display._spdisplays_pixels) ?? '');
    return size === null ? [] : [Number(size[1]) * Number(size[2])];
  });
  if (pixels.length > 0) facts['display.largest_pixels'] = known(Math.max(...pixels), source);
  return facts;
}
