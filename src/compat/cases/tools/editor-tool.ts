import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { answer } from '../../vocabulary.ts';

export const editorTool: CompatCase = {
  name: 'editor-tool',
  group: 'tools',
  title: 'The text editor tool is accepted without a schema from the client',
  contract: 'messages-api §4.5',
  evidence: 'sdk-types',
  refusable: /text_editor|tools\.0|tool type/i,
  async run(target) {
    const tool = { type: 'text_editor_20250728', name: 'str_replace_based_edit_tool' };
    await answer(target, { tools: [tool], max_tokens: 1 });
    return pass;
  },
};
