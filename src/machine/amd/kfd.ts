/**
 * AMD's compute driver in the kernel, without any ROCm tool: which targets are there, and may this
 * user use them? Files: the kernel's kfd topology.
 */
import { known } from '../../contract/machine/fact.ts';
import { parseWith } from '../parse-with.ts';
import { fileTimeoutMs, type MutableFacts, type Probe } from '../probe.ts';
import { record } from '../text/key-values.ts';
import { integer } from '../text/numbers.ts';
import { section, sections } from '../text/sections.ts';
import { amdGpu } from './amd-gpu.ts';
import { gfxName } from './targets.ts';

const device = '/dev/kfd';
const nodes = '/sys/class/kfd/kfd/topology/nodes';

export const amdKfd: Probe = {
  name: 'amd-kfd',
  title: "AMD's compute driver, targets, access",
  reads: [device, `${nodes}/*/{name,properties}`, '/opt/rocm/.info/version'],
  platforms: ['linux'],
  timeoutMs: fileTimeoutMs,
  facts: ['amd.kfd_present', 'amd.kfd_readable', 'amd.gpus', 'amd.rocm_version'],
  async read(io) {
    const present = (await io.existing([device])).length > 0;
    const usable = present && (await io.usable(device));
    const paths = (await io.names(nodes)).flatMap((node) => [`${nodes}/${node}/name`, `${nodes}/${node}/properties`]);
    const version = await io.files('/opt/rocm/.info/version', ['/opt/rocm/.info/version']);
    const own = `==> ${device} <==\npresent=${present ? 'yes' : 'no'}\nusable=${usable ? 'yes' : 'no'}\n\n`;
    return [
      { source: nodes, text: own + (await io.files(nodes, paths)).text },
      ...(version.failure === undefined ? [version] : []),
    ];
  },
  parse: parseWith([], (text, source) => {
    const all = sections(text);
    const facts: MutableFacts = {};
    const state = record(section(all, device) ?? '', '=');
    if (state.present !== undefined) facts['amd.kfd_present'] = known(state.present === 'yes', device);
    if (state.present === 'yes') facts['amd.kfd_readable'] = known(state.usable === 'yes', device);
    const gpus = all.filter(
      ({ path, text: body }) => (path === '' || path.endsWith('/properties')) && /^simd_count [1-9]/m.test(body),
    );
    if (gpus.length > 0) {
      facts['amd.gpus'] = known(
        gpus.map(({ text: body }, index) => nodeGpu(body, index, source)),
        source,
      );
    }
    const version = /^(\d+\.\d+(?:\.\d+)?)/.exec(section(all, '.info/version') ?? '')?.[1];
    if (version !== undefined) facts['amd.rocm_version'] = known(version, source);
    return facts;
  }),
};

function nodeGpu(properties: string, index: number, source: string) {
  const value = (name: string): number | undefined =>
    integer(new RegExp(`^${name} (\\d+)$`, 'm').exec(properties)?.[1]);
  const target = value('gfx_target_version');
  const place = value('location_id');
  const domain = value('domain') ?? 0;
  return amdGpu(
    {
      index,
      gfx: target === undefined ? undefined : gfxName(target),
      pci: place === undefined ? undefined : pciOf(domain, place),
      deviceId: value('device_id')?.toString(16).padStart(4, '0'),
    },
    source,
  );
}

/** bus << 8 | device << 3 | function */
function pciOf(domain: number, place: number): string {
  const hex = (number: number, digits: number): string => number.toString(16).padStart(digits, '0');
  return `${hex(domain & 0xffff, 4)}:${hex((place >> 8) & 0xff, 2)}:${hex((place >> 3) & 0x1f, 2)}.${place & 7}`;
}
