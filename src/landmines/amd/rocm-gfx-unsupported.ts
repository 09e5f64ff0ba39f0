import { knownValue } from '../../contract/machine/fact.ts';
import type { Gpu } from '../../contract/machine/facts.ts';
import { currentRocm, type RocmTarget, rocmSources, rocmTargets } from '../data/rocm.ts';
import { gpu } from '../examples.ts';
import { landmine } from '../landmine.ts';
import { capture } from '../sources.ts';
import { olderThan } from '../versions.ts';
import { list } from '../words.ts';

const rx6700 = gpu({ vendor: 'amd', name: 'AMD Radeon RX 6700 XT', totalMib: 12_272, gfx: 'gfx1031' });
const rx7900 = gpu({ vendor: 'amd', name: 'AMD Radeon RX 7900 XT', totalMib: 20_464, gfx: 'gfx1100' });

export const rocmGfxUnsupported = landmine({
  code: 'rocm-gfx-unsupported',
  title: 'The installed ROCm has no kernels for this AMD GPU',
  group: 'amd',
  severity: 'warns',
  dependsOn: ['rocm-too-old'],
  on: ['linux', 'windows'],
  only: ['amd'],
  needs: ['amd.gpus', 'amd.rocm_version'],
  reads: ['amd.override'],
  means:
    'ROCm programs fail on it or leave it out. Vulkan runs it without any list, at about the same speed of writing.',
  story:
    "ROCm is compiled for a list of GPU targets (gfx numbers). AMD's own releases up to 7.2 list few consumer cards: gfx1030, the gfx110x " +
    `and gfx120x families and some APUs. The ${currentRocm} line brings most of RDNA 1 to 4. For RDNA 2 and 3 cards off the list an override ` +
    'variable makes ROCm use the kernels of a sibling; across families it never works. Our engine has no ROCm build and uses Vulkan on ' +
    'AMD; this is about servers such as Ollama that you attach.',
  belief: {
    held: 'RX 5000 cards and half of the others are out of ROCm for good.',
    found: `True of AMD's releases up to 7.2; the builds of the ${currentRocm} line list gfx1010 to gfx1012 as ready again (2026-08).`,
  },
  sources: [...rocmSources, capture('rocm-smi of an RX 6700 XT under ROCm 4.3, 5.7 and 6.0', '2026-08-21')],
  example: { 'os.family': 'linux', 'amd.gpus': [rx6700], 'amd.rocm_version': '6.4.1' },
  counterExample: { 'os.family': 'linux', 'amd.gpus': [rx7900], 'amd.rocm_version': '7.2.0' },
  judge({ 'amd.gpus': gpus, 'amd.rocm_version': version }, facts) {
    if (gpus.length === 0) return 'not-applicable';
    const old = olderThan(version, currentRocm);
    if (old === undefined) return { cannotTell: `the version of ROCm reads "${version}"` };
    const told = gpus.filter(({ gfx }) => knownValue(gfx) !== undefined);
    if (told.length === 0) return { cannotTell: 'no tool tells the gfx number of the AMD GPU' };
    const without = told.filter((each) => !covered(targetOf(each), old));
    if (without.length === 0) return 'ok';
    const overrides = [...new Set(without.flatMap((each) => targetOf(each)?.override ?? []))];
    if (overrides.length > 0 && knownValue(facts['amd.override'])?.includes(overrides[0]!)) return 'ok';
    return {
      seen: `ROCm ${version} does not list ${list(without.map((each) => `${knownValue(each.gfx)}${named(targetOf(each))}`))}.`,
      remedy: [
        'Leave it to Vulkan, which needs nothing but the driver.',
        old ? `Or install ROCm ${currentRocm} or newer, whose builds list more targets.` : '',
        overrides.length > 0
          ? `Or, for an attached server on this GPU only, set in its environment: HSA_OVERRIDE_GFX_VERSION=${overrides[0]}`
          : '',
      ].filter((line) => line !== ''),
      effect: { kind: 'no-backend', backend: 'rocm' },
    };
  },
});

const targetOf = ({ gfx }: Gpu): RocmTarget | undefined => rocmTargets.find((target) => target.gfx === knownValue(gfx));
const covered = (target: RocmTarget | undefined, oldRocm: boolean): boolean =>
  target !== undefined && (oldRocm ? target.production : target.current === 'ready');
const named = (target: RocmTarget | undefined): string => (target === undefined ? '' : ` (${target.products})`);
