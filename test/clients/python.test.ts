/** The Python package `anthropic`, sync and async: a whole task through its tool runner, and its typed errors. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  chargedBy,
  flowAnswer,
  flowPrompt,
  flowScript,
  messageRequests,
  noteAfter,
  noteBefore,
  noteFile,
  unknownModel,
} from '../support/core-flow.ts';
import { throughOverload } from '../support/crowd.ts';
import { installPython } from '../support/install-python.ts';
import { type RecordingProxy, startRecordingProxy } from '../support/recording-proxy.ts';
import { type ProgramRun, runProgram } from '../support/run-program.ts';
import { startYard, type Yard } from '../support/start-yard.ts';

const packageVersion = '2.12.0';
const installed = await installPython([`anthropic==${packageVersion}`], [3, 10]);
const skip = installed.ok ? false : installed.reason;

/** A busy machine included. */
const timeoutMs = 240_000;
const forms = ['sync', 'async'] as const;

describe(`Python anthropic ${packageVersion}`, { skip, timeout: timeoutMs }, () => {
  let yard: Yard;
  let proxies: RecordingProxy[];
  let runs: readonly ProgramRun[];
  let waitedMs: readonly number[];
  let heeded: readonly boolean[];

  // Both forms at once: each waits out the same full yard.
  before(async () => {
    const read = { name: 'read_note', input: { path: noteFile } };
    const edit = { name: 'replace_text', input: { path: noteFile, old: 'green', new: 'ripe' } };
    yard = await startYard({ engine: flowScript({ read, edit }) });
    proxies = await Promise.all(forms.map(() => startRecordingProxy(yard.url)));
    const overload = await throughOverload(yard, proxies, () =>
      Promise.all(forms.map((form, index) => runForm(form, proxies[index]?.url ?? ''))),
    );
    runs = overload.outcome;
    ({ waitedMs, heeded } = overload);
  });
  after(async () => {
    for (const proxy of proxies ?? []) await proxy.close();
    await yard?.stop();
  });

  const runForm = (form: string, url: string): Promise<ProgramRun> =>
    runProgram({
      program: installed.ok ? installed.python : '',
      args: [join(import.meta.dirname, 'python/core_flow.py'), form],
      workFiles: { [noteFile]: noteBefore },
      environment: {
        PYTHONPATH: installed.ok ? installed.directory : '',
        PYTHONDONTWRITEBYTECODE: '1',
        ANTHROPIC_BASE_URL: url,
        ANTHROPIC_API_KEY: yard.key,
        YARD_MODEL: yard.model,
        UNKNOWN_MODEL: unknownModel,
        FLOW_PROMPT: flowPrompt,
      },
      timeoutMs,
    });

  for (const [index, form] of forms.entries()) {
    // biome-ignore lint/suspicious/noExplicitAny: raw JSON of a foreign program
    const outcome = (): any => {
      const run = runs[index];
      assert.equal(run?.exitCode, 0, run?.stderr);
      return run.events.at(-1);
    };
    const requests = () => messageRequests(proxies[index] ?? { requests: [] });

    test(`${form}: a task of three turns, streamed, with thinking, begun while the yard is full`, async (t) => {
      const { version, turns, usage } = outcome();
      assert.equal(version, packageVersion);
      assert.equal(runs[index]?.workFiles[noteFile], noteAfter);
      assert.deepEqual(
        turns.map(({ stop_reason, tools, thinking, signed }: Record<string, unknown>) => ({
          stop_reason,
          tools,
          thinking,
          signed,
        })),
        [
          { stop_reason: 'tool_use', tools: ['read_note'], thinking: ['I follow my script.'], signed: true },
          { stop_reason: 'tool_use', tools: ['replace_text'], thinking: ['I follow my script.'], signed: true },
          { stop_reason: 'end_turn', tools: [], thinking: ['The edit went well.'], signed: true },
        ],
      );
      assert.equal(turns[2].text, flowAnswer);
      for (const { text, streamed_text } of turns) assert.equal(streamed_text, text);

      const asked = requests().filter(({ body }) => body.tools !== undefined);
      assert.match(String(asked[0]?.headers.authorization), /^Bearer my_/);
      // The tool runner asks for a thread kept by the server first; it is told that there is none, and goes on without.
      assert.deepEqual(
        asked.map(({ status, body }) => [status, body.thread?.type]),
        [
          [400, 'create'],
          [529, undefined],
          [200, undefined],
          [200, undefined],
          [200, undefined],
        ],
      );
      assert.ok(heeded[index], 'it waited as long as retry-after asked');
      assert.deepEqual(usage, await chargedBy(asked.slice(2)), 'its usage is ours');
      t.diagnostic(`${JSON.stringify(usage)}, waited ${Math.round(waitedMs[index] ?? 0)} ms`);
    });

    test(`${form}: counting, a whole answer, the list of models`, () => {
      const { counted, whole, window } = outcome();
      assert.equal(whole.text, 'Hello.');
      assert.equal(counted, whole.prompt_tokens, 'the count is what the answer was charged');
      assert.equal(window, 65_536);
    });

    test(`${form}: errors have their types and our words, and are not repeated`, () => {
      const { errors } = outcome();
      const told = Object.entries<Record<string, string>>(errors).map(([name, error]) => [
        name,
        error.class,
        error.status,
        error.type,
      ]);
      assert.deepEqual(told, [
        ['unknown model', 'NotFoundError', 404, 'not_found_error'],
        ['too long', 'BadRequestError', 400, 'invalid_request_error'],
        ['unknown key', 'AuthenticationError', 401, 'authentication_error'],
      ]);
      assert.match(errors['unknown model'].message, /^model: nobody-serves-this is not served here\./);
      assert.match(errors['too long'].message, /^prompt is too long: \d+ tokens > \d+ maximum$/);
      assert.match(errors['unknown key'].message, /does not know the key/);
      for (const { request_id } of Object.values<Record<string, string>>(errors))
        assert.match(request_id ?? '', /^req_/);
      const failed = requests().filter(({ status, body }) => status >= 400 && body.tools === undefined);
      assert.deepEqual(
        failed.map(({ status }) => status),
        [404, 400, 401],
      );
    });
  }
});
