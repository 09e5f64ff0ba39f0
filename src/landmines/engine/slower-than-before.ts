import { landmine } from '../landmine.ts';
import { measured } from '../sources.ts';
import { percent } from '../words.ts';

/** Speed varies by itself (other programs, heat); below this share of its best it does not. */
const lowShare = 0.6;

export const slowerThanBefore = landmine({
  code: 'slower-than-before',
  title: 'The engine is slower than this machine has been',
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
  means:
    'Something takes speed away that was there before: heat, power saving, another program, a new driver, or memory that spills.',
  story:
    'The agent compares tokens per second with its own best for the same model. No table is needed for that, and it also finds what no ' +
    'sensor tells: on Apple silicon no command without root reports that the chip slows down from heat.',
  sources: [
    measured('pmset -g therm reports nothing on Apple silicon even while throttling (capture, 2021-12)', '2026-11'),
  ],
  example: { 'engine.speed_ratio': 0.4 },
  counterExample: { 'engine.speed_ratio': 0.93 },
  judge({ 'engine.speed_ratio': ratio }) {
    if (ratio >= lowShare) return 'ok';
    return {
      seen: `The engine runs at ${percent(ratio)} of the best speed it had here with this model.`,
      remedy: [
        'Mend what stands above this, if anything does; otherwise look for other programs at work, and let the machine cool down.',
      ],
      effect: { kind: 'slower', factor: ratio },
    };
  },
});
