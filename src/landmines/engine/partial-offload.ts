import { sh } from '../commands.ts';
import { landmine } from '../landmine.ts';
import { unverified } from '../sources.ts';
import { percent } from '../words.ts';

export const partialOffload = landmine({
  code: 'partial-offload',
  title: 'Only a part of the model is on the GPU',
  group: 'engine',
  severity: 'slows',
  dependsOn: ['vram-in-use', 'display-takes-vram'],
  only: ['gpu'],
  needs: ['engine.backend', 'engine.gpu_layers'],
  means:
    'Each token passes through the layers on the processor as well, and those set the pace. A few layers left behind already cost a large share.',
  story:
    'When model and context do not fit the free GPU memory, the engine puts as many layers there as fit and leaves the rest on the ' +
    'processor. That works and is slow. A smaller quantisation, a smaller window or fewer slots often brings everything over.',
  sources: [unverified('How much a few layers cost; it depends on both memories')],
  example: { 'engine.backend': 'cuda', 'engine.gpu_layers': { offloaded: 27, total: 33 } },
  counterExample: { 'engine.backend': 'cuda', 'engine.gpu_layers': { offloaded: 33, total: 33 } },
  judge({ 'engine.backend': backend, 'engine.gpu_layers': { offloaded, total } }) {
    // None at all is another landmine: cpu-fallback.
    if (backend === 'cpu' || offloaded === 0 || total === 0) return 'not-applicable';
    if (offloaded >= total) return 'ok';
    return {
      seen: `${offloaded} of ${total} layers (${percent(offloaded / total)}) are on the GPU.`,
      remedy: [
        'Try a smaller window and one slot; if that is not enough, a smaller quantisation of the model:',
        sh('metalyard up --context-window 8192 --slots 1'),
      ],
    };
  },
});
