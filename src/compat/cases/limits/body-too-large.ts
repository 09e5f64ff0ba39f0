import type { CompatCase } from '../../compat-case.ts';
import { expectAlive } from '../../endurance.ts';
import { degraded, expect, pass } from '../../verdict.ts';
import { sendLargeBody } from '../../wire/raw-http.ts';

export const bodyTooLarge: CompatCase = {
  name: 'body-too-large',
  group: 'limits',
  title: 'A body over 32 MB is a 413, before it is sent',
  contract: 'messages-api §8',
  evidence: 'recorded',
  async run(target) {
    const { status, early } = await sendLargeBody(target, 33 * 1024 * 1024, target.caseTimeMs / 10);
    expect(status === 413, 'status 413', String(status));
    await expectAlive(target);
    return early ? pass : degraded('only after the whole body was sent');
  },
};
