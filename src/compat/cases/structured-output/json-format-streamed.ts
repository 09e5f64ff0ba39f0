import type { CompatCase } from '../../compat-case.ts';
import { expectPerson, format, person } from '../../shapes.ts';
import { pass } from '../../verdict.ts';
import { streamed } from '../../vocabulary.ts';

export const jsonFormatStreamed: CompatCase = {
  name: 'json-format-streamed',
  group: 'structured-output',
  title: 'A streamed answer fits the schema as well',
  contract: 'messages-api §4.7',
  evidence: 'sdk-types',
  refusable: /output_config|format|schema/i,
  async run(target) {
    expectPerson(await streamed(target, { ...person, output_config: { format } }));
    return pass;
  },
};
