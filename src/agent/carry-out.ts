/** What a gateway wants, handed to whoever does it. */
import type { AgentMessage } from '../contract/link/messages.ts';
import type { SessionMessage } from '../session/agent-session.ts';
import type { ModelSource } from './ready-model.ts';
import type { Tickets } from './tickets.ts';

export interface Performers {
  readonly tickets: Tickets;
  /** What is asked of models themselves. */
  readonly wishes: Pick<ModelSource, 'load' | 'wish' | 'keep'>;
}

/** Answers go where `send` takes them. */
export function carryOut(
  { tickets, wishes }: Performers,
  message: Exclude<SessionMessage, { type: 'goaway' }>,
  send: (answer: AgentMessage) => void,
): void {
  switch (message.type) {
    case 'offer':
      return tickets.offer(message, send);
    case 'cancel':
      return tickets.cancel(message.requestId, message.attempt, send);
    case 'credit':
      return tickets.credit(message.requestId, message.attempt, message.taken);
    case 'count':
      return tickets.count(message.countId, message.model ?? message.request.model, message.request, send);
    case 'pardon':
      return tickets.pardon(message.requestId, message.attempt);
    case 'load': {
      const { model } = message;
      const answer = wishes.load(model) ?? { ok: false, message: 'This machine does not have the model (any more).' };
      if (answer.ok) return;
      const retry = answer.retryAfterMs === undefined ? {} : { retryAfterMs: answer.retryAfterMs };
      return send({ type: 'load-declined', model, message: answer.message, ...retry });
    }
    case 'model-wish': {
      const { model } = message;
      const why = wishes.wish(model, message.wish);
      if (why === null) return;
      return send({ type: 'load-declined', model, message: why ?? 'This machine does not have the model (any more).' });
    }
    case 'keep':
      return wishes.keep(message.model, message.isKept);
    default:
      message satisfies never;
  }
}
