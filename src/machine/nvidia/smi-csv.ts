/** `nvidia-smi --query-gpu=... --format=csv` and `-L` and `--version`: one line a thing. */
import { keyValues } from '../text/key-values.ts';
import { lines } from '../text/lines.ts';
import { currentName, type SmiCells, type SmiMig, type SmiReport } from './smi-report.ts';

/** With its header line, units in brackets: `memory.total [MiB]`. */
export function readSmiCsv(text: string): SmiReport {
  // `--query-gpu` with every field there is has lines of 6 kB.
  const [head = '', ...rows] = lines(text, 20_000).filter((line) => line.trim() !== '');
  const names = head.split(',').map((name) => currentName(name.split('[')[0]!.trim()));
  // Every run that was appended to one file brings its heading along.
  const values = rows.filter((line) => line.trim() !== head.trim());
  const gpus = values.flatMap((line, at): SmiCells[] => {
    const cells = line.split(',');
    // A decimal comma or a cut line: whose cell is whose is no longer known.
    if (cells.length !== names.length) return [];
    const row = Object.fromEntries(names.map((name, column) => [name, cells[column]!.trim()]));
    return [{ index: String(at), ...row }];
  });
  const driver = gpus[0]?.kmd_version ?? gpus[0]?.driver_version;
  return { ...(driver === undefined ? {} : { driver }), gpus, mig: [] };
}

/** Of `--query-compute-apps`: which GPUs are used by somebody. */
export function readSmiApps(text: string): SmiReport {
  const { gpus } = readSmiCsv(text);
  const seen = new Map<string, SmiCells>();
  for (const { gpu_name: name = '', gpu_bus_id: bus = '', gpu_uuid: uuid = '' } of gpus) {
    if (!seen.has(uuid)) seen.set(uuid, { index: String(seen.size), name, 'pci.bus_id': bus, uuid });
  }
  return { gpus: [...seen.values()], mig: [] };
}

export function readSmiList(text: string): SmiReport {
  const gpus: SmiCells[] = [];
  const mig: SmiMig[] = [];
  for (const line of lines(text)) {
    const gpu = /^GPU (\d+): (.+) \(UUID: (GPU-[0-9a-fA-F-]+)\)/.exec(line);
    if (gpu !== null) gpus.push({ index: gpu[1]!, name: gpu[2]!, uuid: gpu[3]! });
    const part = /^\s+MIG (\S+)\s+Device\s+(\d+): \(UUID: (MIG-[0-9a-zA-Z/-]+)\)/.exec(line);
    const parent = gpus.at(-1);
    if (part !== null && parent !== undefined) {
      mig.push({ gpu: Number(parent.index), index: Number(part[2]), name: part[1]!, uuid: part[3]! });
    }
  }
  return { gpus, mig };
}

/** From driver 610 on the usual lines say `Deprecated, see "KMD version" instead`. */
export function readSmiVersion(text: string): SmiReport {
  const printed = keyValues(text);
  const first = (...keys: string[]): string | undefined =>
    printed.find(({ key, value }) => keys.includes(key.toUpperCase()) && /^\d+(\.\d+)+$/.test(value))?.value;
  const driver = first('KMD VERSION', 'DRIVER VERSION');
  const cuda = first('CUDA UMD VERSION', 'CUDA VERSION');
  const tool = first('NVIDIA-SMI VERSION');
  return {
    ...(driver === undefined ? {} : { driver }),
    ...(cuda === undefined ? {} : { cuda }),
    ...(tool === undefined ? {} : { tool }),
    gpus: [],
    mig: [],
  };
}

/** Field names `--help-query-gpu` lists: `"name" or "gpu_name"` gives both. */
export function readSmiFields(text: string): ReadonlySet<string> {
  const fields = lines(text).filter((line) => /^"[\w.]+"( or "[\w.]+")*\s*$/.test(line));
  return new Set(fields.flatMap((line) => [...line.matchAll(/"([\w.]+)"/g)].map(([, name]) => name!)));
}
