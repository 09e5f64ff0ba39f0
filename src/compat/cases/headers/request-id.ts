import type { CompatCase } from '../../compat-case.ts';
import { degraded, expect, pass, quote } from '../../verdict.ts';
import { ask, stream } from '../../vocabulary.ts';

/** Support, logs and `err.requestID` of the SDKs live on it. */
export const requestId: CompatCase = {
  name: 'request-id',
  group: 'headers',
  title: 'Every answer has a request-id that begins with req_, and no two the same',
  contract: 'messages-api §3',
  evidence: 'sdk-types',
  async run(target) {
    const ids = [];
    for (const fields of [{ max_tokens: 1 }, { max_tokens: 1 }, { max_tokens: 'many' }]) {
      ids.push((await ask(target, fields)).headers.get('request-id'));
    }
    ids.push((await stream(target, { max_tokens: 1 })).headers.get('request-id'));
    expect(
      ids.every((id) => id !== null && id !== ''),
      'a request-id on messages, errors and streams',
      quote(ids),
    );
    expect(new Set(ids).size === ids.length, 'a different one each time', quote(ids));
    const odd = ids.find((id) => !id?.startsWith('req_'));
    return odd === undefined ? pass : degraded(`an id such as ${quote(odd)}`);
  },
};
