/** POST /v1/messages and /v1/messages/count_tokens. */
import type { FastifyInstance } from 'fastify';
import { newMessageId } from '../../transport/ids.ts';
import type { NamedModel } from '../../yard/model-names.ts';
import type { Requests } from '../requests.ts';
import type { ThinkingSignatures } from '../thinking-signatures.ts';
import type { TokenCounts } from '../token-counts.ts';
import type { Preparation } from './preparation.ts';
import { bodyBytes } from './server.ts';
import { type OpenStreams, StreamAnswer } from './stream-answer.ts';
import { WholeAnswer } from './whole-answer.ts';

export interface MessagesRoutesOptions {
  readonly requests: Requests;
  readonly counts: TokenCounts;
  readonly streams: OpenStreams;
  readonly signatures: ThinkingSignatures;
  readonly preparation: Preparation;
  models(): readonly NamedModel[];
  nowMs(): number;
}

export function addMessagesRoutes(api: FastifyInstance, options: MessagesRoutesOptions): void {
  const { requests, counts, streams, signatures, preparation, models, nowMs } = options;

  api.post('/v1/messages', async (request, reply) => {
    const prepared = await preparation.prepare(bodyBytes(request), 'create', models());
    reply.hijack();
    const response = reply.raw;
    // The client may have left while a large body was parsed.
    if (response.destroyed) return;
    const requestId = request.id;
    response.setHeader('request-id', requestId);
    if (prepared.notes.length > 0) response.setHeader('x-metalyard-notes', headerText(prepared.notes));
    const common = {
      response,
      requestId,
      messageId: newMessageId(),
      model: prepared.model,
      signThinking: signatures.sign,
    };
    const stream = prepared.stream
      ? new StreamAnswer({
          ...common,
          estimatedTokens: prepared.estimatedTokens,
          nowMs,
          onShown: () => requests.shown(requestId),
          onCut: (reason) => requests.withdraw(requestId, reason),
        })
      : undefined;
    if (stream !== undefined) streams.add(stream);
    response.once('close', () => {
      if (stream !== undefined) streams.delete(stream);
      requests.withdraw(requestId, 'client-left');
    });
    requests.submit({
      requestId,
      keyId: request.apiKey.id,
      model: prepared.model,
      estimatedTokens: prepared.estimatedTokens,
      requestJson: prepared.requestJson,
      sink: stream ?? new WholeAnswer(common),
    });
  });

  api.post('/v1/messages/count_tokens', async (request) => {
    const prepared = await preparation.prepare(bodyBytes(request), 'count', models());
    return { input_tokens: await counts.count(prepared.model, prepared.requestJson) };
  });
}

/** What was changed or ignored, readable in one header; names of tools and fields may hold any character. */
function headerText(notes: readonly string[]): string {
  return notes
    .join(' | ')
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, 1_000);
}
