import { knownValue } from '../../contract/machine/fact.ts';
import { gpu } from '../examples.ts';
import { gpuName } from '../gpus.ts';
import { landmine } from '../landmine.ts';
import { capture, measured } from '../sources.ts';
import { bytes, gib, list, mib } from '../words.ts';

const pixels4k = 3840 * 2160;
const gaming = gpu({
  vendor: 'nvidia',
  name: 'NVIDIA GeForce RTX 2080 SUPER',
  totalMib: 8192,
  freeMib: 7190,
  display: true,
});
const headless = gpu({
  vendor: 'nvidia',
  name: 'NVIDIA GeForce RTX 3060',
  totalMib: 12_288,
  freeMib: 11_806,
  display: false,
});

export const displayTakesVram = landmine({
  code: 'display-takes-vram',
  title: 'A GPU draws the desktop as well',
  group: 'graphics',
  severity: 'notes',
  on: ['linux', 'windows'],
  only: ['gpu'],
  needs: ['gpu.all', 'os.family'],
  reads: ['display.count', 'display.largest_pixels'],
  means:
    'Windows, browsers and games share its memory and may want more at any time, so a share of it is never promised to models.',
  story:
    'The picture itself is small: three buffers of a 4K screen are 95 MiB. What costs is the compositor and everything drawn through it. ' +
    'Idle desktops were seen holding from 214 MiB (GNOME on Fedora) to 1,128 MiB (Windows 11) and 3,218 MiB (a laptop whose whole desktop ' +
    'ran on the NVIDIA GPU), besides 170 to 460 MiB the driver reserves. We budget from what is free now and leave 800 MiB on Linux (100 ' +
    'more with a 4K screen), 1.5 GiB on Windows, 2 GiB there with 4K or several screens.',
  belief: {
    held: 'A card sold with 24 GB has 24 GB for models.',
    found:
      'The RTX 4090 reports 24,564 MiB, the driver keeps some, and the desktop takes its part. Only the free memory of this moment counts.',
  },
  sources: [
    capture('nvidia-smi of Windows 11, Fedora and COSMIC desktops and of servers', '2026-08'),
    measured('Frame buffer arithmetic: width x height x 4 bytes x 3', '2026-11'),
  ],
  example: { 'os.family': 'windows', 'gpu.all': [gaming], 'display.count': 2, 'display.largest_pixels': 2560 * 1440 },
  counterExample: { 'os.family': 'linux', 'gpu.all': [headless] },
  judge({ 'gpu.all': gpus, 'os.family': system }, facts) {
    const own = gpus.filter(({ unified }) => knownValue(unified) !== true);
    if (own.length === 0) return 'not-applicable';
    const drawing = own.filter(({ display_attached }) => knownValue(display_attached) === true);
    const [first] = drawing;
    if (first === undefined) {
      return own.every(({ display_attached }) => display_attached.known)
        ? 'ok'
        : { cannotTell: 'no tool tells whether a GPU drives a display' };
    }
    const large = (knownValue(facts['display.largest_pixels']) ?? 0) >= pixels4k;
    const several = (knownValue(facts['display.count']) ?? 1) > 1;
    const windowsReserve = large || several ? 2 * gib : 1.5 * gib;
    const reserve = system === 'windows' ? windowsReserve : 800 * mib + (large ? 100 * mib : 0);
    const memory = drawing.map((each) => {
      const [used, total] = [knownValue(each.vram_used_bytes), knownValue(each.vram_total_bytes)];
      return `${gpuName(each)}${used === undefined || total === undefined ? '' : ` with ${bytes(used)} of ${bytes(total)} in use`}`;
    });
    return {
      seen: `A display is attached to ${list(memory)}.`,
      remedy: [
        "Nothing need be done. To win the memory back, plug the screen into the processor's own graphics, where there are any.",
      ],
      effect: { kind: 'reserve-memory', bytes: reserve, gpu: first.index },
    };
  },
});
