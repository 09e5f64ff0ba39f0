import type { CompatCase } from '../../compat-case.ts';
import { likelyStops } from '../../stop-words.ts';
import { colourTool, emptySchema } from '../../tools.ts';
import { pass } from '../../verdict.ts';
import { stream, text, user } from '../../vocabulary.ts';
import { foldStream } from '../../wire/fold-stream.ts';

export const claudeCodeRequest: CompatCase = {
  name: 'claude-code-request',
  group: 'messages',
  title: 'A request of Claude Code, with all it carries, is answered',
  contract: 'clients §3',
  evidence: 'measured-client',
  async run(target) {
    const cache_control = { type: 'ephemeral' };
    const system = [
      text('x-anthropic-billing-header: cc_version=2.1.330.abc; cc_entrypoint=sdk-cli;'),
      text("You are Claude Code, Anthropic's official CLI for Claude.", { cache_control }),
      text('You help with software.', { cache_control }),
    ];
    const messages = [
      user([text('<system-reminder>\nToday is Sunday.\n</system-reminder>'), text('Hello')]),
      { role: 'system', content: [text('Skills: none.', { cache_control })] },
    ];
    const body = {
      max_tokens: 32_000,
      system,
      messages,
      tools: [colourTool, { name: 'DeferredToolPlaceholder', input_schema: emptySchema, defer_loading: true }],
      thinking: { type: 'adaptive', display: 'updates' },
      output_config: { effort: 'high' },
      context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
      metadata: { user_id: '{"device_id":"d","account_uuid":"","session_id":"s"}' },
      // So that it ends soon, whatever the model would say.
      stop_sequences: likelyStops,
    };
    foldStream(await stream(target, body, { path: '/v1/messages?beta=true' }));
    return pass;
  },
};
