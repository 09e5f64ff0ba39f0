import type { CompatCase } from '../../compat-case.ts';
import { textMessage } from '../../samples.ts';
import { expect, pass, quote } from '../../verdict.ts';

export const stopReasonKnown: CompatCase = {
  name: 'stop-reason-known',
  group: 'response',
  title: 'The stop reason is one of the documented ones',
  contract: 'messages-api §5',
  evidence: 'sdk-types',
  async run(target) {
    const { stop_reason } = await textMessage(target);
    const known = ['end_turn', 'max_tokens', 'stop_sequence', 'tool_use', 'pause_turn'];
    expect(known.includes(stop_reason), `one of ${known.join(', ')}`, quote(stop_reason));
    return pass;
  },
};
