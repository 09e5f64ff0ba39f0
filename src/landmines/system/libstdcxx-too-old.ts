import { sh } from '../commands.ts';
import { engineBinaries, linuxFloor } from '../data/engine-builds.ts';
import { landmine } from '../landmine.ts';
import { unverified } from '../sources.ts';
import { olderThan } from '../versions.ts';

export const libstdcxxTooOld = landmine({
  code: 'libstdcxx-too-old',
  title: 'The C++ library is older than the engine needs',
  group: 'system',
  severity: 'blocks',
  dependsOn: ['glibc-too-old'],
  on: ['linux'],
  needs: ['os.glibcxx'],
  means: 'The engine stops while loading, with "GLIBCXX ... not found". Nothing can be served from here.',
  story:
    `A system can be new enough by its C library and still fail on its C++ library: the engine needs the symbols GLIBCXX_${linuxFloor.glibcxx}, ` +
    'which came with GCC 12. Red Hat Enterprise Linux 9, its rebuilds and Amazon Linux 2023 have glibc 2.34 together with the C++ ' +
    'library of GCC 11, and so pass the first test and fail this one.',
  belief: {
    held: 'A distribution whose glibc is new enough can run the binaries.',
    found: 'libstdc++ has a version of its own; the RHEL 9 family is new enough in one and too old in the other.',
  },
  sources: [engineBinaries, unverified('Which distribution has which GCC')],
  example: { 'os.family': 'linux', 'os.glibcxx': '3.4.29' },
  counterExample: { 'os.family': 'linux', 'os.glibcxx': '3.4.30' },
  judge({ 'os.glibcxx': version }) {
    const tooOld = olderThan(version, linuxFloor.glibcxx);
    if (tooOld === undefined) return { cannotTell: `the version of libstdc++ reads "${version}"` };
    if (!tooOld) return 'ok';
    return {
      seen: `libstdc++ here goes up to GLIBCXX_${version}; the engine was built for ${linuxFloor.glibcxx}.`,
      remedy: [
        'Run the agent in a container of a newer distribution, or upgrade this one (RHEL 10, Debian 12, Ubuntu 22.04):',
        sh('podman run -it --network host docker.io/node:24-bookworm bash'),
      ],
      effect: { kind: 'no-engine' },
    };
  },
});
