/**
 * Two idle machines behind proxies that cut whatever is silent for 60 s, one linked by WebSocket, one by plain requests:
 * neither link may be cut.
 *
 *     npm run idle-links -- --minutes 10
 *
 * Takes no CPU to speak of. Exits with 1 when a connection was cut, or the WebSocket had to be made again; requests may come
 * over new connections as they like.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as passed } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { certificateAuthority } from '../test/support/authority.ts';
import { connectProxy } from '../test/support/connect-proxy.ts';
import { openGateway } from '../test/support/join-machines.ts';
import { troubledProxy } from '../test/support/troubled-proxy.ts';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' } } });
const idleMs = 60_000;
const name = 'gateway.test';

await using office = await openGateway({ engine: { window: 8_192, slots: 2, otherwise: 'Hi.' }, hostNames: [name] });
await using withoutSockets = await troubledProxy(office.gateway.url, 'refuses');
const authority = await certificateAuthority();
const caFile = join(office.scratch, 'authority.pem');
writeFileSync(caFile, authority.certificate);
const opensWith = await authority.issue(name);
const behind = (port: number) => connectProxy({ destinations: { [`${name}:443`]: { port, opensWith } }, idleMs });
await using sockets = await behind(office.gateway.port);
await using requests = await behind(Number(new URL(withoutSockets.url).port));

const proxies = { websocket: sockets, requests };
for (const [machine, proxy] of Object.entries(proxies)) {
  const elsewhere = { url: `https://${name}`, environment: { HTTPS_PROXY: proxy.url, NO_PROXY: undefined } };
  const joined = await office.join(machine, await office.token(true), ['--ca-file', caFile], elsewhere);
  if (joined.status !== 0) throw new Error(joined.output);
  office.startAgent(machine, elsewhere);
  await office.whenLinked(machine);
}
const before = { websocket: sockets.log.length, requests: requests.log.length };
await passed(Number(values.minutes) * 60_000);
for (const [machine, { cuts, log, longestSilenceMs }] of Object.entries(proxies)) {
  const again = log.length - before[machine as keyof typeof before];
  const silence = (longestSilenceMs() / 1_000).toFixed(1);
  console.log(`${machine}: ${cuts} cuts, ${again} connections made again, the longest silence ${silence} s`);
  if (cuts > 0 || (machine === 'websocket' && again > 0)) process.exitCode = 1;
}
