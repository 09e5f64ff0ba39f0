import type { CompatCase } from '../../compat-case.ts';
import { sampleStreams } from '../../samples.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { events, typeOf } from '../../wire/read-stream.ts';

/** Without it Claude Code cannot read the tool call, and other clients never run it. */
export const blocksStopped: CompatCase = {
  name: 'blocks-stopped',
  group: 'streaming',
  title: 'Every block has its content_block_stop, once',
  contract: 'messages-api §6',
  evidence: 'measured-client',
  async run(target) {
    for (const record of await sampleStreams(target)) {
      const of = (type: string) =>
        events(record)
          .filter((frame) => typeOf(frame) === type)
          .map(({ data }) => data.index);
      const [started, stopped] = [of('content_block_start'), of('content_block_stop')];
      expect(quote(started) === quote(stopped), `stops for blocks ${quote(started)}`, `stops for ${quote(stopped)}`);
    }
    return pass;
  },
};
