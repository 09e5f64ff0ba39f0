/** Every form of `thinking` -> whether to reason and whether to show it. No form fails. */
import type { ThinkingConfig } from '../../contract/anthropic/request.ts';
import type { Thinking } from '../../contract/generation/request.ts';
import type { Note } from './feature-notes.ts';

const off: Thinking = { mode: 'off', show: false };

/** `constrained`: the answer may not begin with reasoning (a forced tool, JSON, a prefill). */
export function readThinking(config: ThinkingConfig | null | undefined, constrained: boolean, note: Note): Thinking {
  const asked = readForm(config);
  if (!constrained || asked.mode === 'off') return asked;
  note('thinking.constrained');
  return off;
}

function readForm(config: ThinkingConfig | null | undefined): Thinking {
  // Not asked for: a model that reasons by itself is told not to, and what it still reasons is not shown.
  if (config === null || config === undefined) return off;
  const shown = config.display === 'omitted' ? { show: false, omitted: true } : { show: true };
  switch (config.type) {
    case 'enabled':
      return { mode: 'on', ...shown };
    case 'adaptive':
      return { mode: 'auto', ...shown };
    case 'disabled':
    case 'between_tools':
      return off;
    default:
      return { mode: 'auto', ...shown };
  }
}
