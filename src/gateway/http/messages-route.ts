/** POST /v1/messages and /v1/messages/count_tokens. */
import type { FastifyInstance } from 'fastify';
import { newMessageId } from '../../transport/ids.ts';
import type { Log } from '../../transport/log/log.ts';
import type { NamedModel } from '../../yard/model-names.ts';
import type { Requests } from '../requests.ts';
import type { ThinkingSignatures } from '../thinking-signatures.ts';
import type { TokenCounts } from '../token-counts.ts';
import { prepareRequest } from './prepare.ts';
import { bodyBytes } from './server.ts';
import { type OpenStreams, StreamAnswer } from './stream-answer.ts';
import { WholeAnswer } from './whole-answer.ts';

export interface MessagesRoutesOptions {
  readonly requests: Requests;
  readonly counts: TokenCounts;
  readonly streams: OpenStreams;
  readonly signatures: ThinkingSignatures;
  readonly log: Log;
  models(): readonly NamedModel[];
  nowMs(): number;
}

export function addMessagesRoutes(api: FastifyInstance, options: MessagesRoutesOptions): void {
  const { requests, counts, streams, signatures, log, models, nowMs } = options;

  api.post('/v1/messages', async (request, reply) => {
    const prepared = prepareRequest(bodyBytes(request), 'create', models(), signatures.verify);
    if (prepared.notes.length > 0) log.info('request adjusted', { requestId: request.id, notes: prepared.notes });
    reply.hijack();
    const response = reply.raw;
    const requestId = request.id;
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
    const prepared = prepareRequest(bodyBytes(request), 'count', models(), signatures.verify);
    return { input_tokens: await counts.count(prepared.model, prepared.requestJson) };
  });
}
