import type { CompatCase } from '../../compat-case.ts';
import { colourTool } from '../../tools.ts';
import { pass } from '../../verdict.ts';
import { refuse } from '../../vocabulary.ts';

export const choiceUnknownTool: CompatCase = {
  name: 'choice-unknown-tool',
  group: 'validation',
  title: 'tool_choice must name a tool that was sent',
  contract: 'messages-api §4.5',
  evidence: 'recall',
  async run(target) {
    const tool_choice = { type: 'tool', name: 'no_such_tool' };
    await refuse(target, { tools: [colourTool], tool_choice }, { message: /tool/i });
    return pass;
  },
};
