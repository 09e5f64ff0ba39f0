import { knownValue } from '../../contract/machine/fact.ts';
import type { Gpu } from '../../contract/machine/facts.ts';
import { gpu } from '../examples.ts';
import { gpuNames } from '../gpus.ts';
import { landmine } from '../landmine.ts';
import { capture, unverified } from '../sources.ts';
import { bytes, gib, mib } from '../words.ts';

/** The window a card shows without resizable BAR, of old. */
const smallWindow = 256 * mib;

const card = (visible: number): Gpu => ({
  ...gpu({ vendor: 'amd', name: 'AMD Radeon RX 6700 XT', totalMib: 12_272 }),
  visible_vram_bytes: { known: true, value: visible, source: 'example' },
});

export const amdSmallWindow = landmine({
  code: 'amd-small-window',
  title: 'The processor sees 256 MiB of the AMD card at a time',
  group: 'amd',
  severity: 'notes',
  on: ['linux'],
  only: ['amd'],
  needs: ['amd.gpus'],
  means: 'Models load more slowly than they could. Once loaded they run as fast.',
  story:
    'Without resizable BAR (AMD calls it Smart Access Memory) a card shows the processor a window of 256 MiB, and a model is copied through it ' +
    'piece by piece. Most boards since 2020 have the setting; it needs the firmware to start in UEFI mode.',
  sources: [
    capture('rocm-smi of an RX 6700 XT and of a Vega 10, with a window of 256 MiB', '2026-08-21'),
    unverified('how much time a larger window saves'),
  ],
  example: { 'os.family': 'linux', 'amd.gpus': [card(smallWindow)] },
  counterExample: { 'os.family': 'linux', 'amd.gpus': [card(12 * gib)] },
  judge({ 'amd.gpus': gpus }) {
    if (gpus.length === 0) return 'not-applicable';
    const told = gpus.filter(({ visible_vram_bytes: visible }) => visible?.known === true);
    if (told.length === 0) return { cannotTell: 'no tool tells how much of its memory the processor can reach' };
    const small = told.filter((each) => {
      const total = knownValue(each.vram_total_bytes);
      return knownValue(each.visible_vram_bytes) === smallWindow && total !== undefined && total > smallWindow;
    });
    if (small.length === 0) return 'ok';
    return {
      seen: `${gpuNames(small)}: ${bytes(smallWindow)} of ${bytes(knownValue(small[0]!.vram_total_bytes)!)} can be reached.`,
      remedy: ['Switch on "Resizable BAR" and "Above 4G decoding" in the firmware settings of the board.'],
    };
  },
});
