/** The network between agent and gateway lets no WebSocket through: the link is carried by plain requests. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ask, turn } from '../support/ask.ts';
import { gatewayAdminToken, type LiveYard, startLiveYard } from '../support/live-yard.ts';
import { until } from '../support/processes.ts';
import type { YardStatus } from '../support/start-yard.ts';
import { type SocketPolicy, type TroubledProxy, troubledProxy } from '../support/troubled-proxy.ts';

const words = Array.from({ length: 60 }, (_, index) => `word${index}`).join(' ');

async function yardBehind(policy: SocketPolicy) {
  let proxy: TroubledProxy | undefined;
  const yard = await startLiveYard({
    engine: {
      slots: 4,
      otherwise: words,
      tokensPerSecond: 100,
      rules: [{ lastTurn: 'Endless', say: 'x ', repeat: 4_096, tokensPerSecond: 20 }],
    },
    network: async (url) => {
      proxy = await troubledProxy(url, policy);
      return proxy;
    },
  });
  assert.ok(proxy);
  return { yard, proxy };
}

/** By tickets: one that was cancelled holds its slot until its engine has stopped. */
async function slotsHeld({ gateway }: LiveYard): Promise<number> {
  const headers = { authorization: `Bearer ${gatewayAdminToken}` };
  const status = (await (await fetch(`${gateway.url}/metalyard/status`, { headers })).json()) as YardStatus;
  return status.machines.reduce((sum, { tickets }) => sum + tickets, 0);
}

describe('without WebSockets', () => {
  for (const policy of ['refuses', 'swallows'] as const) {
    test(`a proxy that ${policy} them: answers stream all the same, cancels arrive`, async () => {
      const { yard, proxy } = await yardBehind(policy);
      try {
        assert.ok(proxy.upgrades >= 1, 'a WebSocket was tried');
        const upgrades = proxy.upgrades;
        const answers = await Promise.all(
          Array.from({ length: 4 }, async (_, index) => {
            const response = await ask(yard, turn(yard.model, `Story ${index}`, { stream: true, max_tokens: 1_000 }));
            const text = await response.text();
            assert.match(text, /event: message_stop/);
            return [...text.matchAll(/"text_delta","text":"([^"]*)"/g)].map(([, piece]) => piece).join('');
          }),
        );
        for (const answer of answers) assert.equal(answer, words);
        assert.equal(proxy.upgrades, upgrades, 'and not tried again for a while');
        assert.ok(proxy.requests > 8);

        const leaving = new AbortController();
        const response = await ask(yard, turn(yard.model, 'Endless', { stream: true, max_tokens: 4_000 }), {
          signal: leaving.signal,
        });
        await response.body?.getReader().read();
        const leftMs = performance.now();
        leaving.abort();
        await until(
          'the engine has stopped',
          15_000,
          async () => yard.gateway.activeRequests === 0 && (await slotsHeld(yard)) === 0,
        );
        // The machine's report of it travels too: a generous bound for a busy computer.
        assert.ok(performance.now() - leftMs < 15_000);
      } finally {
        await yard[Symbol.asyncDispose]();
        await proxy[Symbol.asyncDispose]();
      }
    });
  }
});
