/** A machine that lies, babbles or means harm: it fails at its own work, and the gateway goes on with everybody else. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { GenerationEvent } from '../../src/contract/generation/events.ts';
import { limits } from '../../src/contract/limits.ts';
import type { AgentMessage } from '../../src/contract/link/messages.ts';
import { known } from '../../src/contract/machine/fact.ts';
import { allLandmines } from '../../src/landmines/index.ts';
import { until } from '../support/processes.ts';
import { type FakeAgent, fakeModel, startTestYard, type TestYard } from '../support/test-yard.ts';

let yard: TestYard;
before(async () => {
  yard = await startTestYard();
});
after(() => yard[Symbol.asyncDispose]());

const evilModel = { ...fakeModel, id: 'evil-1b-q8', digest: 'evil' };
const ask = (model: string, more: object = {}) => ({
  model,
  max_tokens: 5,
  messages: [{ role: 'user', content: 'Hello' }],
  ...more,
});
const start: GenerationEvent = { type: 'generation-start', promptTokens: 10, cachedTokens: 0 };
const open: GenerationEvent = { type: 'block-start', block: { kind: 'text' } };
const end: GenerationEvent = {
  type: 'generation-end',
  stopReason: 'end-turn',
  stopSequence: null,
  usage: { promptTokens: 10, cachedTokens: 0, outputTokens: 1, thinkingTokens: 0 },
};

/** An honest machine joins, answers, and leaves: the gateway lives and listens. */
async function stillServes(): Promise<void> {
  const good = await yard.connect('good');
  const answering = yard.post('/v1/messages', ask(fakeModel.id));
  const offer = await good.next('offer');
  good.accept(offer);
  good.output(offer, start, open, { type: 'block-delta', text: 'Fine.' }, { type: 'block-end' }, end);
  const answer = await answering;
  assert.equal(answer.status, 200, await answer.text());
  await good.leave();
}

/** Frames travel in order: once this is answered, all that was said before has been heard. */
async function heard(agent: FakeAgent): Promise<void> {
  const counting = yard.post('/v1/messages/count_tokens', { ...ask(evilModel.id), max_tokens: undefined });
  const { countId } = await agent.next('count');
  agent.send({ type: 'counted', countId, result: { tokens: 7 } });
  assert.deepEqual(await (await counting).json(), { input_tokens: 7 });
}

const factNames = new Set(
  allLandmines.flatMap(({ example, counterExample }) => [...Object.keys(example), ...Object.keys(counterExample)]),
);

describe('facts', () => {
  const shapes: readonly unknown[] = [
    5,
    -1,
    'abc',
    true,
    null,
    {},
    [],
    [5],
    [null],
    [[]],
    { count: 2 },
    [{ known: true }],
  ];

  test('of every name and another shape than this build knows are borne, and shown', async () => {
    const agent = await yard.connect('evil', [evilModel]);
    for (const value of shapes) {
      const facts = Object.fromEntries([...factNames, 'of.tomorrow'].map((name) => [name, known(value, 'made up')]));
      // Facts come from outside: the type is a promise that a liar does not keep.
      agent.send({ type: 'facts', facts } as unknown as AgentMessage);
      agent.send({ type: 'beat', live: facts } as unknown as AgentMessage);
      await heard(agent);
      for (const path of ['status', 'machines', 'machines/facts']) {
        const headers = { 'x-api-key': yard.adminToken };
        const shown = await fetch(`${yard.gateway.url}/metalyard/${path}`, { headers });
        assert.equal(shown.status, 200, `${path} after ${JSON.stringify(value)}`);
      }
    }
    await agent.leave();
    await stillServes();
  });

  test('that nest without end, and a message without end, cost the machine its session', async () => {
    const deep = JSON.parse(`${'['.repeat(3_000)}${']'.repeat(3_000)}`);
    const long = 'x'.repeat(limits.agentMessageBytes + 1);
    for (const [value, why] of [
      [deep, /nests too deeply/],
      [long, /too long/],
    ]) {
      const agent = await yard.connect('evil', [evilModel]);
      agent.send({ type: 'facts', facts: { 'os.kernel': known(value, 'made up') } } as unknown as AgentMessage);
      await assert.rejects(agent.next('goaway'), why as RegExp);
    }
    await stillServes();
  });
});

describe('an answer', () => {
  const piece = (chars: number): GenerationEvent => ({ type: 'block-delta', text: 'y'.repeat(chars) });

  for (const stream of [true, false]) {
    test(`longer than it may be is cut off${stream ? ', streamed' : ''}`, async () => {
      const agent = await yard.connect('evil', [evilModel]);
      const answering = yard.post('/v1/messages', ask(evilModel.id, { stream }));
      // What was not shown is tried again, and so is the machine.
      const lying = (async () => {
        for (;;) {
          const offer = await agent.next('offer');
          agent.accept(offer);
          agent.output(offer, start, open);
          agent.output(offer, piece(20_000));
        }
      })();
      const text = await (await answering).text();
      assert.match(text, /sent more than it was asked for/);
      await agent.leave();
      await assert.rejects(lying, /closed/);
    });
  }

  test('that does not wait for its client is cut off before it fills the memory', async () => {
    const agent = await yard.connect('evil', [evilModel]);
    const answering = yard.post('/v1/messages', ask(evilModel.id, { stream: true, max_tokens: 1_000_000 }));
    const offer = await agent.next('offer');
    agent.accept(offer);
    agent.output(offer, start, open);
    const unread = await answering;
    for (let sent = 0; sent < 500; sent += 1) agent.output(offer, piece(limits.streamCreditChars));
    await until('the answer is cut off', 20_000, () => yard.gateway.activeRequests === 0);
    const text = await unread.text();
    assert.match(text.slice(-1_000), /sent more than it was asked for/);
    assert.ok(text.length < 2 * limits.clientBufferBytes, `${text.length} characters of 32,768,000`);
    await agent.leave();
  });
});
