import type { CompatCase } from '../../compat-case.ts';
import { expectPerson, format, person } from '../../shapes.ts';
import { pass } from '../../verdict.ts';
import { answer } from '../../vocabulary.ts';

export const jsonFormatTwin: CompatCase = {
  name: 'json-format-twin',
  group: 'structured-output',
  title: 'output_format, the older twin, does the same',
  contract: 'messages-api §4.1',
  evidence: 'sdk-types',
  refusable: /output_format|format|schema/i,
  async run(target) {
    const headers = { 'anthropic-beta': 'structured-outputs-2025-11-13' };
    expectPerson(await answer(target, { ...person, output_format: format }, { headers }));
    return pass;
  },
};
