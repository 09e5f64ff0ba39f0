import type { CompatCase } from '../../compat-case.ts';
import { expect, pass } from '../../verdict.ts';
import { get } from '../../vocabulary.ts';

const keys = [
  'batch',
  'citations',
  'code_execution',
  'context_management',
  'effort',
  'image_input',
  'pdf_input',
  'server_tools',
  'structured_outputs',
  'thinking',
];

export const capabilitiesWhole: CompatCase = {
  name: 'capabilities-whole',
  group: 'models',
  title: 'capabilities is null or has every key',
  contract: 'messages-api §10',
  evidence: 'sdk-types',
  needs: 'modelList',
  async run(target) {
    const { capabilities = null } = (await get(target, '/v1/models')).data[0];
    if (capabilities === null) return pass;
    const absent = keys.filter((key) => typeof capabilities[key]?.supported !== 'boolean');
    expect(absent.length === 0, 'supported true or false for each', `none for ${absent.join(', ')}`);
    return pass;
  },
};
