/** Several requests on one context: batching, prefix reuse, sampling and grammar with the shipped model. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { cutUniquely } from '../../../test/support/scripted-gguf.ts';
import { chat, loadScripted, loadShipped, run } from '../../../test/support/scripted-gguf-run.ts';
import type { RawEngine, RawEvent, RawGeneration } from '../../contract/engine/raw.ts';

let engine: RawEngine;
before(async () => {
  engine = await loadShipped();
});
after(() => engine.close());

test('four answers run at the same time, each of its own conversation', async () => {
  // Not compared letter by letter with answers given alone: a batch of four adds up in another order than one of one,
  // and between two words that are all but equally likely the other may win. What belongs to others never does.
  const vocabularies = [
    'one two three four',
    'red green blue white',
    'apple pear plum cherry',
    'north east south west',
  ];
  const prompts = await Promise.all(
    // Long ones, so that the last has begun before the first has ended, on a busy machine too.
    vocabularies.map((words) => chat(engine, `Repeat after me: ${`${words} `.repeat(9)}`)),
  );
  const order: number[] = [];
  const together = await Promise.all(
    prompts.map((tokens, index) => run(engine, { tokens, scope: `together ${index}` }, () => order.push(index))),
  );
  const others = (index: number) =>
    vocabularies.filter((_, other) => other !== index).flatMap((words) => words.split(' '));
  together.forEach(({ text }, index) => {
    const own = new Set(vocabularies[index]?.split(' '));
    const said = text.split(/\s+/);
    const kept = said.filter((word) => own.has(word)).length;
    assert.ok(kept >= 30 && kept >= 0.9 * said.length, text);
    assert.deepEqual(
      said.filter((word) => others(index).includes(word)),
      [],
      text,
    );
  });
  const firstEnd = Math.min(...[0, 1, 2, 3].map((index) => order.lastIndexOf(index)));
  assert.deepEqual(
    [...new Set(order.slice(0, firstEnd + 1))].sort(),
    [0, 1, 2, 3],
    'all were under way before one ended',
  );
});

test('no answer gets a token of another one that is read in the same batch', async (context) => {
  // A model that goes on from its last token alone: whoever gets the token of another answer goes on there.
  const text = Array.from({ length: 1_000 }, (_, index) => `${index}, `).join('');
  const counting = await loadScripted({ pieces: cutUniquely(text, 5) }, { slots: 6, window: 4_096 });
  context.after(() => counting.close());
  const six = Array.from({ length: 6 }, async (_, index) => {
    const tokens = await counting.tokenize([{ text: 'Count. '.repeat(1 + 20 * index), special: false }]);
    return run(counting, { tokens, scope: `${index}`, maxTokens: 1_500 });
  });
  for (const { text: told } of await Promise.all(six)) assert.equal(told, text);
});

test('a fifth request is told that the engine is busy', async () => {
  const tokens = await chat(engine, 'Count from 1 to 60.');
  let fifth: ReturnType<typeof run> | undefined;
  let started = 0;
  const four = [0, 1, 2, 3].map(() =>
    run(engine, { tokens }, (event) => {
      if (event.type === 'start' && ++started === 4) fifth = run(engine, { tokens });
    }),
  );
  await Promise.all(four);
  assert.equal((await fifth)?.ended, 'busy');
});

test('a repeated prompt is cached but for its last token, a diverging one as far as it is the same', async () => {
  const scope = 'reuse';
  const tokens = await chat(engine, `Repeat after me: ${'one two three '.repeat(20)}`);
  const first = await run(engine, { tokens, scope, maxTokens: 4 });
  assert.deepEqual([first.promptTokens, first.cachedTokens], [tokens.length, 0]);
  const second = await run(engine, { tokens, scope, maxTokens: 4 });
  assert.equal(second.cachedTokens, tokens.length - 1);
  assert.equal(second.text, first.text);

  const common = Math.floor(tokens.length * 0.6);
  const diverging = tokens.map((token, index) => (index === common ? token + 1 : token));
  assert.equal((await run(engine, { tokens: diverging, scope, maxTokens: 1 })).cachedTokens, common);
});

test('what an answer added is reused by the next turn', async () => {
  const scope = 'turns';
  const tokens = [...(await chat(engine, 'My name is Ann.'))];
  const answer = await run(engine, { tokens, scope });
  const said = answer.events.flatMap((event) => (event.type === 'piece' ? event.tokens : []));
  const next = [
    ...tokens,
    ...said,
    ...(await engine.tokenize([{ text: '<|im_end|>\n', special: true }])),
    ...(await chat(engine, 'What is my name?')),
  ];
  const recalled = await run(engine, { tokens: next, scope });
  assert.equal(recalled.text, 'Your name is Ann.');
  assert.equal(recalled.cachedTokens, tokens.length + said.length);
});

test('no other scope sees what one scope has cached', async () => {
  const tokens = await chat(engine, 'Repeat after me: this stays ours');
  await run(engine, { tokens, scope: 'ours', maxTokens: 1 });
  assert.equal((await run(engine, { tokens, scope: 'ours', maxTokens: 1 })).cachedTokens, tokens.length - 1);
  for (const scope of ['theirs', undefined, 'others', 'more', 'still more'])
    assert.equal(
      (await run(engine, { tokens, maxTokens: 1, ...(scope === undefined ? {} : { scope }) })).cachedTokens,
      0,
    );
});

test('a seed makes sampling repeatable, and sampling is not greedy', async () => {
  const tokens = await chat(engine, 'Tell me a story');
  const sample = async (seed: number) => (await run(engine, { tokens, temperature: 1.8, seed, maxTokens: 40 })).text;
  // Reading a prompt and finding it in the cache add up in another order.
  await sample(7);
  const first = await sample(7);
  assert.equal(await sample(7), first);
  const others = new Set([await sample(8), await sample(9), await sample(10)]);
  assert.ok([...others].some((text) => text !== first));
  const greedy = await run(engine, { tokens, temperature: 0, maxTokens: 40 });
  assert.equal((await run(engine, { tokens, temperature: 1.8, topK: 1, seed: 1, maxTokens: 40 })).text, greedy.text);
});

test('a grammar is obeyed from the first token to the end', async () => {
  const grammar = 'root ::= "{\\"answer\\": " ("true" | "false") ", \\"n\\": " [0-9] "}"';
  const tokens = await chat(engine, 'Hello');
  for (const temperature of [0, 1]) {
    const outcome = await run(engine, { tokens, grammar, temperature, seed: 3 });
    assert.match(outcome.text, /^\{"answer": (true|false), "n": \d\}$/);
    assert.equal(outcome.ended, 'end-of-generation');
  }
});

test('a broken grammar fails its own request only', async () => {
  const tokens = await chat(engine, 'Hello');
  for (const grammar of ['root ::= "open', 'not a grammar', 'root ::= missing', ''])
    assert.equal((await run(engine, { tokens, grammar })).ended, 'grammar', grammar);
  assert.equal((await run(engine, { tokens })).text, 'Hello! How can I help you?');
});

test('a huge prompt is tokenized while another answer goes on', async () => {
  const order: string[] = [];
  // Full of user-defined tokens of the shipped model. In one call this took minutes, and the engine passed for hung.
  const json = '{"name": "a", "description": "b"}'.repeat(60_000);
  const counted = engine.tokenize([{ text: json, special: false }]).then((tokens) => {
    order.push('counted');
    return tokens;
  });
  await run(engine, { tokens: await chat(engine, 'Count from 1 to 5.') });
  order.push('answered');
  assert.ok((await counted).length > 60_000);
  assert.deepEqual(order, ['answered', 'counted']);
});

test('an answer that nobody reads pauses, holds no other up, and goes on when it is read', async () => {
  const endless = { tokens: await chat(engine, 'Write.'), temperature: 0, grammar: 'root ::= [a-z] root' };
  const stopping = new AbortController();
  const unread = begin({ ...endless, maxTokens: 2_000, scope: 'unread' }, stopping.signal);
  const late = begin({ ...endless, maxTokens: 400, scope: 'late' });
  await Promise.all([unread.next(), late.next()]);
  assert.equal((await run(engine, { ...endless, scope: 'read', maxTokens: 500 })).outputTokens, 500);
  stopping.abort();
  const end = (await rest(unread)).at(-1);
  assert.ok(end?.type === 'end' && end.reason === 'cancelled');
  // As many events as may wait in the agent, and what was on its way.
  assert.ok(end.outputTokens > 200 && end.outputTokens < 450, `${end.outputTokens} tokens were written`);
  const pieces = (await rest(late)).filter(({ type }) => type === 'piece');
  assert.equal(pieces.length, 400);
});

/** A generation that is read when the test says so. */
function begin(request: RawGeneration, signal = new AbortController().signal): AsyncIterator<RawEvent> {
  return engine.generate(request, signal)[Symbol.asyncIterator]();
}

async function rest(events: AsyncIterator<RawEvent>): Promise<RawEvent[]> {
  const read: RawEvent[] = [];
  for (let next = await events.next(); next.done !== true; next = await events.next()) read.push(next.value);
  return read;
}
