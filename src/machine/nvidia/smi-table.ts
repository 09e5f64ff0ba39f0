/** The table plain `nvidia-smi` prints: the form people paste, and the only one old drivers put CUDA's version in. */
import { lines } from '../text/lines.ts';
import type { SmiCells, SmiMig, SmiReport } from './smi-report.ts';

const firstLine =
  /^\|\s+(\d+)\s+(\S.*?)\s+(On|Off|WDDM|TCC|MCDM|N\/A)\s*\|\s*([0-9A-Fa-f:]+\.[0-7])\s+(On|Off|N\/A)\s*\|/;
const secondLine =
  /^\|\s*(?:N\/A|ERR!|\d+%)\s+(N\/A|ERR!|\d+C)\s+\S+\s+(N\/A|ERR!|\d+W)\s*\/\s*\S+\s*\|\s*(\d+MiB|N\/A)\s*\/\s*(\d+MiB|N\/A)\s*\|(?:\s*(N\/A|ERR!|\d+%)\s)?/;
const thirdLine = /^\|[^|]*\|[^|]*\|\s*(Enabled|Disabled|N\/A)\*?\s*\|/;
const migLine = /^\|\s+(\d+)\s+(\d+)\s+\d+\s+(\d+)\s*\|\s*\d+MiB\s*\/\s*(\d+MiB)\s*\|/;

export function readSmiTable(text: string): SmiReport {
  const head = (name: string): string | undefined => new RegExp(`\\b${name} Version:\\s*(\\S+)`).exec(text)?.[1];
  const driver = head('KMD') ?? head('Driver');
  const cuda = head('CUDA UMD') ?? head('CUDA');
  const tool = /\bNVIDIA-SMI (\d[\d.]*)/.exec(text)?.[1];
  const windowsColumn = /TCC\/WDDM|Driver-Model/.test(text);
  const gpus: Record<string, string>[] = [];
  const mig: SmiMig[] = [];
  for (const line of lines(text)) {
    const first = firstLine.exec(line);
    const second = secondLine.exec(line);
    const third = thirdLine.exec(line);
    const part = migLine.exec(line);
    const gpu = gpus.at(-1);
    if (first !== null) gpus.push(firstCells(first, windowsColumn));
    else if (second !== null && gpu !== undefined) Object.assign(gpu, secondCells(second));
    else if (part !== null) {
      mig.push({ gpu: Number(part[1]), index: Number(part[3]), instance: part[2]!, total: spaced(part[4]!) });
    } else if (third !== null && gpu !== undefined) gpu['mig.mode.current'] ??= third[1]!;
  }
  return {
    ...(driver === undefined ? {} : { driver }),
    ...(cuda === undefined ? {} : { cuda }),
    ...(tool === undefined ? {} : { tool }),
    gpus: gpus as SmiCells[],
    mig,
  };
}

function firstCells(match: RegExpExecArray, windowsColumn: boolean): Record<string, string> {
  const [, index, name, mode, bus, active] = match as unknown as string[];
  return {
    index: index!,
    // Names are cut to what the column holds.
    ...(name!.endsWith('...') ? {} : { name: name! }),
    [windowsColumn ? 'driver_model.current' : 'persistence_mode']: mode!,
    'pci.bus_id': bus!,
    display_active: active!,
  };
}

function secondCells(match: RegExpExecArray): Record<string, string> {
  const [, temperature, power, used, total, utilization] = match as unknown as string[];
  return {
    'temperature.gpu': temperature!.replace(/C$/, ' C'),
    'power.draw': power!.replace(/W$/, ' W'),
    'memory.used': spaced(used!),
    'memory.total': spaced(total!),
    // Missing where a paste was cut.
    ...(utilization === undefined ? {} : { 'utilization.gpu': utilization.replace(/%$/, ' %') }),
  };
}

const spaced = (memory: string): string => memory.replace(/MiB$/, ' MiB');
