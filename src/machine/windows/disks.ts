/** Volumes of Windows, what they are on, and the one with the models. */
import { type Fact, known, unknown } from '../../contract/machine/fact.ts';
import type { Disk } from '../../contract/machine/facts.ts';
import { parseWith } from '../parse-with.ts';
import { type MutableFacts, type Probe, toolTimeoutMs } from '../probe.ts';
import { isObject, type JsonObject, objects, parseJson, text as textOf } from '../text/json.ts';
import { powershell } from './powershell.ts';

const label = 'Get-CimInstance Win32_LogicalDisk, Get-Partition, Get-PhysicalDisk';
const script = `@{volumes=@(Get-CimInstance Win32_LogicalDisk|Select DeviceID,FileSystem,FreeSpace,Size,DriveType);
partitions=@(Get-Partition -ErrorAction SilentlyContinue|Where DriveLetter|Select @{n='letter';e={[string]$_.DriveLetter}},DiskNumber);
disks=@(Get-PhysicalDisk -ErrorAction SilentlyContinue|Select DeviceId,@{n='media';e={[int]$_.MediaType}},@{n='bus';e={[int]$_.BusType}})
}|ConvertTo-Json -Depth 4 -Compress`.replaceAll('\n', '');

export const windowsDisks: Probe = {
  name: 'windows-disks',
  title: 'volumes, free space, file system of the models',
  reads: [label],
  platforms: ['windows'],
  timeoutMs: toolTimeoutMs,
  facts: ['disk.all', 'disk.models'],
  async read(io) {
    const reading = await powershell(io, label, script);
    const letter = /^([A-Za-z]):/.exec(io.modelsPath)?.[1]?.toUpperCase();
    return letter === undefined
      ? [reading]
      : [reading, { source: label, text: `models on ${letter}:\n${reading.text}` }];
  },
  parse: parseWith(['disk.all'], (text, source) => {
    const report = parseJson(text);
    if (!isObject(report) || !Array.isArray(report.volumes)) return {};
    const all = objects(report.volumes).flatMap((volume) => disk(volume, report, source));
    const facts: MutableFacts = { 'disk.all': known(all, source) };
    const letter = /^models on ([A-Z]):/.exec(text)?.[1];
    const models = all.find(({ mount }) => mount === `${letter}:`);
    if (models !== undefined) facts['disk.models'] = known(models, source);
    return facts;
  }),
};

function disk(volume: JsonObject, report: JsonObject, source: string): readonly Disk[] {
  const mount = textOf(volume.DeviceID);
  const filesystem = textOf(volume.FileSystem);
  if (mount === undefined || filesystem === undefined) return [];
  const size = (value: unknown): Fact<number> => {
    const number = Number(value);
    return value !== null && Number.isSafeInteger(number) && number >= 0
      ? known(number, source)
      : unknown('not-reported', 'no size', source);
  };
  return [
    {
      mount,
      filesystem,
      kind: kindOf(volume, report, mount, source),
      free_bytes: size(volume.FreeSpace),
      total_bytes: size(volume.Size),
    },
  ];
}

/** DriveType 4: network. MediaType 3: rotating, 4: SSD. BusType 17: NVMe. Microsoft's documentation of MSFT_PhysicalDisk. */
function kindOf(volume: JsonObject, report: JsonObject, mount: string, source: string): Disk['kind'] {
  if (volume.DriveType === 4) return known('network', source);
  const partition = objects(report.partitions).find(({ letter }) => `${letter}:` === mount);
  const physical = objects(report.disks).find(
    ({ DeviceId }) => partition !== undefined && String(DeviceId) === String(partition.DiskNumber),
  );
  if (physical?.bus === 17) return known('nvme', source);
  if (physical?.media === 4) return known('ssd', source);
  if (physical?.media === 3) return known('rotational', source);
  return unknown('not-reported', 'Windows does not tell what it is on', source);
}
