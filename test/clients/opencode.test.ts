/** The real opencode, set up with what `metalyard env` prints: a whole task through a full yard, and a wrong model. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  chargedBy,
  flowAnswer,
  flowPrompt,
  flowScript,
  flowTitle,
  messageRequests,
  noteAfter,
  noteBefore,
  noteFile,
  strictlyRead,
  unknownModel,
} from '../support/core-flow.ts';
import { throughOverload } from '../support/crowd.ts';
import { installClients, opencodeProgram } from '../support/install-clients.ts';
import { printedSettings } from '../support/printed-settings.ts';
import { textOf } from '../support/read-stream.ts';
import { type RecordedRequest, type RecordingProxy, startRecordingProxy } from '../support/recording-proxy.ts';
import { type ProgramRun, runProgram } from '../support/run-program.ts';
import { startYard, type Yard } from '../support/start-yard.ts';

const opencodeVersion = '1.18.33';
const installed = await installClients([`opencode-ai@${opencodeVersion}`]);
const program = installed.ok ? opencodeProgram(installed.directory) : null;
const skip = installed.ok
  ? program === null && `opencode ${opencodeVersion} has no program for ${process.platform} ${process.arch}`
  : installed.reason;

/** A busy machine included. */
const timeoutMs = 240_000;

/** An answer without tools. */
const isTitle = ({ body, status }: RecordedRequest): boolean => body?.tools === undefined && status === 200;

describe(`opencode ${opencodeVersion}`, { skip, timeout: 2 * timeoutMs }, () => {
  let yard: Yard;
  let proxy: RecordingProxy;
  before(async () => {
    const read = { name: 'read', input: { filePath: noteFile } };
    const edit = { name: 'edit', input: { filePath: noteFile, oldString: 'green', newString: 'ripe' } };
    yard = await startYard({ engine: flowScript({ read, edit }) });
  });
  after(() => yard?.stop());

  /** One `opencode run` behind a proxy of its own. */
  async function ask(model: string): Promise<ProgramRun> {
    const settings = await printedSettings(yard, 'opencode', proxy.url);
    return runProgram({
      program: program ?? '',
      args: ['run', '--format', 'json', flowPrompt],
      workFiles: { [noteFile]: noteBefore },
      environment: {
        ...JSON.parse(settings.replaceAll(yard.model, model)),
        OPENCODE_DISABLE_AUTOUPDATE: '1',
        OPENCODE_DISABLE_MODELS_FETCH: '1',
        OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
        OPENCODE_DISABLE_DEFAULT_PLUGINS: '1',
        OPENCODE_DISABLE_SHARE: '1',
      },
      timeoutMs,
    });
  }

  test('a task of three turns with its own tools, begun while the yard is full', async (t) => {
    proxy = await startRecordingProxy(yard.url);
    // It asks for the title beside the task, is refused that too, and does not wait for it when the task is done.
    const titled = proxy.when((request) => isTitle(request) && request.endedAtMs > 0);
    proxy.keepBack(({ body, status }) => body.tools !== undefined && status === 200, titled);
    const { outcome: run, waitedMs, heeded } = await throughOverload(yard, [proxy], () => ask(yard.model));
    await proxy.close();
    assert.equal(run.exitCode, 0, run.stderr);
    assert.equal(run.workFiles[noteFile], noteAfter);
    const parts = run.events.map(({ part }) => part);
    assert.equal(parts.findLast((part) => part?.type === 'text')?.text, flowAnswer);
    const tools = parts.filter((part) => part?.type === 'tool');
    assert.deepEqual(
      tools.map(({ tool, state }) => [tool, state.status]),
      [
        ['read', 'completed'],
        ['edit', 'completed'],
      ],
    );
    assert.deepEqual(
      run.events.filter(({ type }) => type === 'error'),
      [],
    );

    const requests = messageRequests(proxy);
    assert.match(String(requests[0]?.headers['user-agent']), /opencode\/1\.18\.33/);
    const turns = requests.filter(({ body }) => body.tools !== undefined);
    assert.deepEqual(
      turns.map(({ status }) => status),
      [529, 200, 200, 200],
      'refused once, then nothing was repeated',
    );
    assert.ok(heeded[0], 'it waited as long as retry-after asked');

    const charged = await chargedBy(turns.slice(1));
    const steps = parts.filter((part) => part?.type === 'step-finish').map(({ tokens }) => tokens);
    const counted = { input: 0, cached: 0, output: 0 };
    for (const { input, output, reasoning, cache } of steps) {
      counted.input += input;
      counted.cached += cache.read;
      counted.output += output + reasoning;
    }
    assert.deepEqual(counted, charged, 'its usage is ours');

    assert.equal(textOf(await strictlyRead(await titled)), flowTitle);
    t.diagnostic(
      `${Math.round(run.elapsedMs)} ms, ${JSON.stringify(charged)}, waited ${Math.round(waitedMs[0] ?? 0)} ms`,
    );
  });

  test('a model nobody serves is reported in our words, and asked for once', async () => {
    proxy = await startRecordingProxy(yard.url);
    const run = await ask(unknownModel);
    await proxy.close();
    assert.equal(run.exitCode, 1);
    const [error] = run.events.filter(({ type }) => type === 'error');
    assert.match(error?.error.data.message, new RegExp(`^model: ${unknownModel} is not served here\\. Available: `));
    assert.equal(error.error.data.isRetryable, false);
    const turns = messageRequests(proxy).filter(({ body }) => body.tools !== undefined);
    assert.deepEqual(
      turns.map(({ status }) => status),
      [404],
    );
    assert.equal(run.workFiles[noteFile], noteBefore);
  });
});
