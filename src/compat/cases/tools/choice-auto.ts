import type { CompatCase } from '../../compat-case.ts';
import { colourTool } from '../../tools.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { answer, blocks, user } from '../../vocabulary.ts';

export const choiceAuto: CompatCase = {
  name: 'choice-auto',
  group: 'tools',
  title: 'tool_choice {type: auto} is accepted, and calls name a tool that was sent',
  contract: 'messages-api §4.5',
  evidence: 'sdk-types',
  async run(target) {
    const fields = { tools: [colourTool], tool_choice: { type: 'auto' }, messages: [user('Pick a colour.')] };
    const message = await answer(target, { ...fields, max_tokens: 128 });
    const odd = blocks(message, 'tool_use').find(({ name }) => name !== colourTool.name);
    expect(odd === undefined, 'calls of pick_colour only', quote(odd));
    return pass;
  },
};
