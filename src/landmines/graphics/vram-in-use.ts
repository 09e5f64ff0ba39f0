import { knownValue } from '../../contract/machine/fact.ts';
import { powershell, sh } from '../commands.ts';
import { gpu } from '../examples.ts';
import { gpuName } from '../gpus.ts';
import { landmine } from '../landmine.ts';
import { capture } from '../sources.ts';
import { bytes, list } from '../words.ts';

/** Fuller than this without a model of ours, other programs hold the GPU. */
const fullShare = 0.5;
const full = gpu({ vendor: 'nvidia', name: 'NVIDIA GeForce RTX 3080', totalMib: 10_240, freeMib: 660 });
const free = gpu({ vendor: 'nvidia', name: 'NVIDIA GeForce RTX 3060', totalMib: 12_288, freeMib: 11_806 });

export const vramInUse = landmine({
  code: 'vram-in-use',
  title: 'Other programs hold most of the GPU memory',
  group: 'graphics',
  severity: 'warns',
  only: ['gpu'],
  needs: ['gpu.all'],
  reads: ['engine.gpu_layers'],
  means: 'A model that would fit the card does not fit what is left; it is cut down or runs partly on the processor.',
  story:
    'Another inference server, a game, a video editor, or an engine that outlived its program can hold the memory. nvidia-smi names the ' +
    'programs on Linux; on Windows it shows no sizes for them, but the Task Manager does (Details, column "Dedicated GPU memory").',
  sources: [capture('RTX 3080 with 660 of 10,240 MiB free', '2026-08-21')],
  example: { 'os.family': 'linux', 'gpu.all': [full] },
  counterExample: { 'os.family': 'linux', 'gpu.all': [free] },
  judge({ 'gpu.all': gpus }, facts) {
    const own = gpus.filter(({ unified }) => knownValue(unified) !== true);
    if (own.length === 0) return 'not-applicable';
    // Our own engine fills the GPU because it should.
    if ((knownValue(facts['engine.gpu_layers'])?.offloaded ?? 0) > 0) return 'ok';
    const told = own.flatMap((each) => {
      const [total, left] = [knownValue(each.vram_total_bytes), knownValue(each.vram_free_bytes)];
      return total === undefined || left === undefined || knownValue(each.mig_enabled) === true
        ? []
        : [{ each, total, left }];
    });
    if (told.length === 0) return { cannotTell: 'no tool tells how much GPU memory is free' };
    const taken = told.filter(({ total, left }) => left < total * (1 - fullShare));
    if (taken.length === 0) return 'ok';
    return {
      seen: `${list(taken.map(({ each, total, left }) => `${gpuName(each)} has ${bytes(left)} of ${bytes(total)} free`))}, and no model of ours is on it.`,
      remedy: [
        'See who holds it, and end what you do not need:',
        knownValue(facts['os.family']) === 'windows'
          ? powershell('nvidia-smi')
          : sh('nvidia-smi || fuser -v /dev/dri/render*'),
      ],
    };
  },
});
