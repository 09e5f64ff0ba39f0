import type { CompatCase } from '../../compat-case.ts';
import { toolMessage } from '../../samples.ts';
import { colourTool } from '../../tools.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { block } from '../../vocabulary.ts';

export const useShape: CompatCase = {
  name: 'use-shape',
  group: 'tools',
  title: 'A tool_use block has id, name and input, an object',
  contract: 'messages-api §5',
  evidence: 'sdk-types',
  async run(target) {
    const call = block(await toolMessage(target), 'tool_use');
    expect(typeof call.id === 'string' && call.id !== '', 'an id', quote(call));
    expect(call.name === colourTool.name, 'the name of the tool', quote(call));
    const { input } = call;
    expect(typeof input === 'object' && input !== null && !Array.isArray(input), 'input, an object', quote(input));
    return pass;
  },
};
