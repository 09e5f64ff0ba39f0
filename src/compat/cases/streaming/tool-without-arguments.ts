import type { CompatCase } from '../../compat-case.ts';
import { bellStream } from '../../samples.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { block } from '../../vocabulary.ts';
import { foldStream } from '../../wire/fold-stream.ts';

export const toolWithoutArguments: CompatCase = {
  name: 'tool-without-arguments',
  group: 'streaming',
  title: 'A call of a tool without arguments comes as {} or without any piece',
  contract: 'messages-api §6',
  evidence: 'recorded',
  async run(target) {
    const { input } = block(foldStream(await bellStream(target)), 'tool_use');
    expect(quote(input) === '{}', 'input {}', quote(input));
    return pass;
  },
};
