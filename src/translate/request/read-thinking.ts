/** Every form of `thinking` -> whether to reason and whether to show it. No form fails. */
import type { ThinkingConfig } from '../../contract/anthropic/request.ts';
import type { Thinking } from '../../contract/generation/request.ts';
import type { Note } from './flatten-blocks.ts';

const off: Thinking = { mode: 'off', show: false };

/** `constrained`: why the answer may not begin with reasoning (a forced tool, JSON, a prefill), if it may not. */
export function readThinking(
  config: ThinkingConfig | null | undefined,
  constrained: string | null,
  note: Note,
): Thinking {
  const asked = readForm(config, note);
  if (constrained === null || asked.mode === 'off') return asked;
  note(`Thinking is off: ${constrained}.`);
  return off;
}

function readForm(config: ThinkingConfig | null | undefined, note: Note): Thinking {
  // Not asked for: a model that reasons by itself is told not to, and what it still reasons is not shown.
  if (config === null || config === undefined) return off;
  const show = config.display !== 'omitted';
  switch (config.type) {
    case 'enabled':
      return { mode: 'on', show };
    case 'adaptive':
      return { mode: 'auto', show };
    case 'disabled':
    case 'between_tools':
      return off;
    default:
      note('The form of `thinking` is unknown here: the model decides by itself.');
      return { mode: 'auto', show };
  }
}
