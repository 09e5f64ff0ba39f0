/** The twelve `anthropic-ratelimit-*` headers (messages-api §3). Those called `unified` are never sent: clients take them for a subscription. */
import type { RateLimit, RateLimits } from '../../contract/quota.ts';

/** Names and values in turn. */
export function rateLimitHeaders(limits: RateLimits): Record<string, string> {
  const headers: Record<string, string> = {};
  add(headers, 'requests', limits.requests);
  add(headers, 'tokens', limits.tokens);
  add(headers, 'input-tokens', limits.inputTokens);
  add(headers, 'output-tokens', limits.outputTokens);
  return headers;
}

function add(headers: Record<string, string>, name: string, { limit, remaining, fullAtMs }: RateLimit): void {
  headers[`anthropic-ratelimit-${name}-limit`] = String(limit);
  headers[`anthropic-ratelimit-${name}-remaining`] = String(remaining);
  headers[`anthropic-ratelimit-${name}-reset`] = timeText(fullAtMs);
}

/** The second in which it is full again, never one before: RFC 3339. */
function timeText(ms: number): string {
  const second = Math.ceil(ms / 1_000);
  if (second !== lastSecond) {
    lastSecond = second;
    lastText = new Date(second * 1_000).toISOString().replace('.000', '');
  }
  return lastText;
}
let lastSecond = Number.NaN;
let lastText = '';
