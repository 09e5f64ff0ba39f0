/** The real Claude Code through servers that run already: a whole tool task, with an Ollama and a llama-server that are fakes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FakeModel } from '../engines/fakes/fake-model.ts';
import type { FakeServer } from '../engines/fakes/fake-server.ts';
import { startFakeLlamaServer } from '../engines/fakes/llama-server.ts';
import { startFakeOllama } from '../engines/fakes/ollama.ts';
import { claudeCodeVersion, runClaudeCode } from '../support/claude-code.ts';
import { checkRun, messageRequests } from '../support/claude-code-checks.ts';
import { noteText, taskAnswer, taskPrompt } from '../support/claude-code-task.ts';
import { claudeCodeProgram, installClients } from '../support/install-clients.ts';
import { startYard } from '../support/start-yard.ts';

const installed = await installClients([`@anthropic-ai/claude-code@${claudeCodeVersion}`]);
const program = installed.ok ? claudeCodeProgram(installed.directory) : null;
const skip = installed.ok
  ? program === null && `Claude Code ${claudeCodeVersion} has no program for ${process.platform} ${process.arch}`
  : installed.reason;

/** A busy machine included. */
const timeoutMs = 240_000;
const window = 65_536;

/** The task as a good model would do it. */
const worker: FakeModel = ({ messages, tools }) => {
  const answered = messages.filter(({ role }) => role === 'assistant').length;
  const last = String(messages.at(-1)?.content);
  if (tools.length === 0) return { text: 'A note' };
  if (answered >= 2 && last.includes(noteText)) return { text: taskAnswer };
  if (answered === 1 && last.includes('hello')) {
    return { thinking: 'Now the note.', calls: [{ name: 'Read', arguments: { file_path: 'note.txt' } }] };
  }
  if (answered === 0) {
    const call = { name: 'Bash', arguments: { command: 'echo hello', description: 'Say hello' } };
    return { text: 'I will look around first.', calls: [call] };
  }
  return { text: 'The script does not know this turn.' };
};

const servers: Readonly<Record<string, () => Promise<FakeServer>>> = {
  Ollama: () => startFakeOllama({ models: [{ name: 'qwen3-coder:30b', trainedWindow: 262_144 }] }),
  'llama-server': () => startFakeLlamaServer({ window, slots: 2 }),
};

for (const [name, start] of Object.entries(servers)) {
  test(`a tool task over several turns through an attached ${name}`, { skip, timeout: timeoutMs }, async (t) => {
    await using fake = await start();
    fake.say(worker);
    await using yard = await startYard({ attach: `${fake.url}#window=${window}&probe=off` });
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
    const results = run.events.filter(({ type }) => type === 'user').flatMap(({ message }) => message.content);
    assert.equal(results.length, 2);
    for (const result of results) assert.notEqual(result.is_error, true);
    assert.equal(messageRequests(run).length, fake.chats.length, 'one request each, none repeated');
    const { input_tokens: read, cache_read_input_tokens: cached } = run.result.usage;
    t.diagnostic(`${name}: read ${read}, cached ${cached} prompt tokens over three turns`);
    // Ollama tells of no cache, and so neither do we.
    if (name === 'Ollama') assert.equal(cached, 0);
    else assert.ok(cached > read);
  });
}
