/**
 * NVIDIA drivers against CUDA, as version ranges. A build made with any toolkit of a CUDA major runs on
 * a driver of at least that major's floor; newer drivers run older majors. Read 2026-11 from NVIDIA's
 * CUDA 13.2 Update 2 release notes, tables 2 and 3, and section 2.6.2 for the families.
 */
import { vendor } from '../sources.ts';

export const cudaReleaseNotes = vendor(
  'NVIDIA, CUDA 13.2 Update 2 release notes, tables 2 and 3, section 2.6.2',
  '2026',
);

export interface CudaMajor {
  readonly major: 11 | 12 | 13;
  /** The oldest driver that runs any toolkit of the major. Windows and WSL2 use the Windows driver's number. */
  readonly floor: { readonly linux: string; readonly windows: string };
  /** The oldest compute capability its toolkits build for. */
  readonly oldestCapability: string;
}

/** Newest first. The Windows floor of 13 is its branch: the driver is no longer part of that toolkit. */
export const cudaMajors: readonly CudaMajor[] = [
  { major: 13, floor: { linux: '580.65.06', windows: '580' }, oldestCapability: '7.5' },
  { major: 12, floor: { linux: '525.60.13', windows: '527.41' }, oldestCapability: '5.0' },
  { major: 11, floor: { linux: '450.80.02', windows: '452.39' }, oldestCapability: '3.5' },
];

export interface GpuFamily {
  readonly name: string;
  /** Compute capabilities, from the lowest to the highest. */
  readonly capabilities: readonly [string, string];
  readonly examples: string;
  /** Marketing names that only this family has: old drivers do not tell the capability. */
  readonly names: RegExp;
  /** CUDA majors whose toolkits build for it. */
  readonly majors: readonly number[];
}

export const gpuFamilies: readonly GpuFamily[] = [
  {
    name: 'Maxwell',
    capabilities: ['5.0', '5.3'],
    examples: 'GTX 750 Ti, GTX 900, M40',
    names: /\b(GTX (750|9\d\d)|GTX TITAN X|Tesla M\d+|Quadro M\d+)/,
    majors: [11, 12],
  },
  {
    name: 'Pascal',
    capabilities: ['6.0', '6.2'],
    examples: 'GTX 10, P100, P40',
    names: /\b(GTX? 10\d\d|P100|Tesla P\d+|Quadro P\d+|TITAN Xp?|MX1[1-5]0)\b/,
    majors: [11, 12],
  },
  {
    name: 'Volta',
    capabilities: ['7.0', '7.2'],
    examples: 'V100, TITAN V',
    names: /\b(V100|TITAN V|Quadro GV100)\b/,
    majors: [11, 12],
  },
  {
    name: 'Turing',
    capabilities: ['7.5', '7.5'],
    examples: 'GTX 16, RTX 20, T4',
    names: /\b(GTX 16\d\d|RTX 20\d\d|T4|Quadro RTX \d+|TITAN RTX)\b/,
    majors: [11, 12, 13],
  },
  {
    name: 'Ampere',
    capabilities: ['8.0', '8.8'],
    examples: 'A100, RTX 30',
    names: /\b(RTX 30\d\d|A100|A10G?|A40|RTX A\d+)\b/,
    majors: [11, 12, 13],
  },
  {
    name: 'Ada',
    capabilities: ['8.9', '8.9'],
    examples: 'RTX 40, L4, L40S',
    names: /\b(RTX 40\d\d|L40S?|L4|RTX \d+ .*Ada)\b/,
    majors: [11, 12, 13],
  },
  {
    name: 'Hopper',
    capabilities: ['9.0', '9.0'],
    examples: 'H100, H200',
    names: /\b(H100|H200|GH200)\b/,
    majors: [11, 12, 13],
  },
  {
    name: 'Blackwell',
    capabilities: ['10.0', '12.1'],
    examples: 'RTX 50, RTX PRO 6000, B200, GB10',
    names: /\b(RTX 50\d\d|RTX PRO|B[23]00|GB10)\b/,
    majors: [12, 13],
  },
];

/** Windows drivers from here on may move GPU memory into main memory instead of failing. Not checked by us. */
export const systemMemoryFallbackFrom = '536.40';
