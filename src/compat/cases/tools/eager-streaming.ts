import type { CompatCase } from '../../compat-case.ts';
import { bellTool, forced } from '../../tools.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { block, stream } from '../../vocabulary.ts';
import { foldStream } from '../../wire/fold-stream.ts';

/** pi sends it on every tool. */
export const eagerStreaming: CompatCase = {
  name: 'eager-streaming',
  group: 'tools',
  title: 'eager_input_streaming on a tool is accepted',
  contract: 'messages-api §4.5',
  evidence: 'measured-client',
  async run(target) {
    const message = foldStream(await stream(target, forced({ ...bellTool, eager_input_streaming: true })));
    expect(block(message, 'tool_use').name === bellTool.name, 'a call of ring_bell', quote(message.content));
    return pass;
  },
};
