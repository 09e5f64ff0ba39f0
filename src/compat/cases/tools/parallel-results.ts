import type { CompatCase } from '../../compat-case.ts';
import { colourTool, question, withColourTool } from '../../tools.ts';
import { pass } from '../../verdict.ts';
import { answer, assistant, user } from '../../vocabulary.ts';

export const parallelResults: CompatCase = {
  name: 'parallel-results',
  group: 'tools',
  title: 'Results of parallel calls come in one message, also in another order',
  contract: 'clients §3',
  evidence: 'measured-client',
  async run(target) {
    const call = (id: string) => ({ type: 'tool_use', id, name: colourTool.name, input: { colour: 'red' } });
    const result = (id: string) => ({ type: 'tool_result', tool_use_id: id, content: 'done' });
    const turns = [assistant([call('toolu_a'), call('toolu_b')]), user([result('toolu_b'), result('toolu_a')])];
    await answer(target, { ...withColourTool, messages: [question, ...turns] });
    return pass;
  },
};
