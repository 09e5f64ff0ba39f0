/** Conversations of Claude Code that outgrow the model's window. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { claudeCodeVariables } from '../../src/cli/connect-text.ts';
import type { ClaudeCodeRun } from '../support/claude-code.ts';
import { checkSuccess, checkTold, messageRequests } from '../support/claude-code-checks.ts';
import { skip, startStory } from '../support/claude-code-story.ts';
import { noteText, taskAnswer, taskPrompt, toolCall } from '../support/claude-code-task.ts';
import type { ScriptedRule } from '../support/scripted/config.ts';

/** Claude Code's own prompt is 12,300 tokens to the scripted engine. */
const window = 24_576;
/** `window` less the eighth that is kept for the answer. */
const longestPrompt = 21_504;

const summary = 'The user wants to know what the note says. Many numbers were printed, the note was not read yet.';
/** Prints numbers until it must compact, then reads the note: two large steps, then some of 700 tokens. */
const rules: readonly ScriptedRule[] = [
  { lastTurn: 'Respond with TEXT ONLY', say: `<analysis>Numbers.</analysis>\n<summary>${summary}</summary>` },
  { lastTurn: noteText, say: taskAnswer },
  { prompt: summary, say: toolCall('Bash', { command: 'cat note.txt', description: 'Show the note' }) },
  ...Array.from({ length: 30 }, (_, turn) => ({
    answered: turn,
    say: toolCall('Bash', { command: `seq 1000 ${turn < 2 ? 2399 : 1349}`, description: 'Print numbers' }),
  })),
];
const files = { 'note.txt': `${noteText}\n` };

interface Compaction {
  readonly trigger: string;
  /** What the client takes the prompt for, tokens. */
  readonly pre_tokens: number;
  readonly post_tokens: number;
}
const compactions = (run: ClaudeCodeRun): Compaction[] =>
  run.events.filter(({ subtype }) => subtype === 'compact_boundary').map((event) => event.compact_metadata);

describe('a conversation of Claude Code that outgrows the window', { skip, concurrency: 2, timeout: 580_000 }, () => {
  test('is compacted on our 400, and the task is finished', async () => {
    await using story = await startStory({ files, engine: { window, rules } });
    const run = await story.claude.ask({ prompt: taskPrompt, allowedTools: ['Bash'] });
    checkSuccess(run);
    assert.equal(run.result.result, taskAnswer);
    const requests = messageRequests(run);
    const at = requests.findIndex(({ status }) => status !== 200);
    const refused = requests[at];
    assert.ok(refused);
    const [, tokens, maximum] = /"prompt is too long: (\d+) tokens > (\d+) maximum"/.exec(refused.responseText) ?? [];
    assert.equal(refused.status, 400);
    assert.equal(Number(maximum), longestPrompt);
    assert.ok(Number(tokens) > longestPrompt);
    // One refusal is enough: the two numbers tell it how much to leave out of what it asks to be summarised.
    assert.ok(requests.slice(at + 1).every(({ status }) => status === 200));
    const [compaction, ...others] = compactions(run);
    assert.deepEqual([compaction?.trigger, others], ['auto', []]);
    // It goes on with the summary in place of the beginning.
    const next = requests[at + 2];
    assert.match(JSON.stringify(next?.body.messages[0]), new RegExp(summary));
    assert.ok((next?.body.messages.length ?? 0) < refused.body.messages.length);
  });

  test('is compacted just before that when Claude Code has our settings', async () => {
    const model = { id: '', window, slots: 1 };
    const settings = Object.fromEntries(claudeCodeVariables({ url: '', key: '', model }));
    const { CLAUDE_CODE_MAX_CONTEXT_TOKENS = '', CLAUDE_CODE_MAX_OUTPUT_TOKENS = '' } = settings;
    await using story = await startStory({
      files,
      engine: { window, rules },
      environment: { CLAUDE_CODE_MAX_CONTEXT_TOKENS, CLAUDE_CODE_MAX_OUTPUT_TOKENS },
    });
    const run = await story.claude.ask({ prompt: taskPrompt, allowedTools: ['Bash'] });
    checkSuccess(run);
    assert.equal(run.result.result, taskAnswer);
    assert.ok(
      run.requests.every(({ status }) => status === 200),
      'nothing was refused',
    );
    const [compaction, ...others] = compactions(run);
    assert.deepEqual([compaction?.trigger, others], ['auto', []]);
    // Not a quarter of the window is left unused. Told the real window, it compacts at the first chance: at 13,000.
    const used = compaction?.pre_tokens ?? 0;
    assert.ok(used > window * 0.75 && used < longestPrompt, `compacted at ${used} of ${window} tokens`);
  });

  test('from the first turn on is refused, with the numbers', async () => {
    await using story = await startStory({ files, engine: { window: 12_288, rules } });
    const run = await story.claude.ask({ prompt: taskPrompt });
    checkTold(run, /^Prompt is too long .*\(limit 10752\)/);
    assert.equal(run.result.terminal_reason, 'prompt_too_long');
    assert.equal(messageRequests(run).length, 1);
  });
});
