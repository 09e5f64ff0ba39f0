/** Graphics hardware on the PCI bus, whatever drivers and tools are there or not. */
import { type Fact, known, unknown } from '../../contract/machine/fact.ts';
import type { Gpu } from '../../contract/machine/facts.ts';
import { parseWith } from '../parse-with.ts';
import { fileTimeoutMs, type MutableFacts, type Probe } from '../probe.ts';
import { bytes, integer } from '../text/numbers.ts';
import { sections } from '../text/sections.ts';
import { type PciGpu, readPciGpus } from './pci-devices.ts';

const folder = '/sys/bus/pci/devices';

export const linuxPci: Probe = {
  name: 'linux-pci',
  title: 'graphics cards on the bus, the drivers bound to them, hybrid graphics',
  reads: [
    `${folder}/*/{class,vendor,device,driver,boot_vga,mem_info_*}`,
    'lspci -nn (only when given to `probe replay`)',
  ],
  platforms: ['linux'],
  timeoutMs: fileTimeoutMs * 2,
  facts: [
    'gpu.on_bus',
    'nvidia.hardware_present',
    'nvidia.nouveau_bound',
    'gpu.hybrid',
    'amd.gpus',
    'intel.gpus',
    'amd.driver',
  ],
  async read(io) {
    if ((await io.existing([folder])).length === 0) return [await io.file(folder)];
    const devices = await io.names(folder);
    const texts = await Promise.all(
      devices.map(async (name) => {
        const path = `${folder}/${name}`;
        const kind = (await io.file(`${path}/class`)).text.trim();
        if (!/^0x03/.test(kind)) return '';
        const value = async (file: string): Promise<string> => {
          const { text, failure } = await io.file(`${path}/${file}`);
          return failure === undefined ? `${file}=${text.trim()}\n` : '';
        };
        const driver = (await io.link(`${path}/driver`))?.split('/').at(-1);
        const place = await io.link(path);
        const memory = [
          'mem_info_vram_total',
          'mem_info_vram_used',
          'mem_info_vis_vram_total',
          'mem_info_gtt_total',
          'mem_info_gtt_used',
          'gpu_busy_percent',
        ];
        const values = await Promise.all(['vendor', 'device', 'boot_vga', 'removable', ...memory].map(value));
        const external = place !== undefined && values.includes('removable=removable\n') ? 'external=1\n' : '';
        return `==> ${path} <==\nclass=${kind}\n${values.join('')}${external}${driver === undefined ? '' : `driver=${driver}\n`}\n`;
      }),
    );
    return [{ source: folder, text: `==> ${folder} <==\n${devices.length} devices\n\n${texts.join('')}` }];
  },
  parse: parseWith(['nvidia.hardware_present'], (text, source) => {
    const gpus = readPciGpus(text);
    const looked =
      gpus.length > 0 || sections(text).some(({ path, text: said }) => path === folder && /^\d+ devices$/.test(said));
    if (!looked) return {};
    const nvidia = gpus.filter(({ vendor }) => vendor === 'nvidia');
    const facts: MutableFacts = {
      'gpu.on_bus': known(gpus.map(onBus), source),
      'nvidia.hardware_present': known(nvidia.length > 0, source),
    };
    // `lspci` without -k or -v says nothing of drivers.
    if (nvidia.length === 0 || nvidia.some(({ driver }) => driver !== undefined) || /^==> /m.test(text)) {
      facts['nvidia.nouveau_bound'] = known(
        nvidia.some(({ driver }) => driver === 'nouveau'),
        source,
      );
    }
    const files = sections(text);
    const of = (vendor: string): readonly Gpu[] =>
      gpus
        .filter((gpu) => gpu.vendor === vendor)
        .map((gpu, index) => pciGpu(gpu, index, files.find(({ path }) => path.endsWith(gpu.pci))?.text ?? '', source));
    if (of('amd').length > 0) facts['amd.gpus'] = known(of('amd'), source);
    if (of('intel').length > 0) facts['intel.gpus'] = known(of('intel'), source);
    const amdDriver = gpus.find(({ vendor, driver }) => vendor === 'amd' && driver !== undefined)?.driver;
    if (amdDriver !== undefined) facts['amd.driver'] = known(amdDriver, source);
    const hybrid = hybridGraphics(gpus);
    if (hybrid !== undefined) facts['gpu.hybrid'] = known(hybrid, source);
    return facts;
  }),
};

function onBus({ pci, vendor, vendorId, deviceId, name, driver, external }: PciGpu) {
  return {
    pci,
    vendor,
    ...(vendorId === undefined || deviceId === undefined ? {} : { device_id: `${vendorId}:${deviceId}` }),
    ...(name === undefined ? {} : { name }),
    ...(driver === undefined ? {} : { driver }),
    ...(external === undefined ? {} : { external }),
  };
}

/** On bus 0 sit the devices of the processor and chipset. */
const integrated = ({ pci, vendor }: PciGpu): boolean => vendor === 'intel' && pci.startsWith('0000:00:');

function hybridGraphics(gpus: readonly PciGpu[]) {
  const inside = gpus.find(integrated) ?? gpus.find(({ vendor, bootVga }) => vendor === 'amd' && bootVga === true);
  const discrete = gpus.find((gpu) => gpu !== inside && gpu.vendor === 'nvidia');
  if (inside === undefined || discrete === undefined) return undefined;
  const label = (gpu: PciGpu): string => gpu.name ?? `${gpu.vendor} ${gpu.pci}`;
  return { integrated: label(inside), discrete: label(discrete), mode: 'unknown' as const };
}

/** What the bus, and for AMD the kernel driver's own files (`body`), tell of a card. */
function pciGpu(gpu: PciGpu, index: number, body: string, source: string): Gpu {
  const file = (name: string): number | undefined => integer(new RegExp(`^${name}=(\\d+)$`, 'm').exec(body)?.[1]);
  const fact = <T>(value: T | undefined, what: string): Fact<T> =>
    value === undefined ? unknown('not-reported', `the bus does not tell ${what}`, source) : known(value, source);
  const total = bytes(file('mem_info_vram_total'), 1);
  const used = bytes(file('mem_info_vram_used'), 1);
  return {
    vendor: gpu.vendor,
    index,
    name: fact(gpu.name, 'its name'),
    pci: known(gpu.pci, source),
    vram_total_bytes: fact(total, 'its memory'),
    vram_used_bytes: fact(used, 'its memory'),
    vram_free_bytes: fact(
      total === undefined || used === undefined || used > total ? undefined : total - used,
      'its memory',
    ),
    ...(file('mem_info_gtt_total') === undefined
      ? {}
      : { gtt_total_bytes: known(file('mem_info_gtt_total')!, source) }),
    ...(file('mem_info_gtt_used') === undefined ? {} : { gtt_used_bytes: known(file('mem_info_gtt_used')!, source) }),
    unified: integrated(gpu) ? known(true, source) : unknown('not-reported', 'the bus does not tell', source),
    display_attached: unknown('not-reported', 'the bus does not tell', source),
    ...(file('gpu_busy_percent') === undefined ? {} : { utilization: known(file('gpu_busy_percent')! / 100, source) }),
    ...(gpu.vendorId === undefined || gpu.deviceId === undefined
      ? {}
      : { device_id: known(`${gpu.vendorId}:${gpu.deviceId}`, source) }),
    ...(file('mem_info_vis_vram_total') === undefined
      ? {}
      : { visible_vram_bytes: known(file('mem_info_vis_vram_total')!, source) }),
    ...(gpu.external === undefined ? {} : { external: known(gpu.external, source) }),
  };
}
