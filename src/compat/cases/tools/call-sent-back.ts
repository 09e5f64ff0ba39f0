import type { CompatCase } from '../../compat-case.ts';
import { toolMessage } from '../../samples.ts';
import { question, withColourTool } from '../../tools.ts';
import { pass } from '../../verdict.ts';
import { answer, assistant, block, user } from '../../vocabulary.ts';

export const callSentBack: CompatCase = {
  name: 'call-sent-back',
  group: 'tools',
  title: 'A call goes back into the conversation exactly as it came, with its result',
  contract: 'messages-api §5',
  evidence: 'measured-client',
  async run(target) {
    const { content } = await toolMessage(target);
    const { id } = block({ content }, 'tool_use');
    const result = user([{ type: 'tool_result', tool_use_id: id, content: 'done' }]);
    await answer(target, { ...withColourTool, messages: [question, assistant(content), result] });
    return pass;
  },
};
