import type { CompatCase } from '../../compat-case.ts';
import { expect, pass, quote } from '../../verdict.ts';
import { stream } from '../../vocabulary.ts';

/** Compression gathers events. */
export const streamUncompressed: CompatCase = {
  name: 'stream-uncompressed',
  group: 'headers',
  title: 'A stream is not compressed, whatever the client accepts',
  contract: 'messages-api §2',
  evidence: 'measured-client',
  async run(target) {
    const headers = { 'accept-encoding': 'gzip, deflate, br, zstd' };
    const record = await stream(target, { max_tokens: 8 }, { headers });
    const seen = record.headers.get('content-encoding');
    expect(seen === null || seen === 'identity', 'no content-encoding', quote(seen));
    return pass;
  },
};
