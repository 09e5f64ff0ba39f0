import type { CompatCase } from '../../compat-case.ts';
import { endless, expectAlive } from '../../endurance.ts';
import { pass } from '../../verdict.ts';
import { request } from '../../vocabulary.ts';
import { send } from '../../wire/send.ts';

export const leftBeforeAnswer: CompatCase = {
  name: 'left-before-answer',
  group: 'concurrency',
  title: 'A client that leaves before the answer holds nothing up',
  contract: 'messages-api §6',
  evidence: 'measured-client',
  alone: true,
  async run(target) {
    for (let at = 0; at < 8; at++) {
      const leaving = AbortSignal.timeout(20);
      await send(target, { body: request(target, endless), signal: leaving }).catch((error: unknown) => {
        if (!leaving.aborted) throw error;
      });
    }
    await expectAlive(target);
    return pass;
  },
};
