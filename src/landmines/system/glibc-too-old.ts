import { sh } from '../commands.ts';
import { engineBinaries, linuxFloor } from '../data/engine-builds.ts';
import { landmine } from '../landmine.ts';
import { olderThan } from '../versions.ts';

export const glibcTooOld = landmine({
  code: 'glibc-too-old',
  title: 'The C library is older than the engine needs',
  group: 'system',
  severity: 'blocks',
  on: ['linux'],
  needs: ['os.libc'],
  means: `The engine's binaries need glibc ${linuxFloor.glibc} or newer and will not load. Nothing can be served from here.`,
  story:
    `Prebuilt programs for Linux run on the C library they were built with, or a newer one. Ours ask for glibc ${linuxFloor.glibc}, ` +
    'which Ubuntu has had since 22.04, Debian since 12, Fedora since 35. The library is part of the distribution and cannot be ' +
    'replaced by itself without breaking the system; a newer distribution, or a container made from one, is the way.',
  sources: [engineBinaries],
  example: { 'os.family': 'linux', 'os.libc': { kind: 'glibc', version: '2.31' } },
  counterExample: { 'os.family': 'linux', 'os.libc': { kind: 'glibc', version: '2.36' } },
  judge({ 'os.libc': libc }) {
    if (libc.kind !== 'glibc') return 'not-applicable';
    const tooOld = olderThan(libc.version, linuxFloor.glibc);
    if (tooOld === undefined) return { cannotTell: `the version of glibc reads "${libc.version}"` };
    if (!tooOld) return 'ok';
    return {
      seen: `glibc here is ${libc.version}; the engine was built for ${linuxFloor.glibc}.`,
      remedy: [
        'Upgrade the distribution (Ubuntu 22.04, Debian 12 or newer), or run the agent in a container of a newer one:',
        sh('docker run -it --network host node:24-bookworm bash'),
      ],
      effect: { kind: 'no-engine' },
    };
  },
});
