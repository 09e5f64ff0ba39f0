/**
 * Runs the real Claude Code against Metalyard and prints what happened: turns with the shipped
 * model, then a whole tool task with the scripted engine. Claude Code is fetched from the npm
 * registry into a scratch folder.
 *
 * npm run claude-code
 */
import {
  type ClaudeCodeQuestion,
  type ClaudeCodeRun,
  type ClaudeCodeSettings,
  claudeCodeVersion,
  runClaudeCode,
} from '../test/support/claude-code.ts';
import { checkRun, messageRequests } from '../test/support/claude-code-checks.ts';
import { noteText, scriptedTask, taskAnswer, taskPrompt } from '../test/support/claude-code-task.ts';
import { claudeCodeProgram, installClients } from '../test/support/install-clients.ts';
import { streamedUsage } from '../test/support/recording-proxy.ts';
import { startYard, type YardOptions } from '../test/support/start-yard.ts';

const print = (text: string): void => void process.stdout.write(`${text}\n`);

async function run(
  program: string,
  title: string,
  options: YardOptions,
  prompt: string,
  more: Pick<ClaudeCodeSettings, 'files'> & Pick<ClaudeCodeQuestion, 'flags' | 'allowedTools'>,
): Promise<ClaudeCodeRun> {
  await using yard = await startYard(options);
  const result = await runClaudeCode({
    program,
    baseUrl: yard.url,
    apiKey: yard.key,
    model: yard.model,
    prompt,
    ...more,
    timeoutMs: 600_000,
  });
  print(`\n${title}: "${prompt}" -> exit ${result.exitCode}, ${(result.elapsedMs / 1000).toFixed(1)} s`);
  for (const [index, request] of messageRequests(result).entries()) {
    const { input_tokens: read, cache_read_input_tokens: cached, output_tokens: written } = streamedUsage(request);
    print(
      `  request ${index + 1}: status ${request.status}, stream ${request.body.stream}, prompt ${read} read + ${cached} cached, ${written} written`,
    );
  }
  print(`  answer: ${JSON.stringify(result.result?.result)}`);
  print(`  ${result.retries} retries; its usage: ${JSON.stringify(result.result?.usage)}`);
  checkRun(result);
  print('  well-formed: nothing repeated, nothing unreadable, usage equal to ours');
  return result;
}

const installed = await installClients([`@anthropic-ai/claude-code@${claudeCodeVersion}`]);
const program = installed.ok ? claudeCodeProgram(installed.directory) : null;
if (program === null) {
  print(installed.ok ? `There is no Claude Code for ${process.platform} ${process.arch}.` : installed.reason);
  process.exitCode = 1;
} else {
  print(`Claude Code ${claudeCodeVersion}`);
  const files = { 'notes.txt': `${noteText}\n`, 'note.txt': `${noteText}\n` };
  // As anybody starts it: the shipped model reads the full prompt, for a minute or more.
  await run(program, 'Shipped model, full prompt', {}, 'Hello', {});
  await run(program, 'Shipped model', {}, 'Hello', { flags: ['--bare', '--tools', ''] });
  await run(program, 'Shipped model', {}, 'Read the file notes.txt', {
    files,
    allowedTools: ['Read'],
    flags: ['--bare', '--tools', 'Read', '--system-prompt', 'You help.'],
  });
  const task = await run(program, 'Scripted engine', { engine: scriptedTask() }, taskPrompt, {
    files,
    allowedTools: ['Bash', 'Read'],
  });
  print(task.result.result === taskAnswer ? '  the task is done' : '  THE TASK IS NOT DONE');
}
