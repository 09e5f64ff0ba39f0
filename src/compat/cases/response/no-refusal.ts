import type { CompatCase } from '../../compat-case.ts';
import { textMessage } from '../../samples.ts';
import { expect, pass, quote } from '../../verdict.ts';

/** Claude Code then cancels running tools and ends the turn. */
export const noRefusal: CompatCase = {
  name: 'no-refusal',
  group: 'response',
  title: 'An ordinary question is not answered with stop reason refusal',
  contract: 'messages-api §5',
  evidence: 'measured-client',
  async run(target) {
    const { stop_reason } = await textMessage(target);
    expect(stop_reason !== 'refusal', 'any other stop reason', quote(stop_reason));
    return pass;
  },
};
