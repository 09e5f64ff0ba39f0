/** Forms of `thinking` (messages-api §4.6), as `thinking.FORM`. None fails: forms differ between API versions. */
import { degraded, type FeatureRows, ignored, row, supported } from './feature.ts';

const cannotReason = { thinking: ignored('thinking: this model does not reason before it answers.') };

export const thinkingFeatures = {
  'thinking.enabled': row('`{type: "enabled"}`', supported('the model reasons first'), cannotReason),
  'thinking.budget_tokens': row(
    '`budget_tokens`',
    degraded('budget_tokens: reasoning is bounded by max_tokens alone.'),
    cannotReason,
  ),
  'thinking.adaptive': row('`{type: "adaptive"}`', supported('as the chat template does by itself'), cannotReason),
  'thinking.disabled': row('`{type: "disabled"}`', supported('also when `thinking` is absent')),
  'thinking.between_tools': row(
    '`{type: "between_tools"}`',
    ignored('thinking between_tools: it is off, and no progress notes are written between tool calls.'),
  ),
  'thinking.unknown': row(
    'any other form',
    degraded('thinking: this form is unknown here; the model decides by itself.'),
    cannotReason,
  ),
  'thinking.display.summarized': row(
    '`display: "summarized"`, `"updates"`',
    degraded('thinking display: reasoning is shown whole and as it comes, not summarised.'),
    cannotReason,
  ),
  'thinking.display.omitted': row(
    '`display: "omitted"`',
    supported('a thinking block without text, signed'),
    cannotReason,
  ),
  'thinking.block_binding': row(
    '`block_binding`',
    ignored('thinking block_binding: thinking is bound to no position.'),
  ),
  'thinking.constrained': row(
    'thinking with a forced tool, a JSON format or a prefill',
    degraded('Thinking is off: the answer may not begin with it (a forced tool, JSON, or a prefill).'),
  ),
  'thinking.signature.foreign': row(
    'thinking in the history that another server signed',
    degraded('Thinking with a signature that is not ours was kept as it came.'),
  ),
} as const satisfies FeatureRows;
