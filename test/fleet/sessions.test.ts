/** The connection between agent and gateway breaks while answers are on their way. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as passed } from 'node:timers/promises';
import { ask, turn } from '../support/ask.ts';
import { type LiveYard, startLiveYard } from '../support/live-yard.ts';
import { type TroubledNetwork, troubledNetwork } from '../support/troubled-network.ts';

/** As long as a change of Wi-Fi takes. */
const cutMs = 5_000;
const words = Array.from({ length: 400 }, (_, index) => `word${index}`).join(' ');
const streams = 8;

let yard: LiveYard;
let network: TroubledNetwork;
before(async () => {
  yard = await startLiveYard({
    engine: { slots: streams, otherwise: words, tokensPerSecond: 250 },
    network: async (url) => {
      network = await troubledNetwork(url);
      return network;
    },
  });
});
after(async () => {
  await yard[Symbol.asyncDispose]();
  await network[Symbol.asyncDispose]();
});

interface Told {
  readonly text: string;
  readonly events: readonly string[];
  readonly outputTokens: number;
}

/** One streamed answer; `begun` is called when its first text is here. */
async function stream(index: number, begun: () => void): Promise<Told> {
  const response = await ask(yard, turn(yard.model, `Tell story ${index}.`, { stream: true, max_tokens: 4_096 }));
  assert.equal(response.status, 200);
  const events: string[] = [];
  let text = '';
  let outputTokens = 0;
  let rest = '';
  const decoder = new TextDecoder();
  for await (const bytes of response.body ?? []) {
    rest += decoder.decode(bytes, { stream: true });
    for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
      const data = /^data: (.*)$/m.exec(rest.slice(0, end))?.[1];
      rest = rest.slice(end + 2);
      if (data === undefined) continue;
      const event = JSON.parse(data);
      events.push(event.type);
      if (event.type === 'message_delta') outputTokens = event.usage.output_tokens;
      if (event.type !== 'content_block_delta') continue;
      if (text === '') begun();
      text += event.delta.text;
    }
  }
  return { text, events, outputTokens };
}

/** Starts all streams, breaks the network when each has begun, and mends it 5 s later. */
async function throughACut(cut: () => void): Promise<Told[]> {
  let waiting = streams;
  const begun = Promise.withResolvers<void>();
  const told = Array.from({ length: streams }, (_, index) =>
    stream(index, () => {
      waiting -= 1;
      if (waiting === 0) begun.resolve();
    }),
  );
  await Promise.race([begun.promise, Promise.all(told).then(() => assert.fail('they ended too early'))]);
  cut();
  // The length of the cut is what is tested.
  await passed(cutMs);
  network.healForgetting();
  return Promise.all(told);
}

describe('a cut of 5 s under 8 streams is not seen by any of them', () => {
  for (const [kind, cut] of [
    ['stalled, and forgotten by the router', () => network.stall()],
    ['reset', () => network.reset()],
  ] as const) {
    test(`when connections are ${kind}`, async () => {
      const connections = network.connections;
      for (const { text, events, outputTokens } of await throughACut(cut)) {
        assert.equal(text, words, 'nothing lost, nothing repeated');
        assert.equal(events.at(-1), 'message_stop');
        assert.equal(events.filter((type) => type === 'message_start').length, 1);
        assert.ok(outputTokens > 400);
      }
      assert.ok(network.connections > connections, 'there was another connection');
    });
  }
});
