/**
 * The machine as its firmware names itself: virtual or not, whose cloud. Azure's machines are Hyper-V
 * guests like any other: only the asset tag tells. Values: cloud-init's tests of its data sources.
 */
import { known } from '../../contract/machine/fact.ts';
import type { Virtualisation } from '../../contract/machine/facts.ts';
import { parseWith } from '../parse-with.ts';
import { fileTimeoutMs, type MutableFacts, type Probe } from '../probe.ts';
import { record } from '../text/key-values.ts';
import { section, sections } from '../text/sections.ts';

const folder = '/sys/class/dmi/id';
const names = ['sys_vendor', 'product_name', 'product_version', 'bios_vendor', 'chassis_asset_tag', 'board_vendor'];

interface Identity {
  readonly vendor: string;
  readonly product: string;
  readonly bios: string;
  readonly assetTag: string;
  readonly serial: string;
}

const clouds: readonly (readonly [string, (id: Identity) => boolean])[] = [
  ['aws', (id) => /^Amazon EC2/i.test(id.vendor) || /^Amazon EC2/i.test(id.bios) || /^ec2/i.test(id.serial)],
  ['gcp', (id) => id.product === 'Google Compute Engine'],
  ['azure', (id) => id.assetTag === '7783-7084-3265-9085-8269-3286-77'],
  ['alibaba', (id) => id.product === 'Alibaba Cloud ECS'],
  ['openstack', (id) => /^OpenStack (Nova|Compute)/.test(id.product)],
  ['opentelekomcloud', (id) => id.assetTag === 'OpenTelekomCloud'],
  ['huawei', (id) => id.assetTag === 'HUAWEICLOUD'],
  ['hetzner', (id) => id.vendor === 'Hetzner'],
];

const hypervisors: readonly (readonly [Virtualisation, (id: Identity) => boolean])[] = [
  ['vmware', (id) => /^VMware/.test(id.vendor)],
  ['hyperv', (id) => id.vendor === 'Microsoft Corporation' && id.product === 'Virtual Machine'],
  ['virtualbox', (id) => id.product === 'VirtualBox' || id.vendor === 'innotek GmbH'],
  ['parallels', (id) => /^Parallels/.test(id.vendor)],
  ['xen', (id) => id.vendor === 'Xen' || /^HVM domU/.test(id.product)],
  [
    'kvm',
    (id) =>
      /^(QEMU|KVM|Red Hat|Google|Alibaba Cloud|OpenStack|Hetzner|DigitalOcean)/.test(id.vendor) ||
      /^(KVM|Standard PC|Google Compute Engine|Alibaba Cloud ECS|OpenStack)/.test(id.product) ||
      /^Amazon EC2/i.test(id.vendor),
  ],
];

export const linuxDmi: Probe = {
  name: 'linux-dmi',
  title: 'virtual machine, cloud',
  reads: [`${folder}/{${names.join(',')}}`, 'dmidecode (only when given to `probe replay`)'],
  platforms: ['linux'],
  timeoutMs: fileTimeoutMs,
  facts: ['os.virtualisation', 'os.cloud'],
  read: async (io) => [await io.files(folder, [...names.map((name) => `${folder}/${name}`), '/sys/hypervisor/uuid'])],
  parse: parseWith(['os.virtualisation', 'os.cloud'], (text, source) => {
    const id = identity(text);
    if (id === undefined) return {};
    const facts: MutableFacts = {};
    const cloud = clouds.find(([, is]) => is(id))?.[0];
    const virtual = hypervisors.find(([, is]) => is(id))?.[0];
    // A vendor and a product that no hypervisor uses are hardware; one of them alone says little.
    const whole = id.vendor !== '' && id.product !== '';
    if (cloud !== undefined || whole) facts['os.cloud'] = known(cloud ?? 'none', source);
    if (virtual !== undefined || (whole && cloud === undefined)) {
      facts['os.virtualisation'] = known(virtual ?? 'none', source);
    }
    return facts;
  }),
};

function identity(text: string): Identity | undefined {
  const all = sections(text);
  if (all.some(({ path }) => path !== '')) {
    const file = (name: string): string => section(all, `/${name}`) ?? '';
    return {
      vendor: file('sys_vendor'),
      product: file('product_name'),
      bios: file('bios_vendor'),
      assetTag: file('chassis_asset_tag'),
      serial: file('product_serial') || file('product_uuid') || file('hypervisor/uuid'),
    };
  }
  // `dmidecode`: handles, each a heading and indented lines.
  const block = (heading: string): string =>
    new RegExp(`^${heading}\\r?\\n((?:[ \\t]+[^\\n]*\\n?)*)`, 'm').exec(text)?.[1] ?? '';
  const system = record(block('System Information'));
  const manufacturer = system.Manufacturer;
  if (manufacturer === undefined) return undefined;
  return {
    vendor: manufacturer,
    product: system['Product Name'] ?? '',
    bios: record(block('BIOS Information')).Vendor ?? '',
    assetTag: record(block('Chassis Information'))['Asset Tag'] ?? '',
    serial: system['Serial Number'] ?? '',
  };
}
