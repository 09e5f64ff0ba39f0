/**
 * Each version of the link, as agents and gateways of that time spoke it (`contract/link/fixtures`: recorded between the two, with
 * the schemas both had), against today's other end: a request, a count, a client that leaves, a heartbeat, the end. Whatever
 * today's end says must be what the old one can read, or of a type that it ignores.
 */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { Compile } from 'typebox/schema';
import { WebSocket, WebSocketServer } from 'ws';
import { goldenAgent, goldenModel } from '../../test/support/golden-agent.ts';
import { startTestYard } from '../../test/support/test-yard.ts';
import { linkProtocol } from '../contract/link/messages.ts';
import { machineIdentity } from '../transport/identity/machine-identity.ts';
import { linkPath } from '../transport/link/dial.ts';

const versions = Array.from({ length: linkProtocol[1] - linkProtocol[0] + 1 }, (_, index) => linkProtocol[0] + index);
const fixture = (name: string): string =>
  readFileSync(join(import.meta.dirname, '../contract/link/fixtures', name), 'utf8');

interface Message extends Record<string, unknown> {
  readonly type: string;
}

interface Said {
  readonly from: 'agent' | 'gateway';
  readonly message: Message;
}

/** All that was said, but for confirmations: those are made anew. */
function transcript(version: number): Said[] {
  const lines = fixture(`version-${version}.jsonl`).trimEnd().split('\n');
  return lines.flatMap((line) => {
    const { from, frame } = JSON.parse(line);
    return frame.startsWith('a ') ? [] : [{ from, message: JSON.parse(frame.replace(/^[cd]\d+ /, '')) }];
  });
}

/** Says what is wrong with a message, as an end of that version has it; types it does not know are nothing to it. */
function readerOf(version: number, end: 'agent' | 'gateway'): (message: Message) => void {
  const schema = JSON.parse(fixture(`version-${version}.schemas.json`))[end];
  const checks = new Map<string, { Check(value: unknown): boolean }>(
    schema.anyOf.map((each: { properties: { type: { const: string } } }) => [
      each.properties.type.const,
      Compile(each),
    ]),
  );
  return (message) => {
    const check = checks.get(message.type);
    assert.ok(check === undefined || check.Check(message), `version ${version} cannot read ${JSON.stringify(message)}`);
  };
}

/** One end of a WebSocket: numbers what it says, confirms what it hears, as every version does. */
function speaker(socket: WebSocket, read: (message: Message) => void) {
  const said = { c: 0, d: 0 };
  const heard = { c: 0, d: 0 };
  const unread: Message[] = [];
  let arrived = (): void => {};
  socket.on('message', (data) => {
    const [, lane, payload = ''] = /^(?:([cda])\d* )?(.*)$/s.exec(String(data)) ?? [];
    if (lane === 'a') return;
    if (lane === 'c' || lane === 'd') {
      heard[lane] += 1;
      socket.send(`a ${heard.c} ${heard.d}`);
    }
    const message: Message = JSON.parse(payload);
    read(message);
    unread.push(message);
    arrived();
  });
  return {
    /** Without a number: of the handshake, and the end. */
    sayPlain: (message: object): void => socket.send(JSON.stringify(message)),
    say(message: Message): void {
      const lane = ['offer', 'count', 'output'].includes(message.type) ? 'd' : 'c';
      said[lane] += 1;
      socket.send(`${lane}${said[lane]} ${JSON.stringify(message)}`);
    },
    /** The next message of that type; others may have come before it. */
    async next(type: string): Promise<Message> {
      for (;;) {
        const index = unread.findIndex((message) => message.type === type);
        const [message] = index < 0 ? [] : unread.splice(index, 1);
        if (message !== undefined) return message;
        await new Promise<void>((resolve) => {
          arrived = resolve;
        });
      }
    },
  };
}

const handshake = new Set(['challenge', 'hello', 'welcome', 'end']);

for (const version of versions) {
  test(`an agent of version ${version} at today's gateway: its requests, counts and cancels are as they were`, async () => {
    await using yard = await startTestYard();
    const { gateway, store } = yard;
    const identity = machineIdentity(generateKeyPairSync('ed25519').privateKey);
    const { machineId, publicKey } = identity;
    await store.machines.approve({ machineId, publicKey, name: 'box' });
    const socket = new WebSocket(gateway.url.replace('http', 'ws') + linkPath);
    const agent = speaker(socket, readerOf(version, 'gateway'));

    const model = goldenModel.id;
    const body = (content: string, more: object = {}) => ({
      ...{ model, max_tokens: 50, messages: [{ role: 'user', content }] },
      ...more,
    });
    const leaving = new AbortController();
    const answers: Promise<Response>[] = [];
    /** What clients do before the gateway says the next of these. */
    const clients: Record<string, (() => void)[]> = {
      offer: [
        () => void answers.push(yard.post('/v1/messages', body('Hello'))),
        () =>
          void yard.post('/v1/messages', body('Go on', { stream: true }), { signal: leaving.signal }).catch(() => {}),
      ],
      count: [() => void answers.push(yard.post('/v1/messages/count_tokens', { model, messages: body('x').messages }))],
      cancel: [() => leaving.abort()],
    };
    /** Ids of the gateway of that time, as today's has them. */
    const ids = new Map<unknown, unknown>();
    for (const { from, message } of transcript(version)) {
      const { type } = message;
      // Whether it is told to shift its heartbeats depends on when they come; where it is, `agent` reads it.
      if (type === 'heartbeat') continue;
      if (from === 'gateway') {
        clients[type]?.shift()?.();
        const now = await agent.next(type);
        for (const name of ['requestId', 'countId']) ids.set(message[name], now[name]);
        if (type === 'challenge') ids.set('challenge', now);
        if (type === 'welcome') assert.equal(now.protocol, version);
      } else if (type === 'hello') {
        // A challenge: it was read as one.
        const signature = identity.signLinkProof(ids.get('challenge') as Parameters<typeof identity.signLinkProof>[0]);
        agent.sayPlain({ ...message, machineId, publicKey, signature });
      } else if (handshake.has(type)) agent.sayPlain(message);
      else {
        const renamed = Object.entries(message).map(([name, value]) => [name, ids.get(value) ?? value]);
        agent.say(Object.fromEntries(renamed));
        while (type === 'report' && (await fetch(`${gateway.url}/readyz`)).status !== 200);
      }
    }
    await once(socket, 'close');
    const [answer, count] = await Promise.all(answers);
    assert.match((await answer?.text()) ?? '', /"text":"Good day\."/);
    assert.deepEqual(await count?.json(), { input_tokens: 10 });
    assert.equal(gateway.activeRequests, 0);
  });

  test(`today's agent at a gateway of version ${version}: it answers as it did`, async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    // A TCP listener has an AddressInfo.
    const { port } = server.address() as AddressInfo;
    const dialled = once(server, 'connection') as Promise<[WebSocket]>;
    const identity = machineIdentity(generateKeyPairSync('ed25519').privateKey);
    await using machine = goldenAgent(`http://127.0.0.1:${port}`, identity);
    const [socket] = await dialled;
    const gateway = speaker(socket, readerOf(version, 'agent'));
    for (const { from, message } of transcript(version)) {
      const { type } = message;
      if (from === 'gateway') {
        // Nobody waits five seconds for a heartbeat.
        if (handshake.has(type)) gateway.sayPlain(type === 'welcome' ? { ...message, heartbeatMs: 200 } : message);
        else gateway.say(message);
        continue;
      }
      if (type === 'end') void machine.close();
      const now = await gateway.next(type);
      for (const name of ['requestId', 'attempt', 'countId', 'promptTokens', 'maxTokens', 'window', 'result']) {
        assert.deepEqual(now[name], message[name], `${type}: ${name}`);
      }
    }
    server.close();
    for (const client of server.clients) client.terminate();
  });
}
