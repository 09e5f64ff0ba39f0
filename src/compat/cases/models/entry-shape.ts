import type { CompatCase } from '../../compat-case.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { get } from '../../vocabulary.ts';

export const entryShape: CompatCase = {
  name: 'entry-shape',
  group: 'models',
  title: 'Each entry has id, type, display_name and created_at',
  contract: 'messages-api §10',
  evidence: 'sdk-types',
  needs: 'modelList',
  async run(target) {
    const { data } = await get(target, '/v1/models');
    for (const entry of data) {
      expect(typeof entry.id === 'string' && entry.type === 'model', 'an id and type model', quote(entry));
      expect(typeof entry.display_name === 'string', 'display_name', quote(entry));
      expect(!Number.isNaN(Date.parse(entry.created_at)), 'created_at, an RFC 3339 time', quote(entry.created_at));
    }
    return pass;
  },
};
