/** Machines made up for pages and tests, as values instead of facts. */
import { type Fact, known, unknown } from '../contract/machine/fact.ts';
import type { Disk, FactName, Facts, FactTable, Gpu } from '../contract/machine/facts.ts';
import { gib, mib } from './words.ts';

/** The values as facts that were read from nowhere but an example. */
export function factsOf(values: Partial<FactTable>): Facts {
  const entries = Object.entries(values) as [FactName, unknown][]; // keys of a FactTable
  return Object.fromEntries(entries.map(([name, value]) => [name, known(value, 'example')]));
}

interface ExampleGpu extends Pick<Gpu, 'vendor'> {
  readonly name: string;
  readonly totalMib?: number;
  readonly freeMib?: number;
  readonly display?: boolean;
  readonly unified?: boolean;
  readonly capability?: string;
  readonly gfx?: string;
  readonly mig?: readonly string[];
  readonly persistence?: boolean;
  readonly throttling?: readonly string[];
  readonly external?: boolean;
  readonly index?: number;
}

const notAsked = unknown('not-probed', 'the example does not say');
const maybe = <T>(value: T | undefined): Fact<T> => (value === undefined ? notAsked : known(value, 'example'));

export function gpu(given: ExampleGpu): Gpu {
  const { totalMib, freeMib, mig } = given;
  const used = totalMib === undefined || freeMib === undefined ? undefined : (totalMib - freeMib) * mib;
  return {
    vendor: given.vendor,
    index: given.index ?? 0,
    name: known(given.name, 'example'),
    vram_total_bytes: maybe(totalMib === undefined ? undefined : totalMib * mib),
    vram_used_bytes: maybe(used),
    vram_free_bytes: maybe(freeMib === undefined ? undefined : freeMib * mib),
    unified: known(given.unified ?? false, 'example'),
    display_attached: maybe(given.display),
    compute_capability: maybe(given.capability),
    gfx: maybe(given.gfx),
    throttling: maybe(given.throttling),
    persistence_mode: maybe(given.persistence),
    external: maybe(given.external),
    mig_enabled: maybe(mig === undefined ? undefined : mig.length > 0),
    ...(mig === undefined
      ? {}
      : { mig: mig.map((name, index) => ({ uuid: `MIG-${index}`, name, vram_total_bytes: notAsked })) }),
  };
}

export const rtx4090 = gpu({ vendor: 'nvidia', name: 'NVIDIA GeForce RTX 4090', totalMib: 24_564, capability: '8.9' });
export const gtx1080ti = gpu({
  vendor: 'nvidia',
  name: 'NVIDIA GeForce GTX 1080 Ti',
  totalMib: 11_264,
  capability: '6.1',
});

export function disk(
  given: Partial<Omit<Disk, 'kind'>> & { kind?: 'ssd' | 'nvme' | 'rotational' | 'network'; freeGib?: number },
): Disk {
  return {
    mount: given.mount ?? '/',
    filesystem: given.filesystem ?? 'ext4',
    kind: maybe(given.kind),
    free_bytes: known((given.freeGib ?? 200) * gib, 'example'),
    total_bytes: known(1000 * gib, 'example'),
  };
}
