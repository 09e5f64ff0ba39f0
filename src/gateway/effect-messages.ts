/** Effects of the yard that are no more than a message to a machine, as that message. */
import type { GatewayMessage } from '../contract/link/messages.ts';
import type { YardEffect } from '../yard/events.ts';

type MessageEffect = Extract<YardEffect, { type: 'send-cancel' | 'send-pardon' | 'send-load' | 'send-keep' }>;

export function messageOf(effect: MessageEffect): GatewayMessage {
  switch (effect.type) {
    case 'send-cancel':
      return { type: 'cancel', requestId: effect.requestId, attempt: effect.attempt, reason: effect.reason };
    case 'send-pardon':
      return { type: 'pardon', requestId: effect.requestId, attempt: effect.attempt };
    case 'send-load':
      return { type: 'load', model: effect.model };
    case 'send-keep':
      return { type: 'keep', model: effect.model, isKept: effect.isKept };
    default:
      return effect satisfies never;
  }
}
