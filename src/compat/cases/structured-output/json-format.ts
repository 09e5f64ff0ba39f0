import type { CompatCase } from '../../compat-case.ts';
import { expectPerson, format, person } from '../../shapes.ts';
import { pass } from '../../verdict.ts';
import { answer } from '../../vocabulary.ts';

/** Claude Code's titles depend on it. */
export const jsonFormat: CompatCase = {
  name: 'json-format',
  group: 'structured-output',
  title: 'output_config.format gives text that fits the schema',
  contract: 'messages-api §4.7',
  evidence: 'measured-client',
  refusable: /output_config|format|schema/i,
  async run(target) {
    const message = await answer(target, { ...person, output_config: { format } });
    expectPerson(message);
    return pass;
  },
};
