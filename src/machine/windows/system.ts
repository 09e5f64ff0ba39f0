/** Windows itself: version, memory, processor, battery, virtual machine. */
import { known } from '../../contract/machine/fact.ts';
import type { Virtualisation } from '../../contract/machine/facts.ts';
import { parseWith } from '../parse-with.ts';
import { type MutableFacts, type Probe, toolTimeoutMs } from '../probe.ts';
import { isObject, objects, parseJson, text as textOf } from '../text/json.ts';
import { kibi, mebi } from '../text/numbers.ts';
import { powershell } from './powershell.ts';

const label =
  'Get-CimInstance Win32_OperatingSystem, Win32_ComputerSystem, Win32_Processor, Win32_Battery, Win32_PageFileUsage';
const script = `@{
os=Get-CimInstance Win32_OperatingSystem|Select Version,TotalVisibleMemorySize,FreePhysicalMemory;
computer=Get-CimInstance Win32_ComputerSystem|Select Manufacturer,Model;
processor=@(Get-CimInstance Win32_Processor|Select Name,NumberOfCores,NumberOfLogicalProcessors);
battery=@(Get-CimInstance Win32_Battery|Select BatteryStatus,EstimatedChargeRemaining);
swap=@(Get-CimInstance Win32_PageFileUsage|Select AllocatedBaseSize,CurrentUsage);
admin=([Security.Principal.WindowsPrincipal][Security.Principal.WindowsIdentity]::GetCurrent()).IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)
}|ConvertTo-Json -Depth 4 -Compress`.replaceAll('\n', '');

export const windowsSystem: Probe = {
  name: 'windows-system',
  title: 'Windows version, memory, processor, battery',
  reads: [label],
  platforms: ['windows'],
  timeoutMs: toolTimeoutMs,
  facts: [
    'os.distribution',
    'os.version',
    'os.virtualisation',
    'os.is_root',
    'memory.total_bytes',
    'memory.available_bytes',
    'memory.swap_total_bytes',
    'memory.swap_used_bytes',
    'cpu.name',
    'cpu.physical_cores',
    'cpu.logical_cores',
    'power.source',
    'power.battery_present',
    'power.battery_level',
  ],
  read: async (io) => [await powershell(io, label, script)],
  parse: parseWith(['os.version'], (text, source) => {
    const report = parseJson(text);
    if (!isObject(report) || !isObject(report.os)) return {};
    const facts: MutableFacts = { 'os.distribution': known('windows', source) };
    const version = textOf(report.os.Version);
    if (version !== undefined && /^\d+(\.\d+)+$/.test(version)) facts['os.version'] = known(version, source);
    const total = count(report.os.TotalVisibleMemorySize);
    const free = count(report.os.FreePhysicalMemory);
    if (total !== undefined) facts['memory.total_bytes'] = known(total * kibi, source);
    if (free !== undefined) facts['memory.available_bytes'] = known(free * kibi, source);
    if (typeof report.admin === 'boolean') facts['os.is_root'] = known(report.admin, source);
    return {
      ...facts,
      ...computer(report.computer, source),
      ...processor(report.processor, source),
      ...battery(report.battery, source),
      ...swap(report.swap, source),
    };
  }),
};

/** CIM prints 64-bit numbers as JSON numbers or as text. */
function count(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

function computer(value: unknown, source: string): MutableFacts {
  if (!isObject(value)) return {};
  const [vendor, model] = [textOf(value.Manufacturer) ?? '', textOf(value.Model) ?? ''];
  if (vendor === '' || model === '') return {};
  const kinds: readonly (readonly [RegExp, Virtualisation])[] = [
    [/^Microsoft Corporation Virtual Machine$/, 'hyperv'],
    [/^VMware/, 'vmware'],
    [/VirtualBox/, 'virtualbox'],
    [/^(QEMU|Red Hat)|\bKVM\b|^Google Google Compute Engine/, 'kvm'],
    [/^Xen\b|HVM domU/, 'xen'],
    [/^Parallels/, 'parallels'],
  ];
  return {
    'os.virtualisation': known(kinds.find(([pattern]) => pattern.test(`${vendor} ${model}`))?.[1] ?? 'none', source),
  };
}

function processor(value: unknown, source: string): MutableFacts {
  const sockets = objects(value);
  const [first] = sockets;
  const facts: MutableFacts = {};
  if (first === undefined) return facts;
  const name = textOf(first.Name);
  const sum = (key: string): number | undefined => {
    const counts = sockets.map((socket) => count(socket[key]));
    return counts.some((each) => each === undefined) ? undefined : counts.reduce<number>((all, each) => all + each!, 0);
  };
  const [cores, logical] = [sum('NumberOfCores'), sum('NumberOfLogicalProcessors')];
  if (name !== undefined) facts['cpu.name'] = known(name, source);
  if (cores !== undefined) facts['cpu.physical_cores'] = known(cores, source);
  if (logical !== undefined) facts['cpu.logical_cores'] = known(logical, source);
  return facts;
}

/** Status 1 is discharging; the others (charging, full, on mains) are on mains. Win32_Battery documentation. */
function battery(value: unknown, source: string): MutableFacts {
  if (!Array.isArray(value)) return {};
  const [first] = objects(value);
  const facts: MutableFacts = { 'power.battery_present': known(first !== undefined, source) };
  const status = count(first?.BatteryStatus);
  if (first === undefined) facts['power.source'] = known('ac', source);
  else if (status !== undefined) facts['power.source'] = known([1, 4, 5].includes(status) ? 'battery' : 'ac', source);
  const level = count(first?.EstimatedChargeRemaining);
  if (level !== undefined && level <= 100) facts['power.battery_level'] = known(level / 100, source);
  return facts;
}

function swap(value: unknown, source: string): MutableFacts {
  if (!Array.isArray(value)) return {};
  const files = objects(value).map((file) => [count(file.AllocatedBaseSize), count(file.CurrentUsage)] as const);
  if (files.some(([size, used]) => size === undefined || used === undefined)) return {};
  const sum = (at: 0 | 1): number => files.reduce((all, file) => all + file[at]!, 0);
  return {
    'memory.swap_total_bytes': known(sum(0) * mebi, source),
    'memory.swap_used_bytes': known(sum(1) * mebi, source),
  };
}
