/** The real Claude Code: one turn with the shipped model, and a whole tool task with the scripted engine. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { claudeCodeVersion, runClaudeCode } from '../support/claude-code.ts';
import { checkRun, messageRequests } from '../support/claude-code-checks.ts';
import { noteText, scriptedTask, taskAnswer, taskPrompt } from '../support/claude-code-task.ts';
import { claudeCodeProgram, installClients } from '../support/install-clients.ts';
import { startYard } from '../support/start-yard.ts';

const installed = await installClients([`@anthropic-ai/claude-code@${claudeCodeVersion}`]);
const program = installed.ok ? claudeCodeProgram(installed.directory) : null;
const skip = installed.ok
  ? program === null && `Claude Code ${claudeCodeVersion} has no program for ${process.platform} ${process.arch}`
  : installed.reason;

/** The prompt has 50 KB, and the shipped model reads it on CPU. */
const timeoutMs = 240_000;

test('a complete turn with the shipped model', { skip, timeout: timeoutMs }, async (t) => {
  await using yard = await startYard();
  const run = await runClaudeCode({
    program: program ?? '',
    baseUrl: yard.url,
    apiKey: yard.key,
    model: yard.model,
    prompt: 'Hello',
    timeoutMs,
  });
  checkRun(run);
  const [first] = messageRequests(run);
  assert.match(String(first?.headers['user-agent']), /claude-cli\/2\.1\.330/);
  t.diagnostic(`${Math.round(run.elapsedMs)} ms, ${run.result.usage.input_tokens} prompt tokens`);
});

test('a tool task over several turns with the scripted engine', { skip, timeout: timeoutMs }, async (t) => {
  await using yard = await startYard({ engine: scriptedTask() });
  const run = await runClaudeCode({
    program: program ?? '',
    baseUrl: yard.url,
    apiKey: yard.key,
    model: yard.model,
    prompt: taskPrompt,
    files: { 'note.txt': `${noteText}\n` },
    allowedTools: ['Bash', 'Read'],
    timeoutMs,
  });
  checkRun(run);
  assert.equal(run.result.result, taskAnswer);
  assert.equal(run.result.num_turns, 3);
  assert.equal(messageRequests(run).length, 3);
  const results = run.events.filter(({ type }) => type === 'user').flatMap(({ message }) => message.content);
  assert.equal(results.length, 2);
  for (const result of results) assert.notEqual(result.is_error, true);
  // The second and third turn read only what was new.
  const usage = run.result.usage;
  assert.ok(usage.cache_read_input_tokens > usage.input_tokens);
  t.diagnostic(`read ${usage.input_tokens}, cached ${usage.cache_read_input_tokens} prompt tokens over three turns`);
});
