/** What Claude Code does beside asking and running tools: helpers, searches, schemas, counts, sessions that go on. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { pdf } from '../../src/gateway/http/fixtures/pdf.ts';
import { checkRun, checkSmoothRun, checkSuccess, messageRequests, toolResults } from '../support/claude-code-checks.ts';
import { skip, startStory } from '../support/claude-code-story.ts';
import { noteText, taskAnswer, taskPrompt, toolCall } from '../support/claude-code-task.ts';
import { streamedUsage } from '../support/recording-proxy.ts';

const files = { 'note.txt': `${noteText}\n` };
const systemOf = ({ body }: { body: { system: { text: string }[] } }) => body.system.map(({ text }) => text).join('\n');

/** One red pixel. */
const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';

describe('a session of Claude Code', { skip, concurrency: 2, timeout: 580_000 }, () => {
  /** Only a sub-agent's system prompt says so. */
  const isHelper = 'You are an agent for Claude Code';
  const helper = [
    { prompt: isHelper, answered: 0, say: toolCall('Read', { file_path: 'note.txt' }) },
    { prompt: isHelper, answered: 1, say: 'The helper read: ripe.' },
  ];
  const askHelper = (background: boolean) =>
    toolCall('Agent', {
      description: 'Read the note',
      prompt: 'Read note.txt and report.',
      subagent_type: 'general-purpose',
      run_in_background: background,
    });

  test('a sub-agent works in requests of its own, and its report is a tool result', async () => {
    await using story = await startStory({
      files,
      engine: {
        rules: [
          ...helper,
          { answered: 0, say: askHelper(false) },
          { answered: 1, lastTurn: 'The helper read: ripe.', say: taskAnswer },
        ],
      },
    });
    const run = await story.claude.ask({ prompt: taskPrompt, allowedTools: ['Read'] });
    checkSmoothRun(run);
    assert.equal(run.result.result, taskAnswer);
    const requests = messageRequests(run);
    assert.deepEqual(
      requests.map((request) => systemOf(request).includes('cc_is_subagent=true')),
      [false, true, true, false],
    );
    const [parent, child] = requests;
    assert.ok(parent && child);
    assert.match(systemOf(child), /You are an agent for Claude Code/);
    assert.doesNotMatch(systemOf(parent), /You are an agent for Claude Code/);
    assert.ok(child.body.tools.length < parent.body.tools.length);
    const sessions = new Set(requests.map(({ headers }) => headers['x-claude-code-session-id']));
    assert.equal(sessions.size, 1);
    const report = toolResults(run).at(-1);
    assert.match(JSON.stringify(report), /The helper read: ripe\./);
    assert.notEqual(report.is_error, true);
  });

  test('a sub-agent in the background reports when it is done, and the parent goes on', async () => {
    await using story = await startStory({
      files,
      engine: {
        rules: [
          ...helper,
          { answered: 0, say: askHelper(true) },
          { lastTurn: 'task-notification', say: taskAnswer },
          { answered: 1, lastTurn: 'launched', say: 'I wait for my helper.' },
        ],
      },
    });
    const run = await story.claude.ask({ prompt: taskPrompt, allowedTools: ['Read'] });
    checkSmoothRun(run);
    assert.equal(run.result.result, taskAnswer);
    const last = messageRequests(run).at(-1);
    assert.match(JSON.stringify(last?.body.messages.at(-1)), /The helper read: ripe\./);
  });

  test('a web search is answered in words, by a request that nothing in the yard can serve better', async () => {
    const found = 'I cannot search here. Quinces are yellow when they are ripe.';
    await using story = await startStory({
      engine: {
        rules: [
          { lastTurn: 'Perform a web search', say: found },
          { answered: 0, say: toolCall('ToolSearch', { query: 'select:WebSearch', max_results: 1 }) },
          { answered: 1, lastTurn: 'WebSearch', say: toolCall('WebSearch', { query: 'ripe quinces' }) },
          { answered: 2, lastTurn: found, say: 'They are yellow.' },
        ],
      },
    });
    const run = await story.claude.ask({ prompt: 'Which colour has a ripe quince?', allowedTools: ['WebSearch'] });
    checkSmoothRun(run);
    assert.equal(run.result.result, 'They are yellow.');
    const requests = messageRequests(run);
    assert.equal(requests.length, 4);
    const side = requests[2];
    assert.ok(side);
    assert.deepEqual(side.body.tools, [{ type: 'web_search_20250305', name: 'web_search', max_uses: 8 }]);
    assert.match(String(side.responseHeaders['x-metalyard-notes']), /web_search was left out: nothing in this yard/);
    assert.match(toolResults(run).at(-1).content, new RegExp(found));
    // The side request does not push the conversation out of its slot.
    const after = streamedUsage(requests[3]!);
    assert.ok((after.cache_read_input_tokens ?? 0) > after.input_tokens);
  });

  const schema = JSON.stringify({
    type: 'object',
    properties: { fruit: { type: 'string' }, ripe: { type: 'boolean' } },
    required: ['fruit', 'ripe'],
    additionalProperties: false,
  });

  test('--json-schema gives the object, called for or demanded', async () => {
    await using story = await startStory({
      engine: {
        rules: [
          { answered: 0, lastTurn: 'at once', say: toolCall('StructuredOutput', { fruit: 'quince', ripe: true }) },
          { answered: 0, lastTurn: 'in words', say: 'It is a quince.' },
          { answered: 1, lastTurn: 'StructuredOutput', say: toolCall('StructuredOutput', { fruit: 'quince' }) },
          { answered: 2, lastTurn: 'ripe', say: toolCall('StructuredOutput', { fruit: 'quince', ripe: false }) },
        ],
      },
    });
    const direct = await story.claude.ask({ prompt: 'Which fruit? Say at once.', flags: ['--json-schema', schema] });
    checkRun(direct);
    assert.deepEqual(direct.result.structured_output, { fruit: 'quince', ripe: true });
    assert.equal(messageRequests(direct).length, 1);

    // It answers in words first, then with an object that lacks a field.
    const demanded = await story.claude.ask({ prompt: 'Which fruit? Say in words.', flags: ['--json-schema', schema] });
    checkRun(demanded);
    assert.deepEqual(demanded.result.structured_output, { fruit: 'quince', ripe: false });
    assert.equal(messageRequests(demanded).length, 3);
    assert.equal(toolResults(demanded)[0].is_error, true);
  });

  test('/context counts its parts with us, many at once', async () => {
    await using story = await startStory({ engine: {} });
    const run = await story.claude.ask({ prompt: '/context' });
    checkSuccess(run);
    assert.match(run.result.result, /Context Usage/);
    assert.equal(run.requests.length, 24);
    const counts = run.requests.map(({ path, headers, status, responseText }) => {
      assert.equal(path, '/v1/messages/count_tokens?beta=true');
      assert.match(String(headers['anthropic-beta']), /token-counting-2024-11-01/);
      assert.equal(status, 200);
      return JSON.parse(responseText).input_tokens as number;
    });
    assert.ok(counts.every((tokens) => tokens > 0));
    const atOnce = run.requests.map(
      ({ atMs }) => run.requests.filter((r) => r.atMs <= atMs && r.endedAtMs > atMs).length,
    );
    assert.ok(Math.max(...atOnce) > 1, 'it does not wait for one count before it asks for the next');
    const usage = run.events.find(({ context_usage }) => context_usage !== undefined)?.context_usage;
    const used = usage.categories.filter(({ kind }: { kind: string }) => kind !== 'buffer' && kind !== 'free');
    const told = used.reduce((sum: number, { tokens }: { tokens: number }) => sum + tokens, 0);
    // Its tools alone are thousands of tokens; what it shows is made of what we counted.
    assert.ok(told > 8_000 && told < counts.reduce((sum, tokens) => sum + tokens, 0), `${told} of ${counts}`);
  });

  test('a session is resumed and continued where it was, and its prompt is still in the cache', async () => {
    await using story = await startStory({
      engine: {
        rules: [
          { answered: 0, lastTurn: 'Remember', say: 'I keep the quince in mind.' },
          { answered: 1, prompt: 'I keep the quince in mind.', lastTurn: 'Which', say: 'The quince.' },
          { answered: 2, prompt: 'The quince.', lastTurn: 'Really', say: 'Really.' },
        ],
      },
    });
    const first = await story.claude.ask({ prompt: 'Remember the quince.' });
    const resumed = await story.claude.ask({
      prompt: 'Which one was it?',
      flags: ['--resume', first.result.session_id],
    });
    const continued = await story.claude.ask({ prompt: 'Really?', flags: ['--continue'] });
    for (const run of [first, resumed, continued]) checkSmoothRun(run);
    assert.equal(resumed.result.result, 'The quince.');
    assert.equal(continued.result.result, 'Really.');
    assert.equal(continued.result.session_id, first.result.session_id);
    for (const run of [resumed, continued]) {
      const usage = streamedUsage(messageRequests(run)[0]!);
      assert.ok((usage.cache_read_input_tokens ?? 0) > 50 * usage.input_tokens, 'only what is new was read');
    }
  });

  test('a picture that was pasted is taken out of the conversation, which goes on', async () => {
    await using story = await startStory({
      engine: {
        rules: [
          { answered: 0, lastTurn: 'What is this?', say: 'Describe it to me.' },
          { answered: 1, lastTurn: 'A red dot.', say: 'So it is a red dot.' },
        ],
      },
    });
    const picture = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } };
    const run = await story.claude.ask({
      prompt: [[{ type: 'text', text: 'What is this?' }, picture], [{ type: 'text', text: 'A red dot.' }]],
    });
    checkSuccess(run);
    assert.equal(run.result.result, 'So it is a red dot.');
    const [refused, ...accepted] = messageRequests(run);
    assert.equal(refused?.status, 400);
    assert.match(refused.responseText, /messages\.0\.content\.\d+\.image: .*reads text only/);
    assert.deepEqual(
      accepted.map(({ status, body }) => [status, JSON.stringify(body.messages).includes('"image"')]),
      [
        [200, false],
        [200, false],
      ],
    );
    assert.match(JSON.stringify(run.events), /an image in the conversation could not be processed and was removed/);
  });

  test('of a picture and a PDF that a tool read, the model is told what it can be told', async () => {
    await using story = await startStory({
      files: { 'dot.png': Buffer.from(png, 'base64'), 'note.pdf': Buffer.from(pdf([noteText]), 'base64') },
      engine: {
        rules: [
          { answered: 0, say: toolCall('Read', { file_path: 'dot.png' }) },
          { answered: 1, lastTurn: 'You cannot see it', say: toolCall('Read', { file_path: 'note.pdf' }) },
          { answered: 2, lastTurn: noteText, say: taskAnswer },
        ],
      },
    });
    const run = await story.claude.ask({ prompt: taskPrompt, allowedTools: ['Read'] });
    checkRun(run);
    assert.equal(run.result.result, taskAnswer);
    const [, afterPicture, afterPdf] = messageRequests(run);
    assert.match(JSON.stringify(afterPicture?.body.messages.at(-1)), /"type":"image"/);
    assert.match(String(afterPicture?.responseHeaders['x-metalyard-notes']), /An image in a tool result was replaced/);
    assert.match(JSON.stringify(afterPdf?.body.messages.at(-1)), /"type":"document".*"application\/pdf"/);
  });
});
