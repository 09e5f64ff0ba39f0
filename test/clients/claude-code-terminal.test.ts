/** Claude Code in a terminal: what it asks beside the conversation. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { program, skip, startStory } from '../support/claude-code-story.ts';
import { noteText, taskAnswer, taskPrompt, toolCall } from '../support/claude-code-task.ts';
import { noTerminal, openTerminal } from '../support/claude-code-terminal.ts';

test('a session in a terminal gets its title while the first answer is written', {
  skip: skip || noTerminal,
  timeout: 120_000,
}, async () => {
  const title = 'Reading the quince note';
  await using story = await startStory({
    files: { 'note.txt': `${noteText}\n` },
    engine: {
      rules: [
        { constrained: true, say: JSON.stringify({ title }) },
        { answered: 0, say: toolCall('Read', { file_path: 'note.txt' }) },
        { answered: 1, say: taskAnswer },
      ],
    },
  });
  const { claude, yard } = story;
  await using terminal = openTerminal(claude, program, yard.key, ['--allowedTools', 'Read']);
  // The line below the prompt: it takes input from here on.
  await terminal.shows('auto mode on');
  await terminal.enter(taskPrompt);
  await terminal.shows(taskAnswer);
  // The title of the window.
  await terminal.shows(title);
  await terminal.enter('/exit');
  assert.equal(await terminal.ended, 0);

  const requests = claude.proxy.requests;
  assert.deepEqual([requests[0]?.method, requests[0]?.path, requests[0]?.status], ['HEAD', '/api/hello', 200]);
  const asked = requests.filter(({ method }) => method === 'POST');
  assert.ok(asked.every(({ status, path }) => status === 200 && path === '/v1/messages?beta=true'));
  const titles = asked.filter(({ body }) => body.output_config?.format !== undefined);
  assert.equal(titles.length, 1);
  const [forTitle] = titles;
  assert.ok(forTitle);
  assert.deepEqual([forTitle.body.tools, forTitle.body.stream], [[], true]);
  assert.deepEqual(forTitle.body.output_config.format.schema.required, ['title']);
  const turns = asked.filter((request) => request !== forTitle);
  assert.equal(turns.length, 2);
  assert.ok(Array.isArray(turns[0]?.body.safeguards), 'auto mode sends a field no SDK type has');
});
