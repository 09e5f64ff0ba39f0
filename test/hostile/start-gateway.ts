/** Starts a watched gateway and a machine that answers whatever it is asked. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GenerationEvent } from '../../src/contract/generation/events.ts';
import type { GatewayMessage, MachineModel } from '../../src/contract/link/messages.ts';
import { loadMachineIdentity, type MachineIdentity } from '../../src/transport/identity/machine-identity.ts';
import { type FakeAgent, fakeModel, joinYard } from '../support/test-yard.ts';
import type { FromGateway, GatewayFigures, ToGateway, WatchedOptions } from './watched-gateway.ts';

export type Offer = Extract<GatewayMessage, { type: 'offer' }>;

export interface HostileYard extends AsyncDisposable {
  readonly url: string;
  /** Where machines link: by TLS when it has a certificate. */
  readonly linkUrl: string;
  readonly certificate: string | undefined;
  readonly key: string;
  readonly adminToken: string;
  /** Where the gateway keeps its store. */
  readonly directory: string;
  /** Rejects when the gateway has died by itself. */
  readonly alive: Promise<never>;
  /** Lets another machine in, which has to link by itself. */
  admit(): Promise<{ readonly identity: MachineIdentity; readonly name: string }>;
  /** A machine whose every word the test decides. */
  connect(models?: readonly MachineModel[]): Promise<FakeAgent>;
  figures(): Promise<GatewayFigures>;
  /** Figures are counted from here. */
  reset(): Promise<void>;
}

/** Well within the lease of a machine. */
const heartbeatMs = 4_000;

/** A model with room for many requests at once. */
export const wideModel: MachineModel = { ...fakeModel, slots: 200 };

export async function startHostileYard(options: WatchedOptions = {}): Promise<HostileYard> {
  const scratch = mkdtempSync(join(tmpdir(), 'metalyard-hostile-'));
  const program = new URL('./watched-gateway.ts', import.meta.url);
  const child = fork(program, [JSON.stringify(options)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const exited = once(child, 'exit');
  const alive = exited.then(([code, signal]): never => {
    throw new Error(`the gateway ended by itself: ${code ?? signal}`);
  });
  alive.catch(() => {});
  const ready = await Promise.race([next(child, 'ready'), alive]);

  async function ask(message: ToGateway): Promise<void> {
    child.send(message);
    await Promise.race([next(child, 'done'), alive]);
  }
  const agents: FakeAgent[] = [];
  const beats: NodeJS.Timeout[] = [];
  let admitted = 0;
  async function admit() {
    const name = `box-${admitted}`;
    admitted += 1;
    const identity = loadMachineIdentity(join(scratch, `${name}.key`));
    await ask({ type: 'approve', machineId: identity.machineId, publicKey: identity.publicKey, name });
    return { identity, name };
  }
  return {
    url: ready.url,
    linkUrl: ready.certificate === undefined ? ready.url : ready.url.replace('http:', 'https:'),
    certificate: ready.certificate,
    admit,
    key: ready.key,
    adminToken: ready.adminToken,
    directory: ready.directory,
    alive,
    async connect(models = [wideModel]) {
      const { identity, name } = await admit();
      const agent = await joinYard(ready.url, identity, name, models);
      agents.push(agent);
      beats.push(setInterval(() => agent.send({ type: 'report', models: [...models], draining: false }), heartbeatMs));
      // The report travels on its own socket.
      while ((await fetch(`${ready.url}/readyz`)).status !== 200) await Promise.race([pause(), alive]);
      return agent;
    },
    async figures() {
      child.send({ type: 'figures' } satisfies ToGateway);
      return (await Promise.race([next(child, 'figures'), alive])).figures;
    },
    reset: () => ask({ type: 'reset' }),
    async [Symbol.asyncDispose]() {
      for (const beat of beats) clearInterval(beat);
      for (const agent of agents) await agent.leave();
      if (child.connected) child.disconnect();
      await exited;
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10));

async function next<Type extends FromGateway['type']>(
  child: ChildProcess,
  type: Type,
): Promise<Extract<FromGateway, { type: Type }>> {
  for (;;) {
    const [message] = (await once(child, 'message')) as [FromGateway];
    if (message.type === type) return message as Extract<FromGateway, { type: Type }>;
  }
}

/** Answers every offer until the link closes; `answer` may take its time. */
export async function answerAll(
  agent: FakeAgent,
  answer: (offer: Offer) => readonly GenerationEvent[] = () => textAnswer('fine'),
): Promise<void> {
  for (;;) {
    const offer = await agent.next('offer').catch(() => null);
    if (offer === null) return;
    agent.accept(offer);
    agent.output(offer, ...answer(offer));
  }
}

/** A whole answer of one text block, in the given pieces. */
export function textAnswer(...pieces: readonly string[]): GenerationEvent[] {
  return [
    { type: 'generation-start', promptTokens: 10, cachedTokens: 4 },
    { type: 'block-start', block: { kind: 'text' } },
    ...pieces.map((text) => ({ type: 'block-delta', text }) as const),
    { type: 'block-end' },
    {
      type: 'generation-end',
      stopReason: 'end-turn',
      stopSequence: null,
      usage: { promptTokens: 10, cachedTokens: 4, outputTokens: pieces.length, thinkingTokens: 0 },
    },
  ];
}
