import type { CompatCase } from '../../compat-case.ts';
import { forced } from '../../tools.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { answer, block } from '../../vocabulary.ts';

export const bashTool: CompatCase = {
  name: 'bash-tool',
  group: 'tools',
  title: 'The bash tool works without a schema from the client',
  contract: 'messages-api §4.5',
  evidence: 'sdk-types',
  refusable: /bash|tools\.0|tool type/i,
  async run(target) {
    const tool = { type: 'bash_20250124', name: 'bash' };
    const { name } = block(await answer(target, forced(tool)), 'tool_use');
    expect(name === 'bash', 'a call of bash', quote(name));
    return pass;
  },
};
