import type { CompatCase } from '../../compat-case.ts';
import { bellTool } from '../../tools.ts';
import { expect, pass } from '../../verdict.ts';
import { ask, expectRefusal, saidBy } from '../../vocabulary.ts';

export const manyTools: CompatCase = {
  name: 'many-tools',
  group: 'limits',
  title: '300 tools are served, or refused by name',
  contract: 'messages-api §8',
  evidence: 'recall',
  async run(target) {
    const tools = Array.from({ length: 300 }, (_, at) => ({ ...bellTool, name: `tool_${at}` }));
    const reply = await ask(target, { tools, max_tokens: 1 });
    expect(reply.status < 500, 'an answer below 500', `status ${reply.status}: ${saidBy(reply)}`);
    if (reply.status !== 200) expectRefusal(reply, { message: /tools|prompt is too long|context/i });
    return pass;
  },
};
