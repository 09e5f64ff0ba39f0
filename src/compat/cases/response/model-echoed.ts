import type { CompatCase } from '../../compat-case.ts';
import { textMessage } from '../../samples.ts';
import { degraded, expect, pass, quote } from '../../verdict.ts';

export const modelEchoed: CompatCase = {
  name: 'model-echoed',
  group: 'response',
  title: 'The answer names the model that was asked for',
  contract: 'messages-api §5',
  evidence: 'sdk-types',
  async run(target) {
    const { model } = await textMessage(target);
    expect(typeof model === 'string' && model !== '', 'the name of a model', quote(model));
    if (model !== target.model) return degraded(`it names ${quote(model)}`);
    return pass;
  },
};
