/** Which graphics Ubuntu's PRIME profile lets run. `intel` switches the NVIDIA modules off. */
import { known } from '../../contract/machine/fact.ts';
import { parseWith } from '../parse-with.ts';
import { type Probe, toolTimeoutMs } from '../probe.ts';

const modes = { 'on-demand': 'on-demand', intel: 'integrated-only', nvidia: 'discrete-only' } as const;

export const linuxPrime: Probe = {
  name: 'linux-prime',
  title: 'PRIME profile of a hybrid laptop',
  reads: ['prime-select query'],
  platforms: ['linux'],
  timeoutMs: toolTimeoutMs,
  facts: ['gpu.prime_mode'],
  read: async (io) => [await io.run('prime-select', ['query'])],
  parse: parseWith([], (text, source) => {
    const printed = text.trim();
    return Object.hasOwn(modes, printed)
      ? { 'gpu.prime_mode': known(modes[printed as keyof typeof modes], source) }
      : {};
  }),
};
