/** Tool calls that a model gets wrong, and what Claude Code makes of them. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ClaudeCodeRun } from '../support/claude-code.ts';
import { checkRun, checkTold, messageRequests, toolResults } from '../support/claude-code-checks.ts';
import { skip, startStory } from '../support/claude-code-story.ts';
import { noteText, taskAnswer, taskPrompt, toolCall } from '../support/claude-code-task.ts';
import type { ScriptedRule } from '../support/scripted/config.ts';

const readNote = toolCall('Read', { file_path: 'note.txt' });

async function askAbout(
  rules: readonly ScriptedRule[],
  environment: Readonly<Record<string, string>> = {},
): Promise<ClaudeCodeRun> {
  await using story = await startStory({
    files: { 'note.txt': `${noteText}\n` },
    environment,
    engine: { rules: [...rules, { lastTurn: noteText, say: taskAnswer }], otherwise: 'The script has no such turn.' },
  });
  return await story.claude.ask({ prompt: taskPrompt, allowedTools: ['Bash', 'Read'] });
}

describe('a model of Claude Code', { skip, concurrency: 2, timeout: 580_000 }, () => {
  const mistakes = [
    {
      name: 'writes a call that is no JSON',
      say: '<tool_call>\n{"name": "Read", "arguments": {"file_path": note.txt}}\n</tool_call>',
    },
    {
      name: 'breaks off in the middle of a call',
      say: '<tool_call>\n{"name": "Read", "arguments": {"file_path": "note.t',
    },
    { name: 'names the arguments wrongly', say: toolCall('Read', { path: 'note.txt' }) },
    { name: 'calls a tool that does not exist', say: toolCall('OpenFile', { path: 'note.txt' }) },
  ];
  for (const { name, say } of mistakes) {
    test(`${name}: it is made to write the call again, and the client sees only the good one`, async () => {
      const run = await askAbout([
        { answered: 0, constrained: true, say: readNote },
        { answered: 0, say },
      ]);
      checkRun(run);
      assert.equal(run.result.result, taskAnswer);
      assert.equal(messageRequests(run).length, 2);
      assert.notEqual(toolResults(run)[0].is_error, true);
    });
  }

  // A grammar rules the next two out; the scripted engine obeys none, as an attached server may not.
  test('calls a tool that does not exist, twice: the client says so to it, and it goes on', async () => {
    const run = await askAbout([
      { answered: 0, say: toolCall('OpenFile', { path: 'note.txt' }) },
      { answered: 1, lastTurn: 'No such tool available: OpenFile', say: readNote },
    ]);
    checkRun(run);
    assert.equal(run.result.result, taskAnswer);
    assert.deepEqual(
      toolResults(run).map(({ is_error }) => is_error === true),
      [true, false],
    );
  });

  test('names the arguments wrongly, twice: the client says so to it, and it goes on', async () => {
    const run = await askAbout([
      { answered: 0, say: toolCall('Read', { path: 'note.txt' }) },
      { answered: 1, lastTurn: 'required parameter `file_path` is missing', say: readNote },
    ]);
    checkRun(run);
    assert.equal(run.result.result, taskAnswer);
    assert.match(toolResults(run)[0].content, /InputValidationError: Read failed/);
  });

  const endless = toolCall('Bash', { command: `echo ${'x'.repeat(8_000)}`, description: 'Say much' });
  const shortAnswers = { CLAUDE_CODE_MAX_OUTPUT_TOKENS: '1000' };

  test('is cut off in a call: the client asks it to go on in smaller pieces', async () => {
    const run = await askAbout(
      [
        { answered: 0, say: `I will look. ${endless}` },
        { answered: 1, lastTurn: 'Output token limit hit', say: readNote },
      ],
      shortAnswers,
    );
    checkRun(run);
    assert.equal(run.result.result, taskAnswer);
    assert.equal(messageRequests(run).length, 3);
  });

  test('is cut off in the same call again and again: the person is told how to allow longer answers', async () => {
    const run = await askAbout([{ answered: 0, say: endless }], shortAnswers);
    checkTold(run, /exceeded the 1000 output token maximum.*CLAUDE_CODE_MAX_OUTPUT_TOKENS/s);
    assert.equal(messageRequests(run).length, 4);
  });
});
