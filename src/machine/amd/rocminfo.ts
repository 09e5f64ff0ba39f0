/**
 * `rocminfo`: HSA agents, of which the first is always the processor. The one ROCm tool that also
 * works inside WSL.
 */
import { known, unknown } from '../../contract/machine/fact.ts';
import type { Gpu } from '../../contract/machine/facts.ts';
import { parseWith } from '../parse-with.ts';
import { type Probe, toolTimeoutMs } from '../probe.ts';
import { record } from '../text/key-values.ts';
import { integer, kibi } from '../text/numbers.ts';
import { amdGpu } from './amd-gpu.ts';
import { gfxPattern } from './targets.ts';

export const rocminfo: Probe = {
  name: 'rocminfo',
  title: 'AMD GPUs as HSA agents',
  reads: ['rocminfo'],
  platforms: ['linux'],
  timeoutMs: toolTimeoutMs,
  facts: ['amd.gpus'],
  async read(io) {
    const reading = await io.run('rocminfo', []);
    return [reading.failure?.reason === 'absent' ? await io.run('/opt/rocm/bin/rocminfo', []) : reading];
  },
  parse: parseWith(['amd.gpus'], (text, source) => {
    const agents = text.split(/^Agent \d+\s*$/m).slice(1);
    if (agents.length === 0) return {};
    const gpus = agents.flatMap((agent): Gpu[] => {
      const values = record(agent);
      return values['Device Type'] === 'GPU' ? [agentGpu(agent, values, source)] : [];
    });
    // A paste that ends after the processor does not say that there is no GPU.
    const whole = /^\*\*\* Done \*\*\*/m.test(text);
    if (gpus.length === 0 && !whole)
      return { 'amd.gpus': unknown('not-reported', 'only processors are listed so far', source) };
    return {
      'amd.gpus': known(
        gpus.map((gpu, index) => ({ ...gpu, index })),
        source,
      ),
    };
  }),
};

function agentGpu(agent: string, values: Readonly<Record<string, string>>, source: string): Gpu {
  // The first pool of a card is its own memory.
  const pool = /Segment:\s+GLOBAL[^\n]*\n\s+Size:\s+(\d+)\(0x[0-9a-f]+\) KB/.exec(agent)?.[1];
  const size = integer(pool);
  const gfx = values.Name;
  const chip = /\(0x([0-9a-f]{4})\)$/.exec(values['Chip ID'] ?? '')?.[1];
  return amdGpu(
    {
      index: 0,
      name: values['Marketing Name'] || undefined,
      gfx: gfx !== undefined && gfxPattern.test(gfx) ? gfx : undefined,
      deviceId: chip,
      totalBytes: size === undefined ? undefined : size * kibi,
    },
    source,
  );
}
