import type { CompatCase } from '../../compat-case.ts';
import { colourTool, forced, sizeTool } from '../../tools.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { answer, block } from '../../vocabulary.ts';

export const choiceTool: CompatCase = {
  name: 'choice-tool',
  group: 'tools',
  title: 'tool_choice {type: tool} is answered with a call of that tool',
  contract: 'messages-api §4.5',
  evidence: 'sdk-types',
  refusable: /tool_choice|tools? .*(support|available)/i,
  async run(target) {
    const message = await answer(target, forced(sizeTool, { tools: [colourTool, sizeTool] }));
    const { name } = block(message, 'tool_use');
    expect(name === sizeTool.name, sizeTool.name, quote(name));
    return pass;
  },
};
