/** Who may speak to a gateway without TLS: clients of private networks where the owner allows it, and never machines. Linux, as root. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { openGateway } from '../support/join-machines.ts';
import { otherNetwork } from '../support/other-network.ts';

/** RFC 1918, and a network for documentation (RFC 5737), which counts as anywhere. */
const [privately, publicly] = ['10.213.79.1', '198.51.100.1'];
const subnets = [
  { here: privately, there: '10.213.79.2', bits: 24 },
  { here: publicly, there: '198.51.100.2', bits: 24 },
];

/** Asks from there, in clear: a client's question, then a machine's two ways to link. Prints the three statuses. */
const asks = `
  const { request } = require('node:http');
  const [host, port] = process.argv.slice(1);
  const status = (options) => new Promise((resolve, reject) => {
    const asked = request({ host, port, agent: false, ...options }, (response) => resolve(response.resume().statusCode));
    asked.on('error', reject).on('upgrade', (response, socket) => { socket.destroy(); resolve(response.statusCode); }).end();
  });
  const upgrade = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13',
    'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==' };
  (async () => console.log(JSON.stringify([
    await status({ path: '/healthz' }),
    await status({ path: '/metalyard/link', headers: upgrade }),
    await status({ path: '/metalyard/link/open', method: 'POST' }),
  ])))();
`;

for (const [isAllowed, fromPrivate] of [
  [false, [403, 403, 403]],
  [true, [200, 403, 403]],
] as const) {
  test(`a gateway that ${isAllowed ? 'allows' : 'does not allow'} plain http on private networks`, async (t) => {
    using network = otherNetwork({ subnets });
    if (network.missing !== null) return t.skip(network.missing);
    await using yard = await openGateway({
      host: '0.0.0.0',
      hostNames: [privately, publicly],
      plainOnPrivateNetworks: isAllowed,
      engine: { window: 8_192, slots: 1 },
    });
    const statusesFrom = async (address: string): Promise<unknown> => {
      const [program = '', ...rest] = [...network.through, process.execPath, '-e', asks, address];
      const asking = spawn(program, [...rest, String(yard.gateway.port)], { stdio: ['ignore', 'pipe', 'inherit'] });
      return JSON.parse(await text(asking.stdout));
    };
    assert.deepEqual(await statusesFrom(privately), fromPrivate);
    assert.deepEqual(await statusesFrom(publicly), [403, 403, 403]);
  });
}
