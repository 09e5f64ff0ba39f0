/**
 * Records what today's gateway and agent say to each other, with the schemas both have: `node scripts/record-link.ts FOLDER` writes
 * `version-N.jsonl` and `version-N.schemas.json`. To be run when a version of the link is released; the files stay as
 * they are from then on (`src/contract/link/fixtures`, played by `src/gateway/link-versions.process.test.ts`).
 */
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as passed } from 'node:timers/promises';
import { WebSocket, WebSocketServer } from 'ws';
import { limits } from '../src/contract/limits.ts';
import { AgentMessageSchema, GatewayMessageSchema, linkProtocol } from '../src/contract/link/messages.ts';
import { machineIdentity } from '../src/transport/identity/machine-identity.ts';
import { linkPath } from '../src/transport/link/dial.ts';
import { goldenAgent, goldenModel } from '../test/support/golden-agent.ts';
import { startTestYard } from '../test/support/test-yard.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('Say which folder to write to.');
const lines: string[] = [];
const record = (from: 'agent' | 'gateway', frame: string): number => lines.push(JSON.stringify({ from, frame }));

await using yard = await startTestYard();
const between = new WebSocketServer({ port: 0, host: '127.0.0.1' });
between.on('connection', (near) => {
  const far = new WebSocket(yard.gateway.url.replace('http', 'ws') + linkPath);
  // The gateway speaks first, so nothing is sent before it is there.
  near.on('message', (data) => {
    record('agent', String(data));
    far.send(String(data));
  });
  far.on('message', (data) => {
    record('gateway', String(data));
    near.send(String(data));
  });
  near.on('close', () => far.close());
  far.on('close', () => near.close());
});
await once(between, 'listening');

const identity = machineIdentity(generateKeyPairSync('ed25519').privateKey);
await yard.store.machines.approve({ machineId: identity.machineId, publicKey: identity.publicKey, name: 'box' });
// A TCP listener has an AddressInfo.
const machine = goldenAgent(`http://127.0.0.1:${(between.address() as AddressInfo).port}`, identity);
while ((await fetch(`${yard.gateway.url}/readyz`)).status !== 200) await passed(20);

const messages = [{ role: 'user', content: 'Hello' }];
const body = { model: goldenModel.id, max_tokens: 50, messages };
await (await yard.post('/v1/messages', body)).text();
await (await yard.post('/v1/messages/count_tokens', { model: goldenModel.id, messages })).text();
const leaving = new AbortController();
const stream = await yard.post('/v1/messages', { ...body, stream: true }, { signal: leaving.signal });
const seen = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
for (let text = ''; !text.includes('Good'); ) text += (await seen?.read())?.value ?? '';
leaving.abort();
await passed(limits.heartbeatMs * (1 + limits.heartbeatJitter));
await machine.close();
await passed(200);
between.close();

const name = join(folder, `version-${linkProtocol[1]}`);
writeFileSync(`${name}.jsonl`, `${lines.join('\n')}\n`);
writeFileSync(
  `${name}.schemas.json`,
  `${JSON.stringify({ gateway: GatewayMessageSchema, agent: AgentMessageSchema })}\n`,
);
process.stdout.write(`${name}.jsonl: ${lines.length} frames\n`);
