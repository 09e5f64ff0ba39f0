/**
 * How fast the models' disk reads, on systems whose tools cannot read past the cache of files (macOS, Windows).
 * A quarter of a gigabyte of the model file is read twice, from its middle, which nobody has read yet (a header
 * is at the start). The second time it comes from memory: a first time that was as fast did too, and says nothing
 * of the disk. Asked for only: a disk that is measured is busy.
 *
 * A process of its own reads, so that a disk that never answers keeps no thread of the agent.
 */
import { known, unknown } from '../../contract/machine/fact.ts';
import { parseWith } from '../parse-with.ts';
import { type Probe, toolTimeoutMs } from '../probe.ts';
import { mebi } from '../text/numbers.ts';

const blockBytes = 4 * mebi;
const blocks = 64;
/** Less than this is over before the disk has got going. */
const leastBytes = 16 * mebi;
/** The first reading must take this many times the second, to have come from the disk. */
const slowerThanMemory = 1.5;

const script = `
const fs = require('node:fs');
const file = fs.openSync(process.argv[1], 'r');
const size = fs.fstatSync(file).size;
const most = Math.min(size, ${blockBytes * blocks});
const from = Math.floor((size - most) / 2 / 4096) * 4096;
const block = Buffer.alloc(${blockBytes});
const seconds = () => {
  const start = process.hrtime.bigint();
  let done = 0;
  while (done < most) {
    const read = fs.readSync(file, block, 0, Math.min(block.length, most - done), from + done);
    if (read === 0) break;
    done += read;
  }
  return [done, Number(process.hrtime.bigint() - start) / 1e9];
};
const [bytes, first] = seconds();
const [, again] = seconds();
console.log(bytes + ' bytes in ' + first.toFixed(6) + ' s, again in ' + again.toFixed(6) + ' s');
`;

const label = 'two readings of the middle of the model file';

export const hostReadSpeed: Probe = {
  name: 'host-read-speed',
  title: "measured read speed of the models' disk",
  reads: [label],
  platforms: ['macos', 'windows'],
  onDemand: true,
  timeoutMs: toolTimeoutMs,
  facts: ['disk.models_read_bytes_per_s'],
  async read(io) {
    const reading = await io.run(process.execPath, ['-e', script, '--', io.modelsPath]);
    // The path may have a user's name in it.
    return [{ ...reading, source: label }];
  },
  parse: parseWith(['disk.models_read_bytes_per_s'], (text, source) => {
    const match = /^(\d{1,15}) bytes in (\d{1,6}\.\d{1,9}) s, again in (\d{1,6}\.\d{1,9}) s$/m.exec(text);
    const [bytes, first, again] = [Number(match?.[1]), Number(match?.[2]), Number(match?.[3])];
    if (!(bytes >= leastBytes && first > 0 && again > 0)) return {};
    if (first < again * slowerThanMemory)
      return {
        'disk.models_read_bytes_per_s': unknown(
          'not-reported',
          'the file was in memory already, or the disk is as fast as memory',
          source,
        ),
      };
    return { 'disk.models_read_bytes_per_s': known(Math.round(bytes / first), source) };
  }),
};
