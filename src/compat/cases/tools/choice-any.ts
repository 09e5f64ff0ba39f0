import type { CompatCase } from '../../compat-case.ts';
import { colourTool, sizeTool } from '../../tools.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { answer, block } from '../../vocabulary.ts';

export const choiceAny: CompatCase = {
  name: 'choice-any',
  group: 'tools',
  title: 'tool_choice {type: any} is answered with a call of one of the tools',
  contract: 'messages-api §4.5',
  evidence: 'sdk-types',
  refusable: /tool_choice|tools? .*(support|available)/i,
  async run(target) {
    const tools = [colourTool, sizeTool];
    const message = await answer(target, { tools, tool_choice: { type: 'any' }, max_tokens: 512 });
    const { name } = block(message, 'tool_use');
    expect(
      tools.some((tool) => tool.name === name),
      'one of the tools sent',
      quote(name),
    );
    return pass;
  },
};
