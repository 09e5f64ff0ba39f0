import type { CompatCase } from '../../compat-case.ts';
import { expectAlive } from '../../endurance.ts';
import { expect, pass } from '../../verdict.ts';
import { announceBody } from '../../wire/raw-http.ts';

export const bodyTooLarge: CompatCase = {
  name: 'body-too-large',
  group: 'limits',
  title: 'A body over 32 MB is a 413',
  contract: 'messages-api §8',
  evidence: 'recorded',
  async run(target) {
    const seen = await announceBody(target, 33 * 1024 * 1024);
    expect(seen === 413, 'status 413 before the body is sent', String(seen));
    await expectAlive(target);
    return pass;
  },
};
