import { knownValue } from '../../contract/machine/fact.ts';
import { sh } from '../commands.ts';
import { rocmSources, rocmTargets, sameFamily } from '../data/rocm.ts';
import { gpu } from '../examples.ts';
import { landmine } from '../landmine.ts';
import { list } from '../words.ts';

const rx9070 = gpu({ vendor: 'amd', name: 'AMD Radeon RX 9070 XT', gfx: 'gfx1201' });
const rx6600 = gpu({ vendor: 'amd', name: 'AMD Radeon RX 6600 XT', gfx: 'gfx1032' });

export const rocmOverrideWrong = landmine({
  code: 'rocm-override-wrong',
  title: 'HSA_OVERRIDE_GFX_VERSION does not fit this GPU',
  group: 'amd',
  severity: 'breaks',
  on: ['linux'],
  only: ['amd'],
  needs: ['amd.gpus'],
  reads: ['amd.override'],
  means:
    'ROCm runs kernels of another GPU on yours. Across families that crashes or hangs; where your GPU is listed it only costs speed.',
  story:
    'The variable is copied from guide to guide. It tells ROCm to take the GPU for another one. That is useful for RDNA 2 and 3 cards ' +
    'without kernels of their own (10.3.0 and 11.0.0), and for nothing else. HSA_OVERRIDE_GFX_VERSION_0, _1 and so on name one GPU each.',
  sources: rocmSources,
  example: { 'os.family': 'linux', 'amd.override': 'HSA_OVERRIDE_GFX_VERSION=10.3.0', 'amd.gpus': [rx9070] },
  counterExample: { 'os.family': 'linux', 'amd.override': 'HSA_OVERRIDE_GFX_VERSION=10.3.0', 'amd.gpus': [rx6600] },
  judge({ 'amd.gpus': gpus }, facts) {
    // A variable that is not set is no fact.
    const override = knownValue(facts['amd.override']) ?? '';
    if (override === '' || gpus.length === 0) return 'ok';
    const values = [...override.matchAll(/\d+\.\d+\.\w+/g)].map(([value]) => value);
    const named = gpus.flatMap(({ gfx }) => knownValue(gfx) ?? []);
    if (values.length === 0 || named.length === 0)
      return { cannotTell: 'the override or the gfx number cannot be read' };
    const foreign = named.filter((gfx) => !values.some((value) => sameFamily(gfx, value) === true));
    const needless = named.filter((gfx) => rocmTargets.some((target) => target.gfx === gfx && target.production));
    if (foreign.length === 0 && needless.length === 0) return 'ok';
    const unset = [
      'Take it out of your environment (the shell profile, or the service of the attached server):',
      sh('env | grep HSA_OVERRIDE_GFX_VERSION; unset HSA_OVERRIDE_GFX_VERSION'),
    ];
    if (foreign.length > 0) {
      return {
        seen: `${override} is set; the GPU is ${list(foreign)}, of another family.`,
        remedy: unset,
        effect: { kind: 'no-backend', backend: 'rocm' },
      };
    }
    return {
      seen: `${override} is set; ROCm has kernels for ${list(needless)} itself.`,
      severity: 'notes',
      remedy: unset,
    };
  },
});
