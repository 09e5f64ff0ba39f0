/** For tests: a machine over a real link whose every word the test decides. */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GenerationEvent } from '../../src/contract/generation/events.ts';
import {
  type AgentMessage,
  type GatewayMessage,
  type MachineModel,
  readGatewayMessage,
} from '../../src/contract/link/messages.ts';
import { highestRate } from '../../src/contract/quota.ts';
import { type Gateway, startGateway } from '../../src/gateway/gateway.ts';
import type { EdgeLimits } from '../../src/gateway/http/server.ts';
import type { Reach } from '../../src/gateway/listening.ts';
import { nowMs } from '../../src/transport/clock.ts';
import { loadMachineIdentity, type MachineIdentity } from '../../src/transport/identity/machine-identity.ts';
import { createDialler } from '../../src/transport/link/dial.ts';
import { SessionLink } from '../../src/transport/link/session-link.ts';
import { type Log, silentLog } from '../../src/transport/log/log.ts';
import { openStore, type Store } from '../../src/transport/store/store.ts';

type Message<Type extends GatewayMessage['type']> = Extract<GatewayMessage, { type: Type }>;

export const fakeModel: MachineModel = {
  id: 'fake-1b-q8',
  digest: 'd'.repeat(64),
  displayName: 'Fake',
  status: 'ready',
  window: 8_192,
  slots: 2,
  busySlots: 0,
  thinking: true,
  tools: true,
  createdAtMs: 0,
};

/** All of an answer that says `Hi`. */
export const fakeAnswer: readonly GenerationEvent[] = [
  { type: 'generation-start', promptTokens: 10, cachedTokens: 0 },
  { type: 'block-start', block: { kind: 'text' } },
  { type: 'block-delta', text: 'Hi' },
  { type: 'block-end' },
  {
    type: 'generation-end',
    stopReason: 'end-turn',
    stopSequence: null,
    usage: { promptTokens: 10, cachedTokens: 0, outputTokens: 2, thinkingTokens: 0 },
  },
];

export interface FakeAgent {
  send(message: AgentMessage): void;
  /** The next message of a type; those that came already count first. */
  next<Type extends GatewayMessage['type']>(type: Type): Promise<Message<Type>>;
  /** Accepts an offer and sends output for it. */
  accept(offer: Message<'offer'>): void;
  output(offer: Message<'offer'>, ...events: GenerationEvent[]): void;
  leave(): Promise<void>;
}

export interface TestYard extends AsyncDisposable {
  readonly gateway: Gateway;
  readonly store: Store;
  /** Secret of an API key. */
  readonly key: string;
  readonly adminToken: string;
  /** The data directory, with the store. */
  readonly directory: string;
  connect(name?: string, models?: readonly MachineModel[]): Promise<FakeAgent>;
  post(path: string, body: unknown, options?: RequestInit): Promise<Response>;
}

export interface TestYardOptions {
  readonly log?: Log;
  /** Who may reach it, and how; this machine only unless said otherwise. */
  readonly reach?: Reach;
  readonly edgeLimits?: Partial<EdgeLimits>;
}

/** A gateway on a free loopback port with a store of its own. */
export async function startTestYard({ log = silentLog, edgeLimits, reach }: TestYardOptions = {}): Promise<TestYard> {
  const directory = await mkdtemp(join(tmpdir(), 'metalyard-test-'));
  const store = await openStore(directory);
  // Soaks send more than a key may that has no rates of its own.
  const { secret } = await store.keys.create('test', {
    rules: { requestsPerMinute: highestRate, inputTokensPerMinute: highestRate, outputTokensPerMinute: highestRate },
  });
  const adminToken = 'admin-token-of-the-test';
  const gateway = await startGateway({
    store,
    log,
    host: '127.0.0.1',
    port: 0,
    version: '0.0.0',
    adminToken,
    ...(edgeLimits === undefined ? {} : { edgeLimits }),
    ...(reach === undefined ? {} : { reach }),
  });
  const agents = new Set<FakeAgent>();
  return {
    gateway,
    store,
    key: secret,
    adminToken,
    directory,
    async connect(name = 'box', models = [fakeModel]) {
      const identity = loadMachineIdentity(join(directory, `${name}.key`));
      await store.machines.approve({ machineId: identity.machineId, publicKey: identity.publicKey, name });
      const reported = new Promise<void>((resolve) => {
        const stop = gateway.onModels(() => {
          stop();
          resolve();
        });
      });
      const agent = await joinYard(gateway.url, identity, name, models);
      agents.add(agent);
      // The report travels on its own socket: a request sent now must not overtake it.
      await reported;
      return agent;
    },
    post(path, body, options = {}) {
      return fetch(gateway.url + path, {
        method: 'POST',
        body: typeof body === 'string' ? body : JSON.stringify(body),
        ...options,
        headers: { 'x-api-key': secret, 'content-type': 'application/json', ...options.headers },
      });
    },
    async [Symbol.asyncDispose]() {
      for (const agent of agents) await agent.leave();
      await gateway.close();
      await store.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Links a machine to a gateway; rejects when it is refused. */
export async function joinYard(
  url: string,
  identity: MachineIdentity,
  name: string,
  models: readonly MachineModel[],
): Promise<FakeAgent> {
  const arrivals = new EventEmitter();
  const unread: GatewayMessage[] = [];
  const take = (message: GatewayMessage): void => {
    unread.push(message);
    arrivals.emit('message');
  };
  const onClosed = (why: string): void => void arrivals.emit('closed', why);
  const session = new SessionLink<GatewayMessage, AgentMessage>({
    read: readGatewayMessage,
    heldBytes: Number.POSITIVE_INFINITY,
    onMessage: take,
    onDetached: onClosed,
    onEnded: onClosed,
  });
  const dial = createDialler({ gatewayUrl: url, trust: {}, nowMs, random: Math.random, onWay: () => {} });
  const pipe = dial({
    onFrame(frame) {
      const read = readGatewayMessage(frame);
      assert.ok(read.kind === 'message', `a handshake of ${frame}`);
      if (read.message.type === 'welcome') session.attach(pipe, { c: 0, d: 0 });
      take(read.message);
    },
    onWritable() {},
    onClosed,
  });
  const closed = once(arrivals, 'closed');
  const gone = closed.then(([why]): never => {
    throw new Error(`the link closed: ${why}`);
  });
  gone.catch(() => {});

  async function next<Type extends GatewayMessage['type']>(type: Type): Promise<Message<Type>> {
    for (;;) {
      const index = unread.findIndex((message) => message.type === type);
      if (index >= 0) return unread.splice(index, 1)[0] as Message<Type>;
      await Promise.race([once(arrivals, 'message'), gone]);
    }
  }

  const challenge = await next('challenge');
  const hello: AgentMessage = {
    type: 'hello',
    protocol: [1, 1],
    agentVersion: '0.0.0',
    machineId: identity.machineId,
    name,
    publicKey: identity.publicKey,
    signature: identity.signLinkProof(challenge),
  };
  pipe.send(JSON.stringify(hello), '');
  await next('welcome');
  session.send({ type: 'report', models: [...models], draining: false });
  return {
    send: (message) => session.send(message),
    next,
    accept({ requestId, attempt, request: { maxTokens } }) {
      session.send({ type: 'accept', requestId, attempt, promptTokens: 10, window: 8_192, maxTokens });
    },
    output({ requestId, attempt }, ...events) {
      session.send({ type: 'output', requestId, attempt, events });
    },
    async leave() {
      session.close('done');
      arrivals.emit('closed', 'done');
      await closed;
    },
  };
}
