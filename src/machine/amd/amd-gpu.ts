/** A GPU as one of AMD's tools describes it. */
import { type Fact, known, unknown } from '../../contract/machine/fact.ts';
import type { Gpu } from '../../contract/machine/facts.ts';
import { sharesMemory } from './targets.ts';

export interface AmdGpu {
  readonly index: number;
  readonly name?: string | undefined;
  readonly pci?: string | undefined;
  readonly gfx?: string | undefined;
  readonly deviceId?: string | undefined;
  readonly totalBytes?: number | undefined;
  readonly usedBytes?: number | undefined;
  /** What the processor can reach; 256 MiB means no resizable BAR. */
  readonly visibleBytes?: number | undefined;
  readonly gttTotalBytes?: number | undefined;
  readonly gttUsedBytes?: number | undefined;
  readonly celsius?: number | undefined;
  readonly watts?: number | undefined;
  /** 0..1 */
  readonly busy?: number | undefined;
}

export function amdGpu(told: AmdGpu, source: string): Gpu {
  const missing = unknown('not-reported', 'the output does not have it', source);
  const fact = <T>(value: T | undefined): Fact<T> => (value === undefined ? missing : known(value, source));
  const optional = <Name extends keyof Gpu>(name: Name, value: unknown): object =>
    value === undefined ? {} : { [name]: known(value, source) };
  const { totalBytes: total, usedBytes: used } = told;
  return {
    vendor: 'amd',
    index: told.index,
    name: fact(told.name),
    vram_total_bytes: fact(total),
    vram_used_bytes: fact(used),
    vram_free_bytes: fact(total === undefined || used === undefined || used > total ? undefined : total - used),
    unified: fact(sharesMemory(told.gfx)),
    display_attached: missing,
    ...optional('pci', told.pci),
    ...optional('gfx', told.gfx),
    ...optional('device_id', told.deviceId === undefined ? undefined : `1002:${told.deviceId}`),
    ...optional('visible_vram_bytes', told.visibleBytes),
    ...optional('gtt_total_bytes', told.gttTotalBytes),
    ...optional('gtt_used_bytes', told.gttUsedBytes),
    ...optional('temperature_celsius', told.celsius),
    ...optional('power_watts', told.watts),
    ...optional('utilization', told.busy),
  };
}
