/** The real Claude Code: turns with the shipped model, and a whole tool task with the scripted engine. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ClaudeCodeRun, claudeCodeVersion, runClaudeCode } from '../support/claude-code.ts';
import { checkRun, messageRequests } from '../support/claude-code-checks.ts';
import { noteText, scriptedTask, taskAnswer, taskPrompt } from '../support/claude-code-task.ts';
import { strictlyRead } from '../support/core-flow.ts';
import { claudeCodeProgram, installClients } from '../support/install-clients.ts';
import { textOf } from '../support/read-stream.ts';
import { startYard } from '../support/start-yard.ts';

const installed = await installClients([`@anthropic-ai/claude-code@${claudeCodeVersion}`]);
const program = installed.ok ? claudeCodeProgram(installed.directory) : null;
const skip = installed.ok
  ? program === null && `Claude Code ${claudeCodeVersion} has no program for ${process.platform} ${process.arch}`
  : installed.reason;

/** A busy machine included. */
const timeoutMs = 240_000;

/** Claude Code's full prompt is some 26,000 tokens to the shipped model: minutes on busy cores. */
const fullPromptTimeoutMs = 900_000;

test('plain `claude -p Hello`: its full prompt, all its tools, the shipped model', {
  skip,
  timeout: fullPromptTimeoutMs,
}, async (t) => {
  // What the model makes of it is not held here: so far from the question it has often lost it, and the name of a
  // scratch folder in the prompt is enough for another answer. It may even call a tool: that is the end of one turn.
  const run = await runShippedModel('Hello', ['--max-turns', '1'], fullPromptTimeoutMs);
  const asked = messageRequests(run)[0] ?? assert.fail('nothing was asked');
  const answer = await strictlyRead(asked);
  const { stop_reason: ended, usage } = answer;
  assert.equal(asked.body.stream, true);
  assert.ok(asked.body.tools.length > 5);
  assert.ok(['end_turn', 'tool_use', 'max_tokens'].includes(ended ?? ''), `it ended with ${ended}`);
  if (ended === 'end_turn') {
    checkRun(run);
    assert.equal(run.result.result.trim(), textOf(answer).trim());
    assert.equal(messageRequests(run).length, 1);
  }
  const { input_tokens: read, output_tokens: written } = usage;
  const cached = usage.cache_read_input_tokens ?? 0;
  assert.ok(read + cached > 20_000, `${read} + ${cached} prompt tokens`);
  t.diagnostic(
    `${(run.elapsedMs / 1000).toFixed(1)} s, prompt tokens ${read} read and ${cached} cached, ${written} written, ${ended}`,
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
async function askShippedModel(prompt: string, flags: readonly string[]): Promise<ClaudeCodeRun> {
  const run = await runShippedModel(prompt, flags, timeoutMs);
  checkRun(run);
  return run;
}

async function runShippedModel(prompt: string, flags: readonly string[], limitMs: number): Promise<ClaudeCodeRun> {
  await using yard = await startYard();
  return await runClaudeCode({
    program: program ?? '',
    baseUrl: yard.url,
    apiKey: yard.key,
    model: yard.model,
    prompt,
    flags,
    files: { 'notes.txt': `${noteText}\n` },
    // A model that has lost the question may not find an end.
    environment: { CLAUDE_CODE_MAX_OUTPUT_TOKENS: '1000' },
    timeoutMs: limitMs,
  });
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
