import type { CompatCase } from '../../compat-case.ts';
import { expectAlive } from '../../endurance.ts';
import { pass } from '../../verdict.ts';
import { cutRaw } from '../../wire/raw-http.ts';

export const halfRequest: CompatCase = {
  name: 'half-request',
  group: 'concurrency',
  title: 'A client that leaves in the middle of its request breaks nothing',
  contract: 'messages-api §2',
  evidence: 'recall',
  async run(target) {
    const { host } = new URL(target.url);
    const head = `POST /v1/messages HTTP/1.1\r\nhost: ${host}\r\ncontent-length: 1000\r\n`;
    await cutRaw(target, `${head}content-type: application/json\r\n\r\n{"model": "`);
    await expectAlive(target);
    return pass;
  },
};
