import type { CompatCase } from '../../compat-case.ts';
import { longSentence } from '../../prompt-size.ts';
import { colourTool, sizeTool } from '../../tools.ts';
import { expect, pass } from '../../verdict.ts';
import { count } from '../../vocabulary.ts';

/** Claude Code defers by default; thousands of tokens a turn hang on it. */
export const deferredHidden: CompatCase = {
  name: 'deferred-hidden',
  group: 'tools',
  title: 'A tool with defer_loading is not shown to the model',
  contract: 'clients §1',
  evidence: 'measured-client',
  needs: 'counting',
  async run(target) {
    const bare = await count(target, { tools: [colourTool] });
    const deferred = { ...sizeTool, description: longSentence, defer_loading: true };
    const more = await count(target, { tools: [colourTool, deferred] });
    expect(more === bare, `${bare} tokens, as without the tool`, `${more}`);
    return pass;
  },
};
