import { knownValue } from '../../contract/machine/fact.ts';
import type { Facts } from '../../contract/machine/facts.ts';
import { sudo } from '../commands.ts';
import { cudaMajors, cudaReleaseNotes } from '../data/cuda.ts';
import { landmine } from '../landmine.ts';
import { familyOf } from '../nvidia-family.ts';
import { capture, unverified } from '../sources.ts';
import { olderThan } from '../versions.ts';

const oldestBuild = 12;
const newestBuild = 13;

export const cudaDriverTooOld = landmine({
  code: 'cuda-driver-too-old',
  title: 'The NVIDIA driver is too old for a CUDA build',
  group: 'nvidia',
  severity: 'breaks',
  on: ['linux', 'windows'],
  only: ['nvidia'],
  needs: ['nvidia.driver', 'os.family'],
  reads: ['os.wsl', 'nvidia.gpus'],
  means:
    'A CUDA build refuses to start on a driver below the floor of its CUDA major; the processor does the work instead.',
  story:
    'Every CUDA major has one lowest driver for all of its toolkits: 525.60.13 on Linux and 527.41 on Windows for CUDA 12, 580.65.06 ' +
    '(branch 580) for CUDA 13. A newer driver runs every older build, so there is never a reason to go back. In WSL2 the driver is that ' +
    'of Windows. Versions have two parts or three and are compared number by number. Maxwell, Pascal and Volta cards (GTX 900, GTX 10, ' +
    'TITAN V) never run CUDA 13, and branch 580 is said to be the last that knows them: on those a newer driver finds no GPU at all. ' +
    'Blackwell cards (RTX 50) need code of CUDA 12.8 or later, which the CUDA 12 build that comes with us (12.4) does not have.',
  belief: {
    held: 'The "CUDA Version" in the corner of nvidia-smi is the CUDA that is installed.',
    found: 'It is the newest CUDA the driver could run. No toolkit and no runtime library need be there at all.',
  },
  sources: [
    cudaReleaseNotes,
    capture('nvidia-smi of a Tesla T4 with driver 515.105.01', '2026-08-21'),
    unverified('R580 as the last branch for Maxwell, Pascal and Volta'),
  ],
  example: { 'os.family': 'linux', 'nvidia.driver': '515.105.01' },
  counterExample: { 'os.family': 'linux', 'nvidia.driver': '595.80' },
  judge({ 'nvidia.driver': driver, 'os.family': system }, facts) {
    const windowsDriver = system === 'windows' || (knownValue(facts['os.wsl']) ?? 0) > 0;
    const floorOf = (major: number): string => {
      const floor = cudaMajors.find((each) => each.major === major)!.floor; // of the table's own majors
      return windowsDriver ? floor.windows : floor.linux;
    };
    const belowOldest = olderThan(driver, floorOf(oldestBuild));
    if (belowOldest === undefined) return { cannotTell: `the version of the driver reads "${driver}"` };
    const families = (knownValue(facts['nvidia.gpus']) ?? []).map(familyOf);
    // Of a GPU that is not recognised the newest build may be true.
    const allOld = families.length > 0 && families.every((family) => family?.majors.includes(newestBuild) === false);
    if (belowOldest) {
      return {
        seen: `NVIDIA driver ${driver}; CUDA ${oldestBuild} builds need ${floorOf(oldestBuild)}${allOld ? '' : `, CUDA ${newestBuild} builds ${floorOf(newestBuild)}`}.`,
        remedy: update(windowsDriver, facts, allOld),
        effect: { kind: 'no-backend', backend: 'cuda' },
      };
    }
    if (allOld || !olderThan(driver, floorOf(newestBuild))) return 'ok';
    if (families.length > 0 && families.every((family) => family?.name === 'Blackwell')) {
      return {
        seen: `NVIDIA driver ${driver}, below ${floorOf(newestBuild)}; the CUDA ${oldestBuild} build has no code for Blackwell cards.`,
        remedy: update(windowsDriver, facts, false),
        effect: { kind: 'no-backend', backend: 'cuda' },
      };
    }
    return {
      seen: `NVIDIA driver ${driver}: enough for CUDA ${oldestBuild} builds, not for CUDA ${newestBuild} (${floorOf(newestBuild)}).`,
      means: `Engines built with CUDA ${newestBuild} do not start here; those built with CUDA ${oldestBuild} do.`,
      severity: 'warns',
      remedy: update(windowsDriver, facts, false),
    };
  },
});

function update(windowsDriver: boolean, facts: Facts, allOld: boolean) {
  const branch = allOld
    ? 'of the 580 branch (no newer one: it is the last for these cards)'
    : 'of the 580 branch or newer';
  if (windowsDriver) {
    const inWsl = (knownValue(facts['os.wsl']) ?? 0) > 0;
    return [
      `Install a driver ${branch} ${inWsl ? 'in Windows (never inside WSL)' : ''} from nvidia.com or the NVIDIA App, then restart.`.replace(
        '  ',
        ' ',
      ),
    ];
  }
  const distribution = knownValue(facts['os.distribution']);
  return [
    `Install a driver ${branch}, then restart:`,
    distribution === 'ubuntu'
      ? sudo('ubuntu-drivers install nvidia:580')
      : '(by the package manager of this distribution)',
  ];
}
