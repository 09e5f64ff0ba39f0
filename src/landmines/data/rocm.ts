/**
 * AMD GPU targets against ROCm. `current` is the 10.x line: what TheRock's list of supported GPUs calls
 * release-ready (2026-08-22). `production` is AMD's own support matrix up to 7.2. Version numbers jump from
 * 7.14 to 10.0, so they are compared as numbers.
 */
import { type Source, thread, vendor } from '../sources.ts';

export const rocmSources: readonly Source[] = [
  vendor('ROCm/TheRock, SUPPORTED_GPUS.md', '2026-08-22'),
  vendor('AMD, HIP SDK for Windows 7.2, system requirements', '2026-07-31'),
  vendor('Ollama, docs/gpu.mdx: ROCm v7 driver, override variables', '2026-08'),
  thread('ollama/ollama', 13236, '2025'),
];

export type RocmSupport = 'ready' | 'unverified';

export interface RocmTarget {
  readonly gfx: string;
  readonly products: string;
  readonly current: RocmSupport;
  /** In AMD's matrices up to 7.2. */
  readonly production: boolean;
  /** What `HSA_OVERRIDE_GFX_VERSION` names so that kernels of a sibling are used; none where there is no sibling. */
  readonly override?: string;
}

const rdna2 = (gfx: string, products: string): RocmTarget => ({
  gfx,
  products,
  current: 'ready',
  production: false,
  override: '10.3.0',
});
const rdna3 = (gfx: string, products: string): RocmTarget => ({ ...rdna2(gfx, products), override: '11.0.0' });
const listed = (gfx: string, products: string): RocmTarget => ({ gfx, products, current: 'ready', production: true });

export const rocmTargets: readonly RocmTarget[] = [
  listed('gfx1201', 'RX 9070, RX 9070 XT, R9700'),
  listed('gfx1200', 'RX 9060 XT'),
  listed('gfx1151', 'Strix Halo (8060S)'),
  listed('gfx1150', 'Strix Point (890M)'),
  { gfx: 'gfx1152', products: 'Krackan', current: 'ready', production: false },
  listed('gfx1100', 'RX 7900'),
  listed('gfx1101', 'RX 7800, RX 7700'),
  listed('gfx1102', 'RX 7600'),
  rdna3('gfx1103', '780M'),
  listed('gfx1030', 'RX 6800, RX 6900'),
  rdna2('gfx1031', 'RX 6700'),
  rdna2('gfx1032', 'RX 6600'),
  rdna2('gfx1034', 'RX 6500'),
  rdna2('gfx1035', '680M'),
  rdna2('gfx1036', 'Raphael graphics'),
  { gfx: 'gfx1010', products: 'RX 5700', current: 'ready', production: false },
  { gfx: 'gfx1011', products: 'Pro V520', current: 'ready', production: false },
  { gfx: 'gfx1012', products: 'RX 5500', current: 'ready', production: false },
  { gfx: 'gfx906', products: 'MI50, Radeon VII', current: 'unverified', production: false },
  { gfx: 'gfx900', products: 'Vega 56, Vega 64', current: 'unverified', production: false },
  { gfx: 'gfx90c', products: 'Vega graphics of APUs', current: 'unverified', production: false },
  { gfx: 'gfx942', products: 'MI300', current: 'ready', production: true },
  { gfx: 'gfx950', products: 'MI350', current: 'unverified', production: true },
  { gfx: 'gfx90a', products: 'MI200', current: 'unverified', production: true },
  { gfx: 'gfx908', products: 'MI100', current: 'unverified', production: true },
];

/** First line of the ROCm Core SDK whose builds cover the targets that `current` calls ready. */
export const currentRocm = '10.0';
/** What the ROCm builds of Ollama ask of the driver. */
export const oldestRocmForOllama = '7.0';

/** `gfx1031` and override `10.3.0` are one family: the numbers in front agree. */
export function sameFamily(gfx: string, override: string): boolean | undefined {
  const digits = /^gfx(\d+)([0-9a-f])([0-9a-f])$/.exec(gfx);
  const parts = /^(\d+)\.(\d+)\.\w+$/.exec(override);
  if (digits === null || parts === null) return undefined;
  return digits[1] === parts[1] && digits[2] === parts[2];
}
