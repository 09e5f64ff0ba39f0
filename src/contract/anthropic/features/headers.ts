/** Headers of a request (messages-api §2), as `header.NAME`, and betas, as `beta.NAME`. */
import { degraded, type FeatureRows, ignored, refused, row, supported } from './feature.ts';

export const headerFeatures = {
  'header.x-api-key': row('`x-api-key`', supported('or the next one, with the same keys')),
  'header.authorization': row('`Authorization: Bearer`', supported()),
  'header.anthropic-version': row('`anthropic-version`', supported('`2023-06-01`, `2026-10-21`, any other, or none')),
  'header.anthropic-beta': row('`anthropic-beta`', supported('see betas; unknown ones never fail')),
  'header.anthropic-user-profile-id': row(
    '`anthropic-user-profile-id`',
    ignored('anthropic-user-profile-id: this yard has no user profiles.'),
  ),
  'header.anthropic-workspace-id': row(
    '`anthropic-workspace-id`',
    ignored('anthropic-workspace-id: this yard has no workspaces.'),
  ),
  'header.x-stainless-timeout': row(
    '`x-stainless-timeout`',
    supported('how long an answer without `stream` may take; see below'),
  ),
  'header.x-metalyard-class': row(
    '`x-metalyard-class`',
    supported('ours: `interactive`, `background` or `batch`, never more urgent than the key; another word is an error'),
  ),
  'header.x-metalyard-machine': row(
    '`x-metalyard-machine`',
    supported('ours: names or ids of machines, with commas; one of them answers, or nobody'),
  ),
  'header.x-metalyard-labels': row(
    '`x-metalyard-labels`',
    supported('ours: labels, with commas; a machine that has all of them answers, or nobody'),
  ),
  'header.content-encoding': row(
    '`content-encoding`',
    refused('Compressed request bodies are not supported: send it plain.', 'request_body_encoding_unsupported'),
  ),
  'header.accept-encoding': row('`accept-encoding`', supported('accepted; answers are never compressed')),
} as const satisfies FeatureRows;

export const betaFeatures = {
  'beta.interleaved-thinking': row(
    '`interleaved-thinking-*`',
    supported('a model reasons after tool results as its template does'),
  ),
  'beta.prompt-caching': row('`prompt-caching-*`, `extended-cache-ttl-*`', supported('caching is automatic')),
  'beta.model-context-window-exceeded': row('`model-context-window-exceeded-*`', supported('always on')),
  'beta.context-1m': row(
    '`context-1m-*`',
    degraded("context-1m: the window is the model's own (max_input_tokens in /v1/models)."),
  ),
  'beta.long-output': row(
    '`output-128k-*`, `output-300k-*`',
    degraded("Long output: answers are bounded by the model's window."),
  ),
  'beta.tool-streaming': row(
    '`fine-grained-tool-streaming-*`',
    ignored('fine-grained-tool-streaming: the input of a call is shown whole, once it is checked.'),
  ),
  'beta.token-efficient-tools': row(
    '`token-efficient-tools-*`',
    ignored("token-efficient-tools: calls are written in the model's own way."),
  ),
  'beta.thinking-token-count': row(
    '`thinking-token-count-*`',
    ignored('thinking-token-count: reasoning is counted at the end, in usage.'),
  ),
  'beta.thinking-shape': row(
    '`redact-thinking-*`, `dev-full-thinking-*`',
    ignored('The shape of thinking follows `thinking.display`, not betas.'),
  ),
  'beta.by-field': row(
    'betas that only allow fields, tools, blocks or endpoints of this page',
    supported('what they allow is judged by its own row'),
  ),
  'beta.unknown': row('any other beta', ignored('Betas that are unknown here are ignored')),
} as const satisfies FeatureRows;

export type BetaFeatureId = keyof typeof betaFeatures;

/** Which row a beta belongs to; first match, `beta.unknown` without one. */
export const betaNames: readonly { readonly pattern: RegExp; readonly feature: BetaFeatureId }[] = [
  { pattern: /^interleaved-thinking-/, feature: 'beta.interleaved-thinking' },
  { pattern: /^(?:prompt-caching|extended-cache-ttl)-/, feature: 'beta.prompt-caching' },
  { pattern: /^model-context-window-exceeded-/, feature: 'beta.model-context-window-exceeded' },
  { pattern: /^context-1m-/, feature: 'beta.context-1m' },
  { pattern: /^output-(?:128k|300k)-/, feature: 'beta.long-output' },
  { pattern: /^fine-grained-tool-streaming-/, feature: 'beta.tool-streaming' },
  { pattern: /^token-efficient-tools-/, feature: 'beta.token-efficient-tools' },
  { pattern: /^thinking-token-count-/, feature: 'beta.thinking-token-count' },
  { pattern: /^(?:redact-thinking|dev-full-thinking)-/, feature: 'beta.thinking-shape' },
  {
    pattern:
      /^(?:claude-code|oauth|computer-use|mcp-client|mcp-tunnels|code-execution|web-fetch|context-management|fast-mode|user-profiles|advisor-tool|server-side-fallback|fallback-credit|mid-conversation-[a-z-]+|compact|structured-outputs|task-budgets|thinking-display-updates|thinking-binding-controls|inline-tools|message-threads|message-batches|pdfs|token-counting|files-api|skills|cache-diagnosis|effort|advanced-tool-use|per-turn-control|dangerous-tool-use|afk-mode)-\d{4}-?\d{2}-?\d{2}$/,
    feature: 'beta.by-field',
  },
];
