/** A yard without room: every slot taken, every place in the queue taken. The next request is told 529. */
import assert from 'node:assert/strict';
import { limits } from '../../src/contract/limits.ts';
import { ask, turn } from './ask.ts';
import type { RecordedRequest, RecordingProxy } from './recording-proxy.ts';
import type { ScriptedRule } from './scripted/config.ts';
import type { Yard, YardStatus } from './start-yard.ts';

const crowdPrompt = 'Hold a slot.';
/** For the script: an answer that takes an hour. */
export const crowdRule: ScriptedRule = { lastTurn: crowdPrompt, say: 'x', repeat: 4_096, tokensPerSecond: 1 };

/** A timer of a busy program counts from when its present work began, and so ends that much too soon, ms. */
const timerSlackMs = 50;

interface Crowd {
  /** The crowd goes home, and there is room again. */
  leave(): Promise<void>;
}

async function gather(yard: Yard): Promise<Crowd> {
  const slots = (await yard.status()).models[0]?.slots ?? 0;
  const held = ({ machines }: YardStatus): number => machines.reduce((sum, { tickets }) => sum + tickets, 0);
  const size = slots + limits.queuedPerKey;
  const home = new AbortController();
  const body = turn(yard.model, crowdPrompt, { stream: true, max_tokens: 4_096 });
  const gone = Array.from({ length: size }, async () => {
    try {
      // Who waits is sent away after a minute, and a client on a busy computer may need longer to ask at all.
      for (;;) {
        const response = await ask(yard, body, { signal: home.signal });
        await response.text();
      }
    } catch (error) {
      if (!home.signal.aborted) throw error;
    }
  });
  await yard.whenStatus((status) => status.requests.active === size && held(status) === slots);
  return {
    async leave() {
      home.abort();
      await Promise.all(gone);
      await yard.whenStatus((status) => held(status) < slots && status.requests.active < slots);
    },
  };
}

export interface Overload<Outcome> {
  /** What the clients came to. */
  readonly outcome: Outcome;
  /** By proxy: from when the client heard of the refusal until it asked again, ms. */
  readonly waitedMs: readonly number[];
  /** By proxy: it waited as long as the refusal asked. */
  readonly heeded: readonly boolean[];
}

/**
 * Runs clients, each behind a proxy of its own, while the yard is full. As soon as every client had a request with tools
 * refused the crowd leaves; only then they hear of it, so that no client that starts sooner is refused twice. Fails
 * unless each refused request was repeated as it was.
 */
export async function throughOverload<Outcome>(
  yard: Yard,
  proxies: readonly RecordingProxy[],
  run: () => Promise<Outcome>,
): Promise<Overload<Outcome>> {
  const isRefused = ({ status, body }: RecordedRequest) => status === 529 && body?.tools?.length > 0;
  const crowd = await gather(yard);
  const running = run();
  const tooEarly = running.then(() => assert.fail('the clients ended before each was refused'));
  // It may end after the race, which is what it should do.
  tooEarly.catch(() => {});
  const left = Promise.withResolvers<void>();
  for (const proxy of proxies) proxy.keepBack(isRefused, left.promise);
  const allRefused = Promise.all(proxies.map((proxy) => proxy.when(isRefused)));
  const refusals = await Promise.race([allRefused, tooEarly]).finally(async () => {
    await crowd.leave();
    left.resolve();
  });
  const outcome = await running;
  const waitedMs = refusals.map((refused, index) => {
    const sent = JSON.stringify(refused.body);
    const again = proxies[index]?.requests.find(
      ({ atMs, body }) => atMs > refused.atMs && JSON.stringify(body) === sent,
    );
    assert.ok(again, 'the refused request was repeated as it was');
    return again.atMs - refused.toldAtMs;
  });
  const heeded = refusals.map(({ responseHeaders }, index) => {
    const toldMs = Number(responseHeaders['retry-after-ms']);
    assert.ok(toldMs > 0);
    return (waitedMs[index] ?? 0) >= toldMs - timerSlackMs;
  });
  return { outcome, waitedMs, heeded };
}
