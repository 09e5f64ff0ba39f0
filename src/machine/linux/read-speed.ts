/**
 * How fast the models' disk reads, measured with a quarter of a gigabyte of the model file past the
 * page cache (`dd iflag=direct`): what was read once would otherwise come from memory. Asked for only:
 * a disk that is measured is busy.
 */
import { known } from '../../contract/machine/fact.ts';
import { parseWith } from '../parse-with.ts';
import { type Probe, toolTimeoutMs } from '../probe.ts';
import { mebi } from '../text/numbers.ts';

const blockMib = 4;
const blocks = 64;
/** Less than this is over before the disk has got going. */
const leastBytes = 16 * mebi;

export const linuxReadSpeed: Probe = {
  name: 'linux-read-speed',
  title: "measured read speed of the models' disk",
  reads: [`dd if=MODEL of=/dev/null bs=${blockMib}M count=${blocks} iflag=direct`],
  platforms: ['linux'],
  onDemand: true,
  timeoutMs: toolTimeoutMs,
  facts: ['disk.models_read_bytes_per_s'],
  async read(io) {
    const reading = await io.run('dd', [
      `if=${io.modelsPath}`,
      'of=/dev/null',
      `bs=${blockMib}M`,
      `count=${blocks}`,
      'iflag=direct',
    ]);
    // The path may have a user's name in it.
    return [{ ...reading, source: `dd iflag=direct bs=${blockMib}M count=${blocks}` }];
  },
  parse: parseWith(['disk.models_read_bytes_per_s'], (text, source) => {
    const match = /^(\d{1,15}) bytes (?:\([^)\n]{1,60}\) )?copied, (\d{1,6}(?:\.\d{1,9})?(?:e-\d{1,2})?) s,/m.exec(
      text,
    );
    const [bytes, seconds] = [Number(match?.[1]), Number(match?.[2])];
    if (!(bytes >= leastBytes && seconds > 0)) return {};
    return { 'disk.models_read_bytes_per_s': known(Math.round(bytes / seconds), source) };
  }),
};
