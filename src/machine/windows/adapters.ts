/**
 * Display adapters and monitors. `AdapterRAM` is a 32-bit number that stands at 4293918720 for every
 * card of 4 GiB and more: at that value it says nothing (documentation of Win32_VideoController).
 */
import { known } from '../../contract/machine/fact.ts';
import type { Gpu } from '../../contract/machine/facts.ts';
import { parseWith } from '../parse-with.ts';
import { type MutableFacts, type Probe, toolTimeoutMs } from '../probe.ts';
import { isObject, type JsonObject, objects, parseJson, text as textOf } from '../text/json.ts';
import { record } from '../text/key-values.ts';
import { lines } from '../text/lines.ts';
import { integer } from '../text/numbers.ts';
import { nvidiaVersion, windowsAdapter } from './adapter.ts';
import { powershell } from './powershell.ts';

const label = 'Get-CimInstance Win32_VideoController';
const fields =
  'Name,AdapterRAM,PNPDeviceID,DriverVersion,InfFilename,CurrentHorizontalResolution,CurrentVerticalResolution';
const script = `@{adapters=@(Get-CimInstance Win32_VideoController|Select ${fields});monitors=@(Get-CimInstance -Namespace root/wmi WmiMonitorBasicDisplayParams -ErrorAction SilentlyContinue).Count}|ConvertTo-Json -Depth 4 -Compress`;

export const windowsAdapters: Probe = {
  name: 'windows-adapters',
  title: 'display adapters and monitors',
  reads: [label, 'WmiMonitorBasicDisplayParams'],
  platforms: ['windows'],
  timeoutMs: toolTimeoutMs,
  facts: [
    'windows.adapters',
    'windows.basic_display',
    'nvidia.driver',
    'nvidia.hardware_present',
    'display.count',
    'display.largest_pixels',
    'gpu.hybrid',
  ],
  read: async (io) => [await powershell(io, label, script)],
  parse: parseWith(['windows.adapters'], (text, source) => {
    const report = parseJson(text);
    const monitors = isObject(report) && typeof report.monitors === 'number' ? report.monitors : undefined;
    const listed = fromJson(report) ?? fromPairs(text) ?? fromTable(text);
    if (listed === undefined) return {};
    const facts: MutableFacts = {
      'windows.adapters': known(
        listed.map((each, index) => adapter(each, index, source)),
        source,
      ),
      'windows.basic_display': known(listed.some(isBasic), source),
    };
    const vendors = facts['windows.adapters'] as { value: readonly Gpu[] };
    facts['nvidia.hardware_present'] = known(
      vendors.value.some(({ vendor }) => vendor === 'nvidia'),
      source,
    );
    const driver = listed.flatMap((each, at) =>
      vendors.value[at]!.vendor === 'nvidia' ? (nvidiaVersion(each.DriverVersion) ?? []) : [],
    )[0];
    if (driver !== undefined) facts['nvidia.driver'] = known(driver, source);
    if (monitors !== undefined) facts['display.count'] = known(monitors, source);
    const sizes = listed.flatMap(({ width, height }) =>
      width === undefined || height === undefined ? [] : [width * height],
    );
    if (sizes.length > 0) facts['display.largest_pixels'] = known(Math.max(...sizes), source);
    const hybrid = hybridOf(vendors.value);
    if (hybrid !== undefined) facts['gpu.hybrid'] = known(hybrid, source);
    return facts;
  }),
};

interface Listed {
  readonly Name: string;
  readonly AdapterRAM?: number | undefined;
  readonly PNPDeviceID?: string | undefined;
  readonly DriverVersion?: string | undefined;
  readonly InfFilename?: string | undefined;
  readonly width?: number | undefined;
  readonly height?: number | undefined;
}

function fromJson(report: unknown): readonly Listed[] | undefined {
  const entries = objects(isObject(report) && 'adapters' in report ? report.adapters : report).filter(
    (each) => 'Name' in each,
  );
  return entries.length === 0 ? undefined : entries.flatMap(jsonAdapter);
}

function jsonAdapter(entry: JsonObject): readonly Listed[] {
  const Name = textOf(entry.Name);
  if (Name === undefined) return [];
  const number = (key: string): number | undefined =>
    Number.isSafeInteger(entry[key]) ? (entry[key] as number) : undefined;
  return [
    {
      Name,
      AdapterRAM: number('AdapterRAM'),
      PNPDeviceID: textOf(entry.PNPDeviceID),
      DriverVersion: textOf(entry.DriverVersion),
      InfFilename: textOf(entry.InfFilename),
      width: number('CurrentHorizontalResolution'),
      height: number('CurrentVerticalResolution'),
    },
  ];
}

/** `wmic path win32_videocontroller get /value`: adapters apart by blank lines. */
function fromPairs(text: string): readonly Listed[] | undefined {
  const blocks = text.split(/\n\s*\n/).map((block) => record(block, '='));
  const adapters = blocks.filter((values) => values.Name);
  if (adapters.length === 0) return undefined;
  return adapters.map((values) => ({
    Name: values.Name!,
    AdapterRAM: integer(values.AdapterRAM),
    PNPDeviceID: values.PNPDeviceID?.replaceAll('&amp;', '&'),
    DriverVersion: values.DriverVersion,
    InfFilename: values.InfFilename,
    width: integer(values.CurrentHorizontalResolution),
    height: integer(values.CurrentVerticalResolution),
  }));
}

/** `wmic path win32_videocontroller get AdapterRAM,Name,...`: columns under their headings. */
function fromTable(text: string): readonly Listed[] | undefined {
  const [head = '', ...rows] = lines(text).filter((line) => line.trim() !== '');
  const start = head.indexOf('Name');
  if (start < 0 || !/\bAdapterRAM\b/.test(head)) return undefined;
  const end = head.slice(start).search(/\s\S/);
  const column = (row: string, name: string): string | undefined => {
    const from = head.search(new RegExp(`\\b${name}\\b`));
    const next = from < 0 ? -1 : head.slice(from).search(/\s\S/);
    return from < 0 ? undefined : row.slice(from, next < 0 ? undefined : from + next + 1).trim();
  };
  // Columns that do not stand under their heading: what is cut out of them would be half a word.
  if (rows.some((row) => start > 0 && row[start - 1] !== ' ')) return undefined;
  return rows.flatMap((row): Listed[] => {
    const Name = row.slice(start, end < 0 ? undefined : start + end + 1).trim();
    return Name === '' || Name === 'Name'
      ? []
      : [{ Name, AdapterRAM: integer(column(row, 'AdapterRAM')), PNPDeviceID: column(row, 'PNPDeviceID') }];
  });
}

/** Where the 32-bit number ends, less the megabyte Windows rounds away. */
const cappedBytes = 0xfff0_0000;

function adapter({ Name, AdapterRAM, PNPDeviceID, width }: Listed, index: number, source: string): Gpu {
  const told = windowsAdapter(
    { name: Name, pnpId: PNPDeviceID, shows: width === undefined ? undefined : true },
    index,
    source,
  );
  // What an integrated GPU may borrow is no memory of its own.
  const own = AdapterRAM !== undefined && AdapterRAM > 0 && AdapterRAM < cappedBytes && told.vendor !== 'intel';
  return own ? { ...told, vram_total_bytes: known(AdapterRAM, source) } : told;
}

/** Windows' own driver, used when the maker's is missing. The name is translated, the file is not. */
const isBasic = ({ Name, InfFilename }: Listed): boolean =>
  InfFilename?.toLowerCase() === 'display.inf' || Name === 'Microsoft Basic Display Adapter';

function hybridOf(adapters: readonly Gpu[]) {
  const name = (gpu: Gpu): string => (gpu.name.known ? gpu.name.value : '');
  const inside = adapters.find((gpu) => gpu.unified.known && gpu.unified.value);
  const card = adapters.find((gpu) => gpu.vendor === 'nvidia');
  return inside === undefined || card === undefined
    ? undefined
    : { integrated: name(inside), discrete: name(card), mode: 'unknown' as const };
}
