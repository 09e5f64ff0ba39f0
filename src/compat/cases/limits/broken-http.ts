import type { CompatCase } from '../../compat-case.ts';
import { expectAlive } from '../../endurance.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { writeRaw } from '../../wire/raw-http.ts';

export const brokenHttp: CompatCase = {
  name: 'broken-http',
  group: 'limits',
  title: 'What is no HTTP is a 400, and the server goes on',
  contract: 'messages-api §8',
  evidence: 'recall',
  async run(target) {
    const seen = await writeRaw(target, 'NONSENSE\r\n\r\n');
    expect(
      seen === '' || /^HTTP\/1\.[01] 400/.test(seen),
      'status 400, or a closed connection',
      quote(seen.slice(0, 80)),
    );
    await expectAlive(target);
    return pass;
  },
};
