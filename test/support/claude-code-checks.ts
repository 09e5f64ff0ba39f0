/** What must hold of runs of Claude Code, whatever it was asked. */
import assert from 'node:assert/strict';
import type { ClaudeCodeRun } from './claude-code.ts';
import { type RecordedRequest, streamedUsage } from './recording-proxy.ts';

/** Requests for an answer, in order. */
export const messageRequests = (run: ClaudeCodeRun): RecordedRequest[] =>
  run.requests.filter(({ path }) => /^\/v1\/messages(\?|$)/.test(path));

/** What its tools answered, in order. */
// biome-ignore lint/suspicious/noExplicitAny: raw JSON of a foreign program
export const toolResults = (run: ClaudeCodeRun): any[] =>
  run.events
    .filter(({ type }) => type === 'user')
    .flatMap(({ message }) => message.content)
    .filter(({ type }) => type === 'tool_result');

/** Throws unless the session ended well, whatever happened on the way. */
export function checkSuccess(run: ClaudeCodeRun): void {
  assert.equal(run.exitCode, 0, `exit code ${run.exitCode}: ${run.result?.result} ${run.stderr.slice(0, 500)}`);
  assert.equal(run.result?.subtype, 'success');
  assert.equal(run.result.is_error, false);
}

/** Throws unless the session ended well, streamed throughout, and repeated nothing. */
export function checkSmoothRun(run: ClaudeCodeRun): void {
  checkSuccess(run);
  assert.equal(run.retries, 0, 'nothing was retried');
  const requests = messageRequests(run);
  assert.ok(requests.length > 0);
  for (const { status, body } of requests) {
    assert.equal(status, 200);
    assert.equal(body.stream, true, 'no turn was repeated without streaming');
  }
  assert.doesNotMatch(JSON.stringify(run.events), /could not be parsed|API Error/, 'nothing was unreadable');
}

/** As `checkSmoothRun`; and what it was charged is what we told. */
export function checkRun(run: ClaudeCodeRun): void {
  checkSmoothRun(run);
  const charged = { input_tokens: 0, output_tokens: 0, cache_read_input_tokens: 0 };
  for (const usage of messageRequests(run).map(streamedUsage)) {
    charged.input_tokens += usage.input_tokens;
    charged.output_tokens += usage.output_tokens;
    charged.cache_read_input_tokens += usage.cache_read_input_tokens ?? 0;
  }
  const { input_tokens, output_tokens, cache_read_input_tokens } = run.result.usage;
  assert.deepEqual({ input_tokens, output_tokens, cache_read_input_tokens }, charged, 'its usage is ours');
}

/** Throws unless the session ended with a message to the person that says what is wrong. */
export function checkTold(run: ClaudeCodeRun, message: RegExp): void {
  assert.equal(run.exitCode, 1);
  assert.equal(run.result?.is_error, true);
  assert.match(run.result.result, message);
}
