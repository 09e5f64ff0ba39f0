import type { CompatCase } from '../../compat-case.ts';
import { expectAlive, leaveStream } from '../../endurance.ts';
import { pass } from '../../verdict.ts';

export const streamLeft: CompatCase = {
  name: 'stream-left',
  group: 'concurrency',
  title: 'A client that leaves a stream holds nothing up',
  contract: 'messages-api §6',
  evidence: 'measured-client',
  alone: true,
  async run(target) {
    for (let at = 0; at < 8; at++) await leaveStream(target);
    await expectAlive(target);
    return pass;
  },
};
