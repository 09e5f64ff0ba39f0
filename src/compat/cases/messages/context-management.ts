import type { CompatCase } from '../../compat-case.ts';
import { pass } from '../../verdict.ts';
import { answer } from '../../vocabulary.ts';

/** By name Claude Code drops it and goes on. */
export const contextManagement: CompatCase = {
  name: 'context-management',
  group: 'messages',
  title: 'context_management is accepted, or refused by name',
  contract: 'messages-api §4.8',
  evidence: 'measured-client',
  refusable: /context_management/,
  async run(target) {
    const context_management = { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] };
    const headers = { 'anthropic-beta': 'context-management-2025-06-27' };
    await answer(target, { context_management, max_tokens: 1 }, { headers });
    return pass;
  },
};
