import type { CompatCase } from '../../compat-case.ts';
import { toolMessage } from '../../samples.ts';
import { expect, pass, quote } from '../../verdict.ts';

export const useStopReason: CompatCase = {
  name: 'use-stop-reason',
  group: 'tools',
  title: 'An answer with a call ends with stop_reason tool_use',
  contract: 'messages-api §5',
  evidence: 'sdk-types',
  async run(target) {
    const { stop_reason } = await toolMessage(target);
    expect(stop_reason === 'tool_use', 'stop_reason tool_use', quote(stop_reason));
    return pass;
  },
};
