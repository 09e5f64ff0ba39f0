import { knownValue } from '../../contract/machine/fact.ts';
import { sh } from '../commands.ts';
import { rtx4090 } from '../examples.ts';
import { gpuNames, realGpus } from '../gpus.ts';
import { landmine } from '../landmine.ts';
import { measured, thread } from '../sources.ts';
import { bytes, gib } from '../words.ts';

/** Integrated graphics with less are no loss. */
const worthwhileBytes = 3 * gib;

export const cpuFallback = landmine({
  code: 'cpu-fallback',
  title: 'There is a GPU, and the model runs on the processor',
  group: 'engine',
  severity: 'breaks',
  dependsOn: [
    'nouveau-in-charge',
    'nvidia-driver-missing',
    'nvidia-driver-not-loaded',
    'nvidia-version-mismatch',
    'nvidia-no-devices',
    'nvidia-gpu-lost',
    'cuda-driver-too-old',
    'cuda-libraries-missing',
    'gpu-too-old-for-cuda13',
    'no-gpu-build',
    'vulkan-loader-missing',
    'vulkan-software-only',
    'container-no-gpu',
    'wsl-no-gpu',
    'wsl1',
    'hybrid-graphics',
    'basic-display-adapter',
    'vram-in-use',
    'node-under-rosetta',
  ],
  only: ['gpu'],
  needs: ['gpu.all', 'engine.backend'],
  reads: ['engine.gpu_layers'],
  means:
    'Answers are many times slower than this machine could give them. The engine does not call that an error, so we do.',
  story:
    'Every engine falls back to the processor when something about the GPU does not fit, and most say so in a log line at best. A back ' +
    'end that is named "vulkan" can still have zero layers on a GPU: with a loader and no device llama.cpp reports just that. So both are ' +
    'looked at, the back end and the layers.',
  sources: [
    measured('node-llama-cpp with a Vulkan loader and no device: back end "vulkan", 0 layers', '2026-11'),
    thread('ollama/ollama', 5581, '2024'),
    thread('ollama/ollama', 10053, '2025'),
  ],
  example: { 'gpu.all': [rtx4090], 'engine.backend': 'cpu' },
  counterExample: { 'gpu.all': [rtx4090], 'engine.backend': 'cuda', 'engine.gpu_layers': { offloaded: 33, total: 33 } },
  judge({ 'gpu.all': all, 'engine.backend': backend }, facts) {
    const gpus = realGpus(all).filter(
      ({ unified, vram_total_bytes, vendor }) =>
        vendor === 'apple' ||
        (knownValue(unified) !== true && (knownValue(vram_total_bytes) ?? worthwhileBytes) >= worthwhileBytes),
    );
    if (gpus.length === 0) return 'not-applicable';
    const layers = knownValue(facts['engine.gpu_layers']);
    if (backend !== 'cpu' && layers?.offloaded !== 0) return 'ok';
    const [memory] = gpus.flatMap(({ vram_total_bytes }) => knownValue(vram_total_bytes) ?? []);
    return {
      seen:
        `${gpuNames(gpus)}${memory === undefined ? '' : ` with ${bytes(memory)}`}, and the engine's back end is ${backend}` +
        `${layers === undefined || backend === 'cpu' ? '' : ` with ${layers.offloaded} of ${layers.total} layers on the GPU`}.`,
      remedy: [
        'Mend what stands above this, if anything does. Otherwise see what the engine said when it started, and start the agent again:',
        sh('metalyard logs -n 50'),
      ],
      effect: { kind: 'last-resort' },
    };
  },
});
