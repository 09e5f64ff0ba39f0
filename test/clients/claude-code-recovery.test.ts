/** Faults of the yard in the middle of a session of Claude Code, which recovers and finishes its task. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { type Address, ask, turn } from '../support/ask.ts';
import type { ClaudeCode, ClaudeCodeRun } from '../support/claude-code.ts';
import { openClaudeCode } from '../support/claude-code.ts';
import { checkSuccess, messageRequests } from '../support/claude-code-checks.ts';
import { program, skip, startStory } from '../support/claude-code-story.ts';
import { noteText, taskAnswer, taskPrompt, toolCall } from '../support/claude-code-task.ts';
import { until } from '../support/processes.ts';
import type { RecordedRequest } from '../support/recording-proxy.ts';
import type { ScriptedFault, ScriptedRule } from '../support/scripted/config.ts';
import { startApart, type YardApart } from '../support/start-yard.ts';

const scratch = mkdtempSync(join(tmpdir(), 'metalyard-recovery-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

const patienceMs = 60_000;
const files = { 'note.txt': `${noteText}\n` };
const readNote = toolCall('Read', { file_path: 'note.txt' });
const readsNote: ScriptedRule = { answered: 0, lastTurn: taskPrompt, say: readNote };
const reports: ScriptedRule = { answered: 1, lastTurn: noteText, say: taskAnswer };
const task = [readsNote, reports];
const question = { prompt: taskPrompt, allowedTools: ['Read'] };

/** The task of a model that thinks aloud before it reads, so slowly that it can be interrupted. */
const thinksAloud = (more: Partial<ScriptedRule> = {}): ScriptedRule[] => [
  { ...readsNote, say: `${'I think about it. '.repeat(30)}\n${readNote}`, tokensPerSecond: 60, ...more },
  reports,
];
const hasBegun = ({ responseText }: RecordedRequest): boolean => responseText.includes('text_delta');

/** What others ask for with the same key: minutes of work. */
const others: ScriptedRule = { lastTurn: 'Tell me all.', say: 'And then? ', repeat: 1_000, tokensPerSecond: 5 };

/** Sends such requests; they leave when the returned function is called. */
function askForAll(yard: Address & { readonly model: string }, count: number, text = ''): () => void {
  const leaving = new AbortController();
  const body = turn(yard.model, `${text} Tell me all.`, { stream: true, max_tokens: 4_000 });
  for (let each = 0; each < count; each++) {
    ask(yard, body, { signal: leaving.signal })
      // An answer that nobody reads is collected as garbage, and its request with it.
      .then((response) => response.text())
      .catch(() => {});
  }
  return () => leaving.abort();
}

/** Resolves when so many requests of the session were answered with the status. */
const whenRefused = ({ proxy }: ClaudeCode, status: number, times: number): Promise<unknown> =>
  proxy.when(() => proxy.requests.filter((request) => request.status === status).length >= times);

/** Asks for the task, and acts once something has happened on the way. */
async function askAndAct(claude: ClaudeCode, happened: Promise<unknown>, act: () => unknown): Promise<ClaudeCodeRun> {
  let seen = false;
  const acted = happened.then(() => {
    seen = true;
    return act();
  });
  const run = await claude.ask(question);
  assert.ok(seen, `what was waited for has not happened: ${JSON.stringify(answers(run))}`);
  // What it did may take longer than the session; but what it still waits for will not happen any more.
  const late = setTimeout(patienceMs, 'late', { ref: false });
  assert.notEqual(
    await Promise.race([acted, late]),
    'late',
    `the session took another course: ${JSON.stringify(answers(run))}`,
  );
  checkSuccess(run);
  assert.equal(run.result.result, taskAnswer);
  assert.deepEqual(answers(run).at(-1), [200, true]);
  return run;
}

/** Status and `stream` of each request for an answer. */
const answers = (run: ClaudeCodeRun) => messageRequests(run).map(({ status, body }) => [status, body.stream]);

/** When each came, ms, and what it was told: a refusal that should not have been says why it was. */
const told = (run: ClaudeCodeRun) =>
  messageRequests(run).map(({ status, atMs, responseText }) => [
    Math.round(atMs),
    status,
    /"error_code":"(\w+)"/.exec(responseText ?? '')?.[1],
  ]);

/** Between the beginnings of the first two requests, ms. */
function firstWaitMs(run: ClaudeCodeRun): number {
  const [first, second] = messageRequests(run);
  assert.ok(first && second);
  return second.atMs - first.atMs;
}

describe('Claude Code finishes its task although', { skip, concurrency: 2, timeout: 580_000 }, () => {
  test('the queue is full: it comes back when it was told to', async () => {
    await using story = await startStory({ files, engine: { slots: 1, rules: [others, ...task] } });
    const { claude, yard } = story;
    // One is answered, 32 wait: as many as one key may have.
    const leave = askForAll(yard, 33);
    await until('33 requests have come', patienceMs, () => yard.gateway.activeRequests === 33);
    // It hears of the second refusal when there is room again, however busy the computer is.
    const roomAgain = Promise.withResolvers<void>();
    const second = () => claude.proxy.requests.filter(({ status }) => status === 529)[1];
    claude.proxy.keepBack((request) => request === second(), roomAgain.promise);
    const run = await askAndAct(claude, whenRefused(claude, 529, 2), async () => {
      leave();
      await until('the others have left', patienceMs, () => yard.gateway.activeRequests === 0);
      roomAgain.resolve();
    });
    assert.equal(run.retries, 2, JSON.stringify(told(run)));
    const [first] = messageRequests(run);
    assert.match(first?.responseText ?? '', /"overloaded_error".*"queue_full"/);
    const toldMs = Number(first?.responseHeaders['retry-after-ms']);
    assert.ok(toldMs > 0 && firstWaitMs(run) >= toldMs);
  });

  test('its key holds too much already: it comes back when it was told to', async () => {
    await using story = await startStory({
      files,
      edgeLimits: { bodyBytesPerKey: 300_000 },
      engine: { rules: [others, ...task] },
    });
    const { claude, yard } = story;
    const leave = askForAll(yard, 1, 'x'.repeat(200_000));
    await until('the large request has come', patienceMs, () => yard.gateway.activeRequests === 1);
    // Another of the same size does not fit beside it; those of Claude Code have 50 KB.
    const leaveToo = askForAll(yard, 1, 'x'.repeat(70_000));
    await until('the smaller one too', patienceMs, () => yard.gateway.activeRequests === 2);
    const run = await askAndAct(claude, whenRefused(claude, 429, 1), () => {
      leave();
      leaveToo();
    });
    assert.equal(messageRequests(run)[0]?.responseHeaders['retry-after'], '2');
    assert.ok(firstWaitMs(run) >= 2_000);
  });

  test('its machine is away at first', async () => {
    await using story = await startStory({ files, engine: { rules: task } });
    const { claude, yard } = story;
    await yard.stopAgent();
    const run = await askAndAct(claude, whenRefused(claude, 529, 1), yard.startAgent);
    assert.match(messageRequests(run)[0]?.responseText ?? '', /"overloaded_error".*"no_machine"/);
  });

  test('the machine has no memory for a while', async () => {
    const whileFile = join(scratch, 'no-memory');
    writeFileSync(whileFile, '');
    const fault: ScriptedFault = { kind: 'memory', afterTokens: 0, whileFile };
    await using story = await startStory({ files, engine: { rules: [{ ...readsNote, fault }, reports] } });
    const run = await askAndAct(story.claude, whenRefused(story.claude, 500, 2), () => rmSync(whileFile));
    assert.equal(run.retries, 2, JSON.stringify(answers(run)));
    assert.match(messageRequests(run)[0]?.responseText ?? '', /"api_error".*"engine_failed"/);
  });

  test('the engine crashes in the middle of an answer: the turn is asked for again, whole', async () => {
    const onceFile = join(scratch, 'crash');
    writeFileSync(onceFile, '');
    const fault: ScriptedFault = { kind: 'exit', afterTokens: 40, onceFile };
    await using story = await startStory({ files, engine: { rules: thinksAloud({ fault }) } });
    const run = await askAndAct(story.claude, story.claude.proxy.when(hasBegun), () => {});
    assert.deepEqual(answers(run), [
      [200, true],
      // It waits for the engine to be back.
      [200, false],
      [200, true],
    ]);
    assert.match(messageRequests(run)[0]?.responseText ?? '', /event: error\ndata: .*"api_error".*"engine_crashed"/);
  });

  test('the machine leaves while it waits in an opened stream: nothing was shown, so it streams again', async () => {
    await using story = await startStory({ files, engine: { slots: 1, rules: [others, ...task] } });
    const { claude, yard } = story;
    const leave = askForAll(yard, 1);
    await until('the slot is taken', patienceMs, () => yard.gateway.activeRequests === 1);
    const opened = claude.proxy.when(({ responseText }) => responseText.includes('event: ping'));
    const failed = claude.proxy.when(({ responseText }) => responseText.includes('event: error'));
    const run = await askAndAct(claude, opened, async () => {
      await yard.stopAgent();
      await failed;
      leave();
      await yard.startAgent();
    });
    assert.deepEqual(answers(run)[0], [200, true]);
    assert.ok(
      answers(run).every(([, stream]) => stream),
      'no turn was asked for whole',
    );
    assert.match(messageRequests(run)[0]?.responseText ?? '', /event: ping\n.*\n\nevent: error\ndata: .*"no_machine"/);
  });
});

describe('Claude Code finishes its task although a process ends:', { skip, concurrency: 2, timeout: 580_000 }, () => {
  async function playApart(
    act: (yard: YardApart, claude: ClaudeCode) => Promise<unknown>,
    before: (yard: YardApart) => Promise<unknown> = async () => {},
  ): Promise<ClaudeCodeRun> {
    await using yard = await startApart({ engine: { window: 65_536, rules: [others, ...thinksAloud()] } });
    await before(yard);
    await using claude = await openClaudeCode({
      program,
      baseUrl: yard.url,
      apiKey: yard.key,
      model: yard.model,
      files,
      timeoutMs: 240_000,
    });
    return await askAndAct(claude, claude.proxy.when(hasBegun), () => act(yard, claude));
  }

  test('the agent, killed in the middle of an answer', async () => {
    const run = await playApart(async (yard) => {
      yard.killAgent();
      await yard.startAgent();
    });
    const [first, second] = messageRequests(run);
    assert.match(first?.responseText ?? '', /event: error\ndata: .*"overloaded_error".*"machine_lost"/);
    assert.equal(second?.body.stream, false);
  });

  test('the gateway, killed in the middle of an answer', async () => {
    const run = await playApart(async (yard) => {
      yard.killGateway();
      await yard.startGateway();
    });
    const [first, ...again] = messageRequests(run);
    assert.doesNotMatch(first?.responseText ?? '', /message_stop|event: error/);
    assert.ok(
      again.every(({ body }) => body.stream),
      'a stream that broke off is streamed again',
    );
    assert.ok(run.retries >= 1);
  });

  test('the gateway, stopped by its owner while it answers', async () => {
    let leave = (): void => {};
    const run = await playApart(
      async (yard, claude) => {
        const stopped = yard.drainGateway();
        await whenRefused(claude, 529, 1);
        leave();
        await stopped;
        await yard.startGateway();
      },
      // Somebody else's long answer keeps it when that of Claude Code is done.
      async (yard) => {
        leave = askForAll(yard, 1);
        await yard.whenStatus(({ requests }) => requests.active === 1);
      },
    );
    const [first, second] = messageRequests(run);
    assert.match(first?.responseText ?? '', /message_stop/);
    assert.match(second?.responseText ?? '', /"overloaded_error".*"draining"/);
  });
});
