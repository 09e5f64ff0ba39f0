/** A machine in a network without IPv4, which knows its gateway by name or by an IPv6 address. Linux, as root. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { ask, readJson, turn } from '../support/ask.ts';
import { openGateway } from '../support/join-machines.ts';

const space = `my6-${process.pid}`;
const [near, far] = [`my6a${process.pid % 10_000}`, `my6b${process.pid % 10_000}`];
/** Unique local addresses, of this run alone. */
const prefix = `fd6d:79a2:${(process.pid % 65_536).toString(16)}`;
const [gatewayAddress, machineAddress] = [`${prefix}::1`, `${prefix}::2`];
const name = 'gateway.test';

const ip = (...args: string[]) => spawnSync('ip', args, { encoding: 'utf8' });

/** Says why there can be no such network here, or null when there is one. */
function buildNetwork(): string | null {
  if (process.platform !== 'linux') return 'network namespaces exist on Linux only';
  if (process.getuid?.() !== 0) return 'only root may make network namespaces';
  // What `ip netns exec` lays over /etc/hosts.
  mkdirSync(`/etc/netns/${space}`, { recursive: true });
  writeFileSync(`/etc/netns/${space}/hosts`, `::1 localhost\n${gatewayAddress} ${name}\n`);
  const steps = [
    ['netns', 'add', space],
    ['link', 'add', near, 'type', 'veth', 'peer', 'name', far, 'netns', space],
    ['-6', 'addr', 'add', `${gatewayAddress}/64`, 'dev', near, 'nodad'],
    ['link', 'set', near, 'up'],
    ['-n', space, '-6', 'addr', 'add', `${machineAddress}/64`, 'dev', far, 'nodad'],
    ['-n', space, 'link', 'set', far, 'up'],
    ['-n', space, 'link', 'set', 'lo', 'up'],
  ];
  for (const step of steps) {
    const { status, stderr, error } = ip(...step);
    if (status !== 0) return `ip ${step.join(' ')}: ${error?.message ?? stderr.trim()}`;
  }
  return null;
}

function removeNetwork(): void {
  ip('link', 'del', near);
  ip('netns', 'del', space);
  rmSync(`/etc/netns/${space}`, { recursive: true, force: true });
}

test('without IPv4 a machine joins by name and by address, and serves', async (t) => {
  t.after(removeNetwork);
  const why = buildNetwork();
  if (why !== null) return t.skip(why);
  assert.equal(ip('-n', space, '-4', 'route', 'show').stdout, '', 'no way out by IPv4');
  await using yard = await openGateway({
    host: '::',
    hostNames: [name, `[${gatewayAddress}]`],
    engine: { window: 8_192, slots: 2, otherwise: 'Hello over IPv6.' },
  });
  const through = ['ip', 'netns', 'exec', space];
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
