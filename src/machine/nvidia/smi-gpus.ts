/** The outputs of one nvidia-smi put together: each GPU once, each of its facts from the first that has it. */
import { type Fact, known, unknown } from '../../contract/machine/fact.ts';
import type { Gpu, MigDevice } from '../../contract/machine/facts.ts';
import { mostGpus } from '../most-gpus.ts';
import { pciAddress } from '../pci.ts';
import { integer, mebi } from '../text/numbers.ts';
import { cellNumber, cellSwitch, cellText } from './smi-cell.ts';
import { type SmiCells, type SmiMig, type SmiReport, slowdowns } from './smi-report.ts';

export type SourcedReport = SmiReport & { readonly source: string };

/** GPUs in the order of the tool's own numbers. */
export function mergeSmiGpus(reports: readonly SourcedReport[]): readonly Gpu[] {
  const indices = new Set(reports.flatMap(({ gpus }) => gpus.map((gpu) => gpu.index ?? '')));
  return [...indices]
    .filter((index) => /^\d{1,4}$/.test(index))
    .sort((a, b) => Number(a) - Number(b))
    .slice(0, mostGpus)
    .map((index) => {
      const gpus = reports.flatMap((report) => {
        const cells = report.gpus.find((each) => each.index === index);
        return cells === undefined ? [] : [smiGpu(cells, report)];
      });
      const mig = mergeMig(reports, Number(index));
      const gpu = gpus.slice(1).reduce(withMissing, gpus[0]!);
      return mig.length === 0 ? gpu : { ...gpu, mig };
    });
}

/** What `gpu` does not know, from `other`. */
export function withMissing(gpu: Gpu, other: Gpu): Gpu {
  const merged: Record<string, unknown> = { ...gpu };
  for (const [name, fact] of Object.entries(other)) {
    const own = merged[name];
    const unknownHere = own === undefined || (isFact(own) && !own.known);
    const better = isFact(fact) ? fact.known || own === undefined : own === undefined;
    if (unknownHere && better) merged[name] = fact;
  }
  // Field by field the same type as both.
  return merged as unknown as Gpu;
}

const isFact = (value: unknown): value is Fact<unknown> =>
  typeof value === 'object' && value !== null && 'known' in value;

function smiGpu(cells: SmiCells, report: SourcedReport): Gpu {
  const { source } = report;
  const number = (name: string, unit: string, scale = 1): Fact<number> => cellNumber(cells[name], unit, scale, source);
  const pci = cellText(cells['pci.bus_id'], source);
  const total = number('memory.total', 'MiB', mebi);
  return {
    vendor: 'nvidia',
    index: Number(cells.index),
    name: realName(cellText(cells.name, source), source),
    pci: pci.known ? normalised(pciAddress(pci.value), pci, source) : pci,
    uuid: cellText(cells.uuid, source),
    vram_total_bytes: total,
    vram_used_bytes: number('memory.used', 'MiB', mebi),
    vram_free_bytes: number('memory.free', 'MiB', mebi),
    unified: total.known ? known(false, source) : unknown('not-reported', 'no memory of its own is reported', source),
    ...(cells.compute_cap === undefined ? {} : { compute_capability: capability(cells.compute_cap, source) }),
    ...(cells.architecture === undefined ? {} : { architecture: cellText(cells.architecture, source) }),
    display_attached: cellSwitch(cells.display_active, source),
    temperature_celsius: number('temperature.gpu', 'C'),
    power_watts: number('power.draw', 'W'),
    utilization: utilization(cells, source),
    throttling: throttling(cells, source),
    persistence_mode: persistence(cells, report),
    mig_enabled: cellSwitch(cells['mig.mode.current'], source),
  };
}

function normalised(value: string | undefined, printed: Fact<string>, source: string): Fact<string> {
  if (value !== undefined) return known(value, source);
  return printed.known ? unknown('unreadable', 'not a PCI address', source) : printed;
}

/** A card newer than its driver is only called this. */
function realName(name: Fact<string>, source: string): Fact<string> {
  return name.known && name.value === 'Graphics Device'
    ? unknown('not-reported', 'the driver is older than the card and does not know its name', source)
    : name;
}

function capability(cell: string, source: string): Fact<string> {
  const text = cellText(cell, source);
  return !text.known || /^\d{1,2}\.\d$/.test(text.value) ? text : unknown('unreadable', 'not a version', source);
}

function utilization(cells: SmiCells, source: string): Fact<number> {
  const percent = cellNumber(cells['utilization.gpu'], '%', 1, source);
  if (!percent.known) return percent;
  return percent.value <= 100 ? known(percent.value / 100, source) : unknown('unreadable', 'more than 100 %', source);
}

function throttling(cells: SmiCells, source: string): Fact<readonly string[]> {
  const states = slowdowns.map((reason) => cellSwitch(cells[`clocks_event_reasons.${reason}`], source));
  const first = states.find((state) => !state.known);
  // A part of the reasons would look like "none".
  if (first !== undefined && !first.known) return first;
  return known(
    slowdowns.filter((_, at) => {
      const state = states[at]!;
      return state.known && state.value;
    }),
    source,
  );
}

/** Under WDDM, and so in WSL, it is printed without meaning. */
function persistence(cells: SmiCells, { driver, tool, source }: SourcedReport): Fact<boolean> {
  const underWindows = /^(WDDM|TCC|MCDM)$/.test(cells['driver_model.current'] ?? '');
  const stub = tool !== undefined && driver !== undefined && tool !== driver;
  if (underWindows || stub) return unknown('not-reported', 'it has no meaning with the Windows driver', source);
  return cellSwitch(cells.persistence_mode, source);
}

function mergeMig(reports: readonly SourcedReport[], gpu: number): readonly MigDevice[] {
  const parts = new Map<number, { part: SmiMig; source: string }>();
  for (const { mig, source } of reports) {
    for (const part of mig.filter((each) => each.gpu === gpu)) {
      const before = parts.get(part.index)?.part;
      parts.set(part.index, { part: { ...before, ...part }, source });
    }
  }
  return [...parts.values()]
    .sort((a, b) => a.part.index - b.part.index)
    .map(({ part, source }) => {
      const instance = integer(part.instance);
      return {
        index: part.index,
        ...(part.uuid === undefined ? {} : { uuid: part.uuid }),
        ...(part.name === undefined ? {} : { name: part.name }),
        ...(instance === undefined ? {} : { gpu_instance: instance }),
        vram_total_bytes: cellNumber(part.total, 'MiB', mebi, source),
      };
    });
}
