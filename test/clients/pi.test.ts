/** The real pi, set up with what `metalyard env` prints: a whole task through a full yard, and a wrong model. */
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
import { installClients } from '../support/install-clients.ts';
import { printedSettings } from '../support/printed-settings.ts';
import { type RecordingProxy, startRecordingProxy } from '../support/recording-proxy.ts';
import { type ProgramRun, runProgram } from '../support/run-program.ts';
import { startYard, type Yard } from '../support/start-yard.ts';

/** The last of this package of which every dependency is published; its former name is @mariozechner/pi-coding-agent. */
const piVersion = '0.87.1';
const piPackage = '@earendil-works/pi-coding-agent';
const installed = await installClients([`${piPackage}@${piVersion}`]);
const skip = installed.ok ? false : installed.reason;
const program = installed.ok ? join(installed.directory, 'node_modules', piPackage, 'dist/cli.js') : '';

/** A busy machine included. */
const timeoutMs = 240_000;

describe(`pi ${piVersion}`, { skip, timeout: 2 * timeoutMs }, () => {
  let yard: Yard;
  let proxy: RecordingProxy;
  before(async () => {
    const read = { name: 'read', input: { path: noteFile } };
    const edit = { name: 'edit', input: { path: noteFile, edits: [{ oldText: 'green', newText: 'ripe' }] } };
    yard = await startYard({ engine: flowScript({ read, edit }) });
  });
  after(() => yard?.stop());

  async function ask(model: string, ...flags: string[]): Promise<ProgramRun> {
    const settings = await printedSettings(yard, 'pi', proxy.url);
    return runProgram({
      program: process.execPath,
      args: [program, '-p', ...flags, '--provider', 'metalyard', '--model', model, flowPrompt],
      workFiles: { [noteFile]: noteBefore },
      homeFiles: { '.pi/agent/models.json': settings.replaceAll(yard.model, model) },
      environment: { PI_OFFLINE: '1', PI_TELEMETRY: '0', PI_SKIP_VERSION_CHECK: '1' },
      timeoutMs,
    });
  }

  test('a task of three turns with its own tools, begun while the yard is full', async (t) => {
    proxy = await startRecordingProxy(yard.url);
    const { outcome: run, waitedMs } = await throughOverload(yard, [proxy], () => ask(yard.model, '--mode', 'json'));
    await proxy.close();
    assert.equal(run.exitCode, 0, run.stderr);
    assert.equal(run.workFiles[noteFile], noteAfter);
    const ended = run.events.filter(({ type }) => type === 'tool_execution_end');
    assert.deepEqual(
      ended.map(({ toolName, isError }) => [toolName, isError]),
      [
        ['read', false],
        ['edit', false],
      ],
    );
    const answers = run.events.filter(({ type, message }) => type === 'message_end' && message.role === 'assistant');
    assert.equal(answers.at(-1)?.message.content[0].text, flowAnswer);

    const requests = messageRequests(proxy);
    assert.deepEqual(
      requests.map(({ status }) => status),
      [529, 200, 200, 200],
      'refused once, then nothing was repeated',
    );
    const charged = await chargedBy(requests.slice(1));
    const counted = { input: 0, cached: 0, output: 0 };
    for (const { message } of answers) {
      counted.input += message.usage.input;
      counted.cached += message.usage.cacheRead;
      counted.output += message.usage.output;
    }
    assert.deepEqual(counted, charged, 'its usage is ours');
    t.diagnostic(
      `${Math.round(run.elapsedMs)} ms, ${JSON.stringify(charged)}, waited ${Math.round(waitedMs[0] ?? 0)} ms`,
    );
  });

  test('a model nobody serves is reported in our words, and asked for once', async () => {
    proxy = await startRecordingProxy(yard.url);
    const run = await ask(unknownModel);
    await proxy.close();
    assert.notEqual(run.exitCode, 0);
    assert.match(run.stderr, new RegExp(`404.*model: ${unknownModel} is not served here\\. Available: `));
    assert.deepEqual(
      messageRequests(proxy).map(({ status }) => status),
      [404],
    );
    assert.equal(run.workFiles[noteFile], noteBefore);
  });
});
