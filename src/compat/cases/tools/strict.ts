import type { CompatCase } from '../../compat-case.ts';
import { colours, colourTool, forced } from '../../tools.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { answer, block } from '../../vocabulary.ts';

export const strict: CompatCase = {
  name: 'strict',
  group: 'tools',
  title: 'strict: true is accepted, and the input fits the schema',
  contract: 'messages-api §4.5',
  evidence: 'sdk-types',
  refusable: /strict/i,
  async run(target) {
    const { input } = block(await answer(target, forced({ ...colourTool, strict: true })), 'tool_use');
    expect(colours.includes(input?.colour), `a colour of ${quote(colours)}`, quote(input));
    return pass;
  },
};
