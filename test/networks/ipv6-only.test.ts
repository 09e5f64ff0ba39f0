/** A machine in a network without IPv4, which knows its gateway by name or by an IPv6 address. Linux, as root. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, readJson, turn } from '../support/ask.ts';
import { openGateway } from '../support/join-machines.ts';
import { otherNetwork } from '../support/other-network.ts';

/** Unique local addresses, of this run alone. */
const prefix = `fd6d:79a2:${(process.pid % 65_536).toString(16)}`;
const [gatewayAddress, machineAddress] = [`${prefix}::1`, `${prefix}::2`];
const name = 'gateway.test';

test('without IPv4 a machine joins by name and by address, and serves', async (t) => {
  using network = otherNetwork({
    subnets: [{ here: gatewayAddress, there: machineAddress, bits: 64 }],
    hosts: [`${gatewayAddress} ${name}`],
  });
  if (network.missing !== null) return t.skip(network.missing);
  await using yard = await openGateway({
    host: '::',
    hostNames: [name, `[${gatewayAddress}]`],
    engine: { window: 8_192, slots: 2, otherwise: 'Hello over IPv6.' },
  });
  const { through } = network;
  const pin = ['--pin', yard.certificate.fingerprint];
  const { port } = yard.gateway;
  const byAddress = { through, url: `https://[${gatewayAddress}]:${port}` };
  const byName = { through, url: `https://${name}:${port}` };
  const [one, other] = await Promise.all([
    yard.join('by-address', await yard.token(true), pin, byAddress),
    yard.join('by-name', await yard.token(true), pin, byName),
  ]);
  assert.equal(one.status, 0, one.output);
  assert.equal(other.status, 0, other.output);
  yard.startAgent('by-name', byName);
  await yard.whenLinked('by-name');
  const model = yard.gateway.models()[0]?.id ?? '';
  const answer = await readJson(await ask({ url: yard.gateway.url, key: yard.key }, turn(model, 'Hi')));
  assert.equal(answer.content[0].text, 'Hello over IPv6.');
});
