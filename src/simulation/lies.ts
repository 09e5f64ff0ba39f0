/** What a machine says that means no good: of work that another one was given, or that nobody was. */
import type { GenerationEvent } from '../contract/generation/events.ts';
import type { AgentMessage } from '../contract/link/messages.ts';
import type { TicketName } from '../yard/slots.ts';
import type { Random } from './random.ts';

const shown = (text: string): GenerationEvent[] => [
  { type: 'generation-start', promptTokens: 1, cachedTokens: 0 },
  { type: 'block-start', block: { kind: 'text' } },
  { type: 'block-delta', text, tokens: [0] },
];
const usage = { promptTokens: 1, cachedTokens: 0, outputTokens: 1_000_000, thinkingTokens: 0 };

/** `name`: of an attempt that is another machine's. */
export function drawLie(random: Random, { requestId, attempt }: TicketName): AgentMessage {
  const name = { requestId, attempt };
  return random.pick<AgentMessage>([
    { type: 'accept', ...name, promptTokens: 1, window: 8_192, maxTokens: 1 },
    { type: 'decline', ...name, reason: { code: 'busy', busySlots: 1, slots: 1 } },
    { type: 'decline', ...name, reason: { code: 'context-overflow', tokens: 9, maximum: 1, window: 8_192 } },
    { type: 'cancelled', ...name },
    { type: 'output', ...name, events: shown(`${requestId}/${attempt}/lie/;`) },
    { type: 'output', ...name, events: [{ type: 'block-delta', text: `${requestId}/${attempt}/lie/;`, tokens: [0] }] },
    {
      type: 'output',
      ...name,
      events: [{ type: 'generation-end', stopReason: 'end-turn', stopSequence: null, usage }],
    },
    { type: 'load-declined', model: 'tiny', message: 'never' },
  ]);
}
