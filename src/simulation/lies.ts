/** What a machine says that means no good: of work that another one was given, or that nobody was, and of its own. */
import type { GenerationEvent, GenerationUsage } from '../contract/generation/events.ts';
import type { AgentMessage } from '../contract/link/messages.ts';
import type { TicketName } from '../yard/slots.ts';
import type { Random } from './random.ts';

const shown = (text: string): GenerationEvent[] => [
  { type: 'generation-start', promptTokens: 1, cachedTokens: 0 },
  { type: 'block-start', block: { kind: 'text' } },
  { type: 'block-delta', text, tokens: [0] },
];
const end = (usage: GenerationUsage): GenerationEvent => ({
  type: 'generation-end',
  stopReason: 'end-turn',
  stopSequence: null,
  usage,
});
const much = 1_000_000_000;
const usage = { promptTokens: 1, cachedTokens: 0, outputTokens: 1_000_000, thinkingTokens: 0 };
/** It cannot have read what it did not, nor written more than it may. */
const impossible: readonly GenerationUsage[] = [
  { promptTokens: 10, cachedTokens: much, outputTokens: 1, thinkingTokens: 0 },
  { promptTokens: 10, cachedTokens: 0, outputTokens: much, thinkingTokens: much },
  { promptTokens: much, cachedTokens: 0, outputTokens: 1, thinkingTokens: 0 },
  { promptTokens: 0, cachedTokens: 0, outputTokens: 0, thinkingTokens: much },
];

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
    { type: 'output', ...name, events: [end(usage)] },
    { type: 'load-declined', model: 'tiny', message: 'never' },
  ]);
}

/**
 * `name`: of an attempt that is its own. Whatever it says of that may end as it pleases; it may cost nobody more than was asked
 * for, and nobody else anything.
 */
export function drawOwnLie(random: Random, { requestId, attempt }: TicketName): AgentMessage {
  const name = { requestId, attempt };
  const text = `${requestId}/${attempt}/lie/;`;
  const begun = shown(text).slice(0, 2);
  const delta: GenerationEvent = { type: 'block-delta', text, tokens: [0] };
  const blockEnd: GenerationEvent = { type: 'block-end' };
  const whole = [...shown(text), blockEnd, end(random.pick(impossible))];
  return random.pick<AgentMessage>([
    // More than it was offered, less, and what makes no sense.
    { type: 'accept', ...name, promptTokens: much, window: much, maxTokens: much },
    { type: 'accept', ...name, promptTokens: 0, window: 0, maxTokens: 0 },
    { type: 'output', ...name, events: [{ type: 'generation-start', promptTokens: 10, cachedTokens: much }] },
    // A whole answer, with what it cannot have cost; and one that goes on after its end, or ends again.
    { type: 'output', ...name, events: whole },
    { type: 'output', ...name, events: [blockEnd, end(random.pick(impossible))] },
    { type: 'output', ...name, events: [...whole, ...shown(text)] },
    { type: 'output', ...name, events: [...whole, end(usage), delta] },
    { type: 'output', ...name, events: [end(random.pick(impossible))] },
    // Without an end.
    { type: 'output', ...name, events: [...begun, ...Array.from({ length: 600 }, () => delta)] },
    { type: 'output', ...name, events: [{ ...delta, text: 'lie '.repeat(20_000) }] },
    { type: 'output', ...name, events: [{ ...delta, tokens: Array.from({ length: 5_000 }, () => 1) }] },
    // In no words that the link knows.
    unknown({ type: 'output', ...name, events: [end({ ...usage, outputTokens: -1 })] }),
    unknown({ type: 'output', ...name, events: [end({ ...usage, cachedTokens: Number.NaN })] }),
    unknown({ type: 'output', ...name, events: [{ type: 'generation-end', stopReason: 'end-turn' }] }),
  ]);
}

/** What no agent of ours would say. */
const unknown = (message: object): AgentMessage => message as AgentMessage;
