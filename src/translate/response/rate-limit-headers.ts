/** The twelve `anthropic-ratelimit-*` headers (messages-api §3). Those called `unified` are never sent: clients take them for a subscription. */
import type { RateLimit, RateLimits } from '../../contract/quota.ts';

export function rateLimitHeaders({ requests, tokens, inputTokens, outputTokens }: RateLimits): Record<string, string> {
  return {
    'anthropic-ratelimit-requests-limit': String(requests.limit),
    'anthropic-ratelimit-requests-remaining': String(requests.remaining),
    'anthropic-ratelimit-requests-reset': timeText(requests),
    'anthropic-ratelimit-tokens-limit': String(tokens.limit),
    'anthropic-ratelimit-tokens-remaining': String(tokens.remaining),
    'anthropic-ratelimit-tokens-reset': timeText(tokens),
    'anthropic-ratelimit-input-tokens-limit': String(inputTokens.limit),
    'anthropic-ratelimit-input-tokens-remaining': String(inputTokens.remaining),
    'anthropic-ratelimit-input-tokens-reset': timeText(inputTokens),
    'anthropic-ratelimit-output-tokens-limit': String(outputTokens.limit),
    'anthropic-ratelimit-output-tokens-remaining': String(outputTokens.remaining),
    'anthropic-ratelimit-output-tokens-reset': timeText(outputTokens),
  };
}

/** The second in which it is full again, never one before: RFC 3339. */
function timeText({ fullAtMs }: RateLimit): string {
  const second = Math.ceil(fullAtMs / 1_000);
  const known = texts.get(second);
  if (known !== undefined) return known;
  const text = new Date(second * 1_000).toISOString().replace('.000', '');
  if (texts.size >= textsKept) texts.clear();
  texts.set(second, text);
  return text;
}

/** Limits of many keys are full again within the same few seconds. */
const texts = new Map<number, string>();
const textsKept = 64;
