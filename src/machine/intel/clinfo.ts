/** Intel GPUs by OpenCL's list. It has names only; platform numbers mean nothing beyond one machine. */
import { known, unknown } from '../../contract/machine/fact.ts';
import type { Gpu } from '../../contract/machine/facts.ts';
import { parseWith } from '../parse-with.ts';
import { type Probe, toolTimeoutMs } from '../probe.ts';
import { lines } from '../text/lines.ts';
import { intelShares } from './names.ts';

export const intelClinfo: Probe = {
  name: 'clinfo',
  title: 'Intel GPUs by OpenCL',
  reads: ['clinfo -l'],
  platforms: ['linux', 'windows'],
  timeoutMs: toolTimeoutMs,
  facts: ['intel.gpus'],
  read: async (io) => [await io.run('clinfo', ['-l'])],
  parse: parseWith([], (text, source) => {
    if (!/^Platform #\d+: /m.test(text)) return {};
    const none = unknown('not-reported', 'OpenCL does not tell', source);
    const names = lines(text).flatMap((line) => {
      const name = /^\s+.-- Device #\d+: (.+?)(?: \[0x[0-9a-f]+\])?\s*$/.exec(line)?.[1];
      return name !== undefined && /^Intel/.test(name) && !/\bCPU\b/.test(name) ? [name] : [];
    });
    const gpus = names.map((name, index): Gpu => {
      const shares = intelShares(name);
      return {
        vendor: 'intel',
        index,
        name: known(name, source),
        vram_total_bytes: none,
        vram_used_bytes: none,
        vram_free_bytes: none,
        unified: shares === undefined ? none : known(shares, source),
        display_attached: none,
      };
    });
    return { 'intel.gpus': known(gpus, source) };
  }),
};
