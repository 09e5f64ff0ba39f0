import type { CompatCase } from '../../compat-case.ts';
import { longSentence } from '../../prompt-size.ts';
import { callAndResult, colourTool, question, sizeTool } from '../../tools.ts';
import { expect, pass } from '../../verdict.ts';
import { count, text } from '../../vocabulary.ts';

export const deferredLoaded: CompatCase = {
  name: 'deferred-loaded',
  group: 'tools',
  title: 'A tool_reference in a tool result loads a deferred tool',
  contract: 'clients §3',
  evidence: 'measured-client',
  needs: 'counting',
  async run(target) {
    const tools = [colourTool, { ...sizeTool, description: longSentence, defer_loading: true }];
    const asked = (content: unknown) => ({ tools, messages: [question, ...callAndResult({ content })] });
    const hidden = await count(target, asked([text('found')]));
    const loaded = await count(target, asked([{ type: 'tool_reference', tool_name: sizeTool.name }]));
    expect(loaded > hidden + 10, `well over ${hidden} tokens`, `${loaded}`);
    return pass;
  },
};
