/** Errors that end a session of Claude Code: the person is told what is wrong, after few requests. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { apiError } from '../../src/contract/errors.ts';
import { limits } from '../../src/contract/limits.ts';
import { openClaudeCode } from '../support/claude-code.ts';
import { checkTold, messageRequests } from '../support/claude-code-checks.ts';
import { program, type StoryOptions, skip, startStory } from '../support/claude-code-story.ts';
import { noteText, taskPrompt, toolCall } from '../support/claude-code-task.ts';
import { startStandIn } from '../support/stand-in-gateway.ts';
import { fakeModel, startTestYard } from '../support/test-yard.ts';

interface Refusal {
  readonly name: string;
  readonly options?: Partial<StoryOptions>;
  readonly status: number;
  /** What the person reads. */
  readonly message: RegExp;
  /** `stream` of each request. */
  readonly requests?: readonly boolean[];
  /** On a busy computer it takes longer than the status is held back: then a stream was opened, and the refusal is the answer to the next. */
  readonly mayBeLate?: true;
}

const refusals: readonly Refusal[] = [
  {
    name: 'an unknown API key',
    options: { apiKey: 'my_unknown' },
    status: 401,
    message: /^Invalid API key · Fix external API key$/,
  },
  {
    name: 'an unknown token',
    options: { apiKey: '', environment: { ANTHROPIC_AUTH_TOKEN: 'my_unknown' } },
    status: 401,
    message: /^Failed to authenticate\. API Error: 401 invalid bearer token: .*`metalyard keys create` makes one\.$/,
  },
  {
    name: 'an unknown model',
    options: { model: 'no-such-model' },
    status: 404,
    message: /^There's an issue with the selected model \(no-such-model\)/,
    requests: [true, false],
  },
  {
    name: 'a model that cannot be loaded',
    options: { engine: { loadFails: 'The file ends in the middle of a tensor.' } },
    status: 500,
    message: /^API Error: 500 .* could not be loaded on box: The file ends in the middle of a tensor\./,
  },
  {
    name: 'a request under which engines crash',
    options: { engine: { rules: [{ say: noteText, fault: { kind: 'exit', afterTokens: 0 } }] } },
    status: 500,
    message: /^API Error: 500 Engines crashed 3 times while they worked on this very request/,
    mayBeLate: true,
  },
  {
    name: 'a host name that is not ours',
    options: { host: 'yard.example' },
    status: 421,
    message: /^API Error: 421 This gateway does not answer to that host name\. Use the address it printed at start\./,
  },
];

describe('Claude Code meets', { skip, concurrency: 2, timeout: 580_000 }, () => {
  for (const { name, options = {}, status, message, requests = [true], mayBeLate } of refusals) {
    test(name, async () => {
      await using story = await startStory({ engine: {}, ...options });
      const run = await story.claude.ask({ prompt: taskPrompt });
      checkTold(run, message);
      assert.equal(run.result.api_error_status, status);
      assert.equal(run.retries, 0);
      const asked = messageRequests(run).map((request) => [request.status, request.body.stream]);
      const isLate = mayBeLate && asked[0]?.[0] === 200;
      const expected = requests.map((stream) => [status, stream]);
      assert.deepEqual(asked, isLate ? [[200, true], ...expected.map(() => [status, false])] : expected);
    });
  }

  test('a key that is revoked between two turns', async () => {
    const untilGone = 'until test -e gone; do sleep 0.05; done';
    await using story = await startStory({
      engine: { rules: [{ answered: 0, say: toolCall('Bash', { command: untilGone, description: 'Wait' }) }] },
    });
    const { claude, yard } = story;
    const revoked = claude.proxy
      .when(({ responseText }) => responseText.includes('message_delta'))
      .then(() => yard.revokeKey())
      .then(() => writeFileSync(join(claude.work, 'gone'), ''));
    const run = await claude.ask({ prompt: taskPrompt, allowedTools: ['Bash'] });
    await revoked;
    checkTold(run, /^Invalid API key/);
    assert.deepEqual(
      messageRequests(run).map(({ status }) => status),
      [200, 401],
    );
  });

  test('a model that has no tools: it asks with less and less, and then shows our sentence', async () => {
    await using yard = await startTestYard();
    await yard.connect('box', [{ ...fakeModel, tools: false }]);
    await using claude = await openClaudeCode({
      program,
      baseUrl: yard.gateway.url,
      apiKey: yard.key,
      model: fakeModel.id,
      timeoutMs: 240_000,
    });
    const run = await claude.ask({ prompt: taskPrompt });
    checkTold(run, /^API Error: 400 tools\.0: this model cannot be offered tools: .* Ask a model that has tools/);
    const asked = messageRequests(run);
    assert.ok(asked.length <= 6, `${asked.length} requests`);
    assert.ok(asked.every(({ status }) => status === 400));
  });

  test('a conversation of more than 32 MB', async () => {
    await using story = await startStory({
      engine: {},
      // It would find a prompt of so many characters too long by itself.
      environment: { CLAUDE_CODE_MAX_CONTEXT_TOKENS: '20000000' },
    });
    const text = 'quince '.repeat(limits.requestBodyBytes / 7);
    const run = await story.claude.ask({ prompt: [[{ type: 'text', text }]] });
    checkTold(run, /^Request too large \(max 32MB\)/);
    assert.equal(run.result.api_error_code, 'request_too_large');
    assert.deepEqual(
      messageRequests(run).map(({ status }) => status),
      [413],
    );
  });

  test('a key that may not use the model: the form of our 403 is understood', async () => {
    await using standIn = await startStandIn(apiError('permission', 'This key may not use the model.'));
    await using claude = await openClaudeCode({
      program,
      baseUrl: standIn.url,
      apiKey: 'my_key',
      model: 'any',
      timeoutMs: 240_000,
    });
    const run = await claude.ask({ prompt: taskPrompt });
    checkTold(run, /^Failed to authenticate\. API Error: 403 This key may not use the model\.$/);
    assert.equal(messageRequests(run).length, 1);
  });
});
