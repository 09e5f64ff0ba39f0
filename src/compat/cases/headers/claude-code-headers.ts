import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { answer, stream } from '../../vocabulary.ts';
import { foldStream } from '../../wire/fold-stream.ts';

const headers = {
  accept: 'application/json',
  'user-agent': 'claude-cli/2.1.330 (external, sdk-cli)',
  'x-app': 'cli',
  'x-claude-code-session-id': '3d2c1b0a-0000-4000-8000-000000000000',
  'x-stainless-lang': 'js',
  'x-stainless-package-version': '0.128.0',
  'x-stainless-retry-count': '0',
  'x-stainless-runtime': 'node',
  'x-stainless-timeout': '600',
  'anthropic-dangerous-direct-browser-access': 'true',
  'anthropic-beta':
    'claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27,advanced-tool-use-2025-11-20',
  'accept-encoding': 'gzip, deflate, br, zstd',
};

export const claudeCodeHeaders: CompatCase = {
  name: 'claude-code-headers',
  group: 'headers',
  title: 'All headers of Claude Code together are fine',
  contract: 'clients §3',
  evidence: 'measured-client',
  async run(target) {
    await answer(target, { max_tokens: 1 }, { headers });
    foldStream(await stream(target, { max_tokens: 1 }, { headers }));
    return pass;
  },
};
