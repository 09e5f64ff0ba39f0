import { knownValue } from '../../contract/machine/fact.ts';
import { powershell } from '../commands.ts';
import { landmine } from '../landmine.ts';
import { vendor } from '../sources.ts';
import { bytes, gib } from '../words.ts';

export const wslMemoryShare = landmine({
  code: 'wsl-memory-share',
  title: 'WSL gets half of the memory of Windows',
  group: 'wsl',
  severity: 'notes',
  on: ['linux'],
  only: ['wsl'],
  needs: ['os.wsl', 'memory.total_bytes'],
  reads: ['wsl.config'],
  means: 'Models on the processor, and the part of a model that does not fit the GPU, have only that half.',
  story:
    'Unless .wslconfig says otherwise, the virtual machine of WSL2 may use half of the memory of the PC, and a quarter as much as swap. ' +
    "The file is in the Windows user's home and is read when WSL starts.",
  sources: [vendor('Microsoft, WSL documentation: advanced settings (.wslconfig)', '2026-07-30')],
  example: { 'os.family': 'linux', 'os.wsl': 2, 'memory.total_bytes': 15.5 * gib, 'wsl.config': {} },
  counterExample: {
    'os.family': 'linux',
    'os.wsl': 2,
    'memory.total_bytes': 28 * gib,
    'wsl.config': { memory: '28GB' },
  },
  judge({ 'os.wsl': wsl, 'memory.total_bytes': total }, facts) {
    if (wsl !== 2) return 'not-applicable';
    const config = knownValue(facts['wsl.config']);
    if (config === undefined) return { cannotTell: '.wslconfig could not be read' };
    if (Object.keys(config).some((key) => /(^|\.)memory$/i.test(key))) return 'ok';
    return {
      seen: `WSL has ${bytes(total)}; no memory is set in .wslconfig.`,
      remedy: [
        'To give it more, write into .wslconfig, below [wsl2], a line such as memory=24GB, then start WSL anew:',
        powershell('notepad "$env:USERPROFILE\\.wslconfig"; wsl --shutdown'),
      ],
    };
  },
});
