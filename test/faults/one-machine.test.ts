/** Processes that die, hang or talk nonsense in the middle of an answer: the client always learns what became of it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ask, readJson, turn } from '../support/ask.ts';
import { isAlive } from '../support/processes.ts';
import { readStream, type StreamEvent, streamEvents, textOf } from '../support/read-stream.ts';
import { startApart, startYard } from '../support/start-yard.ts';

const scratch = mkdtempSync(join(tmpdir(), 'metalyard-faults-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

const slowStory = 'Once upon a time there was a yard. ';

/** Reads until the stream ends; the last event tells how. */
async function lastOf(events: AsyncIterable<StreamEvent>): Promise<StreamEvent | undefined> {
  let last: StreamEvent | undefined;
  for await (const event of events) last = event;
  return last;
}

test('the real engine is killed in mid-generation: a typed error, and the next request works', async () => {
  await using yard = await startYard();
  const [engine] = await yard.enginePids();
  assert.ok(engine);
  // A long list forced by a grammar: the model would stop too soon by itself.
  const schema = { type: 'array', items: { type: 'integer' }, minItems: 500 };
  const format = { type: 'json_schema', schema };
  const body = turn(yard.model, 'Count from 1 to 60.', { stream: true, max_tokens: 4000, output_config: { format } });
  const events = streamEvents(await ask(yard, body));
  for (let seen = ''; seen !== 'content_block_delta'; )
    seen = (await events.next()).value?.type ?? assert.fail('ended');
  process.kill(engine, 'SIGKILL');
  const end = await lastOf(events);
  assert.equal(end?.type, 'error');
  assert.ok(['api_error', 'overloaded_error'].includes(end.data.error.type));
  await yard.whenGone([engine]);

  assert.equal(textOf(await readJson(await ask(yard, turn(yard.model, 'ping')))), 'pong');
  assert.equal((await yard.enginePids()).length, 1);
});

test('an engine that dies before any content is replaced unseen', async () => {
  const onceFile = join(scratch, 'once');
  writeFileSync(onceFile, '');
  await using yard = await startYard({
    engine: { rules: [{ say: slowStory, fault: { kind: 'exit', afterTokens: 0, onceFile } }] },
  });
  const answer = await readStream(await ask(yard, turn(yard.model, 'Tell', { stream: true })));
  assert.equal(textOf(answer), slowStory);
  assert.match(yard.output(), /attempt lost/);
});

test('an engine that breaks its protocol is ended, and the next request works', async () => {
  await using yard = await startYard({
    engine: {
      rules: [
        { lastTurn: 'garbage', say: slowStory, repeat: 50, fault: { kind: 'garbage', afterTokens: 5 } },
        { say: 'fine' },
      ],
    },
  });
  const response = await ask(yard, turn(yard.model, 'garbage', { stream: true }));
  const end = response.status === 200 ? await lastOf(streamEvents(response)) : undefined;
  assert.ok(response.status >= 500 || end?.type === 'error', `status ${response.status}, ${end?.type}`);
  assert.equal(textOf(await readJson(await ask(yard, turn(yard.model, 'again')))), 'fine');
});

test('the agent is killed: a typed error, no engine is left, and a new agent serves', async () => {
  await using yard = await startApart({
    engine: { rules: [{ lastTurn: 'story', say: slowStory, repeat: 100 }, { say: 'fine' }], tokensPerSecond: 200 },
  });
  const response = await ask(yard, turn(yard.model, 'story', { stream: true, max_tokens: 2000 }));
  const engines = await yard.enginePids();
  assert.equal(engines.length, 1);
  const ending = lastOf(streamEvents(response));
  yard.killAgent();
  const end = await ending;
  assert.equal(end?.type, 'error');
  await yard.whenGone(engines);
  await yard.startAgent();
  assert.equal(textOf(await readJson(await ask(yard, turn(yard.model, 'again')))), 'fine');
});

test('a stopped yard leaves nothing behind', async () => {
  const yard = await startYard();
  const pids = [yard.pid, ...(await yard.descendantPids())];
  assert.ok(pids.length >= 2);
  await yard.stop();
  await yard.whenGone(pids);
  assert.deepEqual(pids.filter(isAlive), []);
});

test('a yard killed without warning leaves nothing behind either', async () => {
  const yard = await startYard();
  const pids = [yard.pid, ...(await yard.descendantPids())];
  process.kill(yard.pid, 'SIGKILL');
  await yard.whenGone(pids);
  await yard.stop();
  assert.deepEqual(pids.filter(isAlive), []);
});
