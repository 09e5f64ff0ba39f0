import { sh } from '../commands.ts';
import { landmine } from '../landmine.ts';
import { unverified } from '../sources.ts';
import { duration } from '../words.ts';

/** Slower than any SATA SSD, as fast as a good hard disk. */
const slowBytesPerSecond = 250e6;
/** A model of 7 to 8 thousand million parameters at four bits. */
const usualModelBytes = 5e9;

export const slowModelDisk = landmine({
  code: 'slow-model-disk',
  title: 'The disk with the models reads slowly',
  group: 'disk',
  severity: 'slows',
  dependsOn: [
    'models-on-rotational-disk',
    'models-on-network-disk',
    'wsl-models-on-windows-drive',
    'defender-scans-models',
  ],
  needs: ['disk.models_read_bytes_per_s'],
  means: 'Each load of a model keeps its first request waiting. Loaded models answer as usual.',
  story:
    'What counts is the speed measured here, not what the disk is sold as: USB enclosures, full SSDs, encryption and scanners all take ' +
    'their part. It is measured on bytes of a model file that are not in memory already.',
  sources: [unverified('250 MB/s as the border between hard disks and SSDs')],
  example: { 'disk.models_read_bytes_per_s': 92e6 },
  counterExample: { 'disk.models_read_bytes_per_s': 1.9e9 },
  judge({ 'disk.models_read_bytes_per_s': speed }) {
    if (speed >= slowBytesPerSecond) return 'ok';
    if (speed <= 0) return { cannotTell: 'the measured speed is 0' };
    return {
      seen: `A model file was read at ${Math.round(speed / 1e6)} MB/s: 5 GB take ${duration((usualModelBytes / speed) * 1000)}.`,
      remedy: [
        'Keep the models you use on a faster disk, and keep them loaded:',
        sh('metalyard up --model /path/on/fast/disk/model.gguf'),
      ],
    };
  },
});
