import { gzipSync } from 'node:zlib';
import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { expectAnswered, request } from '../../vocabulary.ts';
import { send } from '../../wire/send.ts';

export const compressedBody: CompatCase = {
  name: 'compressed-body',
  group: 'limits',
  title: 'A gzip body is read, or refused by name',
  contract: 'messages-api §2',
  evidence: 'sdk-types',
  refusable: /encoding|compress|gzip/i,
  async run(target) {
    const body = gzipSync(JSON.stringify(request(target, { max_tokens: 1 })));
    expectAnswered(await send(target, { body, headers: { 'content-encoding': 'gzip' } }));
    return pass;
  },
};
