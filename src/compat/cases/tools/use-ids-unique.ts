import type { CompatCase } from '../../compat-case.ts';
import { bellTool, forced } from '../../tools.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { answer, block } from '../../vocabulary.ts';

export const useIdsUnique: CompatCase = {
  name: 'use-ids-unique',
  group: 'tools',
  title: 'Calls have different ids',
  contract: 'messages-api §5',
  evidence: 'measured-client',
  async run(target) {
    const ids = [];
    for (let at = 0; at < 3; at++) ids.push(block(await answer(target, forced(bellTool)), 'tool_use').id);
    expect(new Set(ids).size === ids.length, 'three different ids', quote(ids));
    return pass;
  },
};
