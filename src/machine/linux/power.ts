/** Mains or battery, the lid, sleep states, the power profile. */
import { known } from '../../contract/machine/fact.ts';
import { parseWith } from '../parse-with.ts';
import { fileTimeoutMs, type MutableFacts, type Probe } from '../probe.ts';
import { integer } from '../text/numbers.ts';
import { type Section, section, sections } from '../text/sections.ts';

const supplies = '/sys/class/power_supply';
const files = ['/sys/power/state', '/sys/power/mem_sleep', '/sys/firmware/acpi/platform_profile'];

export const linuxPower: Probe = {
  name: 'linux-power',
  title: 'mains or battery, lid, sleep states, power profile',
  reads: [`${supplies}/*/{type,online,status,capacity,scope}`, ...files, '/proc/acpi/button/lid/*/state'],
  platforms: ['linux'],
  timeoutMs: fileTimeoutMs,
  facts: [
    'power.source',
    'power.battery_level',
    'power.plan',
    'power.saver',
    'power.sleep_states',
    'power.modern_standby',
    'power.lid_closed',
  ],
  async read(io) {
    const names = await io.names(supplies);
    const lids = await io.names('/proc/acpi/button/lid');
    const paths = [
      ...names.flatMap((name) =>
        ['type', 'online', 'status', 'capacity', 'scope'].map((file) => `${supplies}/${name}/${file}`),
      ),
      ...lids.map((name) => `/proc/acpi/button/lid/${name}/state`),
      ...files,
    ];
    const reading = await io.files(supplies, paths);
    // An empty folder is an answer: a desktop or a server.
    return names.length === 0 ? [{ ...reading, text: `==> ${supplies} <==\nnone\n\n${reading.text}` }] : [reading];
  },
  parse: parseWith([], (text, source) => {
    const all = sections(text);
    return { ...supply(all, source), ...profile(all, source) };
  }),
};

function supply(all: readonly Section[], source: string): MutableFacts {
  const of = (name: string, file: string): string | undefined => section(all, `/${name}/${file}`);
  const names = all.flatMap(({ path }) => /\/power_supply\/([^/]+)\/type$/.exec(path)?.[1] ?? []);
  const own = names.filter((name) => of(name, 'scope') !== 'Device'); // a mouse has a battery too
  const mains = own.filter((name) => of(name, 'type') === 'Mains' || of(name, 'type')?.startsWith('USB'));
  const batteries = own.filter((name) => of(name, 'type') === 'Battery');
  const facts: MutableFacts = {};
  const online = mains.some((name) => of(name, 'online') === '1');
  const draining = batteries.some((name) => of(name, 'status') === 'Discharging');
  if (online || section(all, '/power_supply') === 'none') facts['power.source'] = known('ac', source);
  else if (draining) facts['power.source'] = known('battery', source);
  const level = batteries.map((name) => integer(of(name, 'capacity'))).find((value) => value !== undefined);
  if (level !== undefined && level <= 100) facts['power.battery_level'] = known(level / 100, source);
  return facts;
}

function profile(all: readonly Section[], source: string): MutableFacts {
  const facts: MutableFacts = {};
  const plan = section(all, 'platform_profile');
  if (plan !== undefined && plan !== '') {
    facts['power.plan'] = known(plan, source);
    facts['power.saver'] = known(plan === 'low-power' || plan === 'quiet', source);
  }
  const states = section(all, '/sys/power/state')?.split(/\s+/).filter(Boolean);
  const kinds = section(all, 'mem_sleep')?.split(/\s+/).filter(Boolean) ?? [];
  if (states !== undefined)
    facts['power.sleep_states'] = known([...states, ...kinds.map((kind) => kind.replace(/[[\]]/g, ''))], source);
  // The kernel's s2idle is what firmware vendors call Modern Standby, where it is the chosen kind.
  if (kinds.length > 0) facts['power.modern_standby'] = known(kinds.includes('[s2idle]'), source);
  const lid = all.find(({ path }) => path.includes('/button/lid/'))?.text;
  if (lid !== undefined && /\b(open|closed)\b/.test(lid))
    facts['power.lid_closed'] = known(/\bclosed\b/.test(lid), source);
  return facts;
}
