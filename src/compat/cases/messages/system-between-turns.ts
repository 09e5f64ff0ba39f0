import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { answer, assistant, user } from '../../vocabulary.ts';

export const systemBetweenTurns: CompatCase = {
  name: 'system-between-turns',
  group: 'messages',
  title: 'A system message may stand between later turns, as a plain string',
  contract: 'clients §3',
  evidence: 'measured-client',
  async run(target) {
    const messages = [
      user('Hello'),
      { role: 'system', content: 'Be brief.' },
      assistant('Hello!'),
      { role: 'system', content: 'Be kind.' },
      user('Count from 1 to 9.'),
    ];
    await answer(target, { messages, max_tokens: 1 });
    return pass;
  },
};
