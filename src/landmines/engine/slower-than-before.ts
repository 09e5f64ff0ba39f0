import { knownValue } from '../../contract/machine/fact.ts';
import { landmine } from '../landmine.ts';
import { measured } from '../sources.ts';
import { percent } from '../words.ts';

/** Speed varies by itself (other programs, heat); below this share of its best it does not. */
const lowShare = 0.6;

export const slowerThanBefore = landmine({
  code: 'slower-than-before',
  title: 'The engine is slower than it should be',
  group: 'engine',
  severity: 'slows',
  dependsOn: [
    'system-memory-fallback',
    'gpu-throttled',
    'cpu-fallback',
    'partial-offload',
    'on-battery',
    'battery-saver',
    'power-saver-plan',
    'memory-pressure',
    'swap-filling',
    'mac-fanless',
    'driver-changed',
  ],
  needs: ['engine.speed_ratio'],
  reads: ['engine.tokens_per_s', 'engine.speed_basis'],
  means:
    'Something takes speed away that could be there: heat, power saving, another program, a new driver, or memory that spills.',
  story:
    'The agent times the answers its engine gives (alone, after a short prompt, without a grammar) and compares the middle one of the last ' +
    'five with its own best for the same model, build and device. That also finds what no sensor tells: on Apple silicon no command without ' +
    'root reports that the chip slows down from heat. So that a first start is judged too, the speed is held against half of what the ' +
    'bandwidth of the GPU allows as well, where one GPU of a known model holds all layers and memory is what bounds it.',
  sources: [
    measured('pmset -g therm reports nothing on Apple silicon even while throttling (capture, 2021-12)', '2026-11'),
  ],
  example: { 'engine.speed_ratio': 0.4, 'engine.tokens_per_s': 17, 'engine.speed_basis': 'own-best' },
  counterExample: { 'engine.speed_ratio': 0.93, 'engine.tokens_per_s': 40, 'engine.speed_basis': 'own-best' },
  judge({ 'engine.speed_ratio': ratio }, facts) {
    if (ratio >= lowShare) return 'ok';
    const speed = knownValue(facts['engine.tokens_per_s']);
    const byBandwidth = knownValue(facts['engine.speed_basis']) === 'bandwidth';
    return {
      seen:
        `The engine writes ${speed === undefined ? '' : `${speed} tokens/s, which is `}${percent(ratio)} of ` +
        `${byBandwidth ? 'the speed that the bandwidth of its GPU lets expect' : 'the best speed it had here with this model'}.`,
      remedy: [
        'Mend what stands above this, if anything does; otherwise look for other programs at work, and let the machine cool down.',
      ],
      effect: { kind: 'slower', factor: ratio },
    };
  },
});
