import type { CompatCase } from '../../compat-case.ts';
import { colourTool } from '../../tools.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { answer, blocks, user } from '../../vocabulary.ts';

export const choiceNone: CompatCase = {
  name: 'choice-none',
  group: 'tools',
  title: 'tool_choice {type: none} is answered without a call',
  contract: 'messages-api §4.5',
  evidence: 'sdk-types',
  async run(target) {
    const fields = { tools: [colourTool], tool_choice: { type: 'none' }, messages: [user('Pick a colour.')] };
    const message = await answer(target, fields);
    expect(blocks(message, 'tool_use').length === 0, 'no tool_use', quote(message.content));
    return pass;
  },
};
