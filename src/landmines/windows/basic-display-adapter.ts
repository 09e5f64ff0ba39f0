import { landmine } from '../landmine.ts';
import { unverified } from '../sources.ts';

export const basicDisplayAdapter = landmine({
  code: 'basic-display-adapter',
  title: 'Windows runs a GPU with its emergency driver',
  group: 'windows',
  severity: 'breaks',
  on: ['windows'],
  needs: ['windows.basic_display'],
  means: 'The "Microsoft Basic Display Adapter" draws a picture and computes nothing. The GPU cannot be used.',
  story:
    "Windows falls back to this driver when the vendor's is missing, was removed, or failed at the last start. Virtual adapters (remote " +
    'desktop, game streaming) are something else and are not counted.',
  sources: [unverified('What the adapter name stands for; seen in public device lists')],
  example: { 'os.family': 'windows', 'windows.basic_display': true },
  counterExample: { 'os.family': 'windows', 'windows.basic_display': false },
  judge({ 'windows.basic_display': basic }) {
    if (!basic) return 'ok';
    return {
      seen: 'One of the display adapters is the "Microsoft Basic Display Adapter".',
      remedy: ['Install the driver of the GPU (nvidia.com, amd.com, intel.com), then restart.'],
    };
  },
});
