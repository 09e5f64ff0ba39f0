import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { answer } from '../../vocabulary.ts';

export const metadata: CompatCase = {
  name: 'metadata',
  group: 'messages',
  title: 'metadata.user_id is accepted, also with JSON inside',
  contract: 'messages-api §4.1',
  evidence: 'measured-client',
  async run(target) {
    const metadata = { user_id: JSON.stringify({ device_id: 'd', account_uuid: '', session_id: 's' }) };
    await answer(target, { metadata, max_tokens: 1 });
    return pass;
  },
};
