/** The real Claude Code: turns with the shipped model, and a whole tool task with the scripted engine. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ClaudeCodeRun, claudeCodeVersion, runClaudeCode } from '../support/claude-code.ts';
import { checkRun, messageRequests } from '../support/claude-code-checks.ts';
import { noteText, scriptedTask, taskAnswer, taskPrompt } from '../support/claude-code-task.ts';
import { claudeCodeProgram, installClients } from '../support/install-clients.ts';
import { startYard } from '../support/start-yard.ts';

const installed = await installClients([`@anthropic-ai/claude-code@${claudeCodeVersion}`]);
const program = installed.ok ? claudeCodeProgram(installed.directory) : null;
const skip = installed.ok
  ? program === null && `Claude Code ${claudeCodeVersion} has no program for ${process.platform} ${process.arch}`
  : installed.reason;

/** A busy machine included. */
const timeoutMs = 240_000;

/** Claude Code's full prompt is some 26,000 tokens to the shipped model: minutes on busy cores. */
const fullPromptTimeoutMs = 540_000;

test('plain `claude -p Hello`: its full prompt, all its tools, the shipped model', {
  skip,
  timeout: fullPromptTimeoutMs,
}, async (t) => {
  const run = await askShippedModel('Hello', [], fullPromptTimeoutMs);
  // What it says is not held here: so far from the question it has often lost it. That it ends, and how, is.
  assert.notEqual(run.result.result, '');
  assert.equal(run.result.stop_reason, 'end_turn');
  const [only, ...others] = messageRequests(run);
  assert.deepEqual(others, []);
  assert.ok(only!.body.tools.length > 5);
  const { input_tokens: read, cache_read_input_tokens: cached, output_tokens: written } = run.result.usage;
  assert.ok(read + cached > 20_000, `${read} + ${cached} prompt tokens`);
  t.diagnostic(
    `${(run.elapsedMs / 1000).toFixed(1)} s, prompt tokens ${read} read and ${cached} cached, ${written} written`,
  );
});

test('`claude --bare` without tools: a short prompt, an answer in seconds', { skip, timeout: timeoutMs }, async () => {
  const run = await askShippedModel('Hello', ['--bare', '--tools', '']);
  assert.equal(run.result.result, 'Hello! How can I help you?');
  const [only, ...others] = messageRequests(run);
  assert.match(String(only?.headers['user-agent']), /claude-cli\/2\.1\.330/);
  assert.deepEqual(others, []);
});

test('the shipped model reads a file through Claude Code', { skip, timeout: timeoutMs }, async (t) => {
  const run = await askShippedModel('Read the file notes.txt', [
    '--bare',
    '--tools',
    'Read',
    // Its own names the day and the folder, which sways so small a model.
    '--system-prompt',
    'You help.',
  ]);
  assert.match(run.result.result, /The quince is ripe\./);
  assert.equal(messageRequests(run).length, 2);
  const { input_tokens: read, cache_read_input_tokens: cached } = run.result.usage;
  assert.ok(cached > 500, 'the second turn read only what was new');
  t.diagnostic(`${Math.round(run.elapsedMs)} ms, prompt tokens ${read} read and ${cached} cached over two turns`);
});

/** Claude Code's question to the shipped model, checked. */
async function askShippedModel(prompt: string, flags: readonly string[], limitMs = timeoutMs): Promise<ClaudeCodeRun> {
  await using yard = await startYard();
  const run = await runClaudeCode({
    program: program ?? '',
    baseUrl: yard.url,
    apiKey: yard.key,
    model: yard.model,
    prompt,
    flags,
    files: { 'notes.txt': `${noteText}\n` },
    timeoutMs: limitMs,
  });
  checkRun(run);
  return run;
}

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
