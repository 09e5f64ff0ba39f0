/** By what names a gateway answers: always by the one it prints, and that its own commands use. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostCheck } from '../gateway/http/allowed-hosts.ts';
import { localUrl } from '../gateway/listening.ts';
import type { DataDirectory } from '../transport/data-directory.ts';
import { chooseReach } from './reach.ts';

const proxied = { behindTlsProxy: true, hostName: 'gateway.example' };
for (const flags of [
  { listen: '127.0.0.1' },
  { listen: '127.0.0.2' },
  { listen: '::1' },
  { listen: 'localhost' },
  { listen: '127.0.0.3', ...proxied },
  { listen: '192.0.2.9', ...proxied },
  { listen: '0.0.0.0', ...proxied },
]) {
  const how = 'behindTlsProxy' in flags ? ' behind a proxy' : '';
  test(`a gateway that listens at ${flags.listen}${how} answers to its own address`, async () => {
    // Nothing is read from it without TLS.
    const { reach, hostNames } = await chooseReach(flags, {} as DataDirectory);
    const { host } = new URL(localUrl(reach, flags.listen, 8787));
    assert.ok(hostCheck(hostNames)(host, {}), host);
    assert.ok(!hostCheck(hostNames)('evil.example:8787', {}));
  });
}

for (const hostName of ['https://yard.home', 'yard.home:8787', '*.home', 'yard home', 'yard.home/']) {
  test(`--host-name ${hostName} is refused: links are made of it`, async () => {
    const flags = { listen: '127.0.0.1', hostName };
    await assert.rejects(
      chooseReach(flags, {} as DataDirectory),
      /--host-name .* without https:\/\/ and without a port/,
    );
  });
}
