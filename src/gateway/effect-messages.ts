/** Effects of the yard that are a message to a machine, as that message. */
import type { GatewayMessage } from '../contract/link/messages.ts';
import type { OutputAmount } from '../session/credit.ts';
import type { JsonText } from '../session/lanes.ts';
import type { YardEffect } from '../yard/events.ts';
import type { Submission } from './submission.ts';

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

/** By which an offer can be withdrawn from its lane. */
export const offerKey = ({
  requestId,
  attempt,
}: Pick<MessageEffect & { type: 'send-cancel' }, 'requestId' | 'attempt'>): string => `${requestId}/${attempt}`;

/** An offer as pieces of text, `credit` what may be ahead of the client: its request is JSON already, and not serialised again for each attempt. */
export function offerText(
  { requestId, attempt, offerMs }: YardEffect & { type: 'send-offer' },
  { model, scope, prefix, requestJson }: Submission,
  ownName: string,
  credit: OutputAmount,
): readonly JsonText[] {
  const head = {
    type: 'offer',
    ...{ requestId, attempt, offerMs, scope },
    ...(prefix === undefined ? {} : { prefix }),
    credit,
    ...(ownName === model ? {} : { model: ownName }),
  };
  return [`${JSON.stringify(head).slice(0, -1)},"request":`, requestJson, '}'];
}
