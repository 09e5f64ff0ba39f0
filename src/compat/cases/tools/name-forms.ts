import type { CompatCase } from '../../compat-case.ts';
import { bellTool, forced } from '../../tools.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { answer, block } from '../../vocabulary.ts';

/** MCP tools are called mcp__server__tool. */
export const nameForms: CompatCase = {
  name: 'name-forms',
  group: 'tools',
  title: 'Names of tools may hold letters, digits, - and _, and be 64 long',
  contract: 'messages-api §4.5',
  evidence: 'recall',
  async run(target) {
    for (const name of ['mcp__git-hub__list_issues', `A1-_${'x'.repeat(60)}`]) {
      const call = block(await answer(target, forced({ ...bellTool, name })), 'tool_use');
      expect(call.name === name, name, quote(call.name));
    }
    return pass;
  },
};
