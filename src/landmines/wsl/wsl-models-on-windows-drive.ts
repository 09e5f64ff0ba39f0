import { sh } from '../commands.ts';
import { disk } from '../examples.ts';
import { landmine } from '../landmine.ts';
import { unverified, vendor } from '../sources.ts';

/** File systems by which WSL shows Windows drives. */
const bridges = ['9p', 'drvfs', 'v9fs', 'virtiofs'];

export const wslModelsOnWindowsDrive = landmine({
  code: 'wsl-models-on-windows-drive',
  title: 'Models are read through the bridge to Windows',
  group: 'wsl',
  severity: 'slows',
  on: ['linux'],
  only: ['wsl'],
  needs: ['os.wsl', 'disk.models'],
  means: 'Every byte crosses from one system to the other, so loading a model takes several times as long.',
  story:
    'Under /mnt/c and its like WSL shows the drives of Windows over a file protocol (9p, drvfs, in newer versions virtiofs). The Linux ' +
    'side has a virtual disk of its own that is much faster. The file system is what counts, not the path: drives can be mounted elsewhere.',
  sources: [
    vendor('Microsoft, WSL documentation: working across file systems', '2026-07-30'),
    unverified('How many times slower'),
  ],
  example: { 'os.family': 'linux', 'os.wsl': 2, 'disk.models': disk({ mount: '/mnt/c', filesystem: '9p' }) },
  counterExample: { 'os.family': 'linux', 'os.wsl': 2, 'disk.models': disk({ mount: '/', filesystem: 'ext4' }) },
  judge({ 'os.wsl': wsl, 'disk.models': { mount, filesystem } }) {
    if (wsl === 0) return 'not-applicable';
    if (!bridges.includes(filesystem)) return 'ok';
    return {
      seen: `The models are on ${mount}, file system ${filesystem}.`,
      remedy: [
        'Copy them to the Linux side and serve them from there:',
        sh('mkdir -p ~/models && cp /mnt/c/path/to/model.gguf ~/models/'),
        sh('metalyard up --model ~/models/model.gguf'),
      ],
    };
  },
});
