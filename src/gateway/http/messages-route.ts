/** POST /v1/messages and /v1/messages/count_tokens. */
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { MessageTokensCount } from '../../contract/anthropic/response.ts';
import { limits } from '../../contract/limits.ts';
import { rateLimitHeaders } from '../../translate/response/rate-limit-headers.ts';
import { newMessageId } from '../../transport/ids.ts';
import { type ApiKey, scopeOf } from '../../transport/store/store.ts';
import type { AwaitedLoad } from '../../yard/loads/awaited-load.ts';
import type { NameBook } from '../../yard/names/resolve-model.ts';
import type { Wishes } from '../../yard/routing/circles.ts';
import { CountTurns } from '../count-turns.ts';
import type { Quotas } from '../quotas.ts';
import type { Requests } from '../requests.ts';
import type { ReturningMachines } from '../returning-machines.ts';
import type { ThinkingSignatures } from '../thinking-signatures.ts';
import type { TokenCounts } from '../token-counts.ts';
import { decisionComment, decisionHeaders } from './decision-text.ts';
import { headerNotes } from './header-notes.ts';
import { loadText } from './load-text.ts';
import type { OpenAnswers } from './open-answers.ts';
import type { Preparation } from './preparation.ts';
import type { PrepareTask, ServedModel } from './prepare-request.ts';
import { readWishes } from './read-wishes.ts';
import { bodyBytes } from './server.ts';
import { serviceClassOf } from './service-class.ts';
import { StreamAnswer } from './stream-answer.ts';
import { holdMs, turnPatience, WholeAnswer } from './whole-answer.ts';

/** For whoever watches a stream by eye. */
const lastSlotText = 'the last free slots are left to other keys, as this one has its share';

export interface MessagesRoutesOptions {
  readonly requests: Requests;
  readonly quotas: Quotas;
  readonly counts: TokenCounts;
  readonly answers: OpenAnswers;
  readonly signatures: ThinkingSignatures;
  readonly preparation: Preparation;
  /** What names mean for a key at this moment. */
  names(key: ApiKey, wishes: Wishes | null): NameBook<ServedModel>;
  readonly returning: ReturningMachines;
  /** The load a request waits for; null while it waits for none. */
  awaitedLoad(requestId: string): AwaitedLoad | null;
  /** Whether it waits although slots are free, the last ones, which its key leaves to others. */
  isLeftToOthers(requestId: string): boolean;
  nowMs(): number;
}

export function addMessagesRoutes(api: FastifyInstance, options: MessagesRoutesOptions): void {
  const { requests, quotas, counts, answers, signatures, preparation, returning, names, nowMs } = options;
  const countTurns = new CountTurns();
  const taskOf = (request: FastifyRequest, purpose: PrepareTask['purpose']): PrepareTask => ({
    body: bodyBytes(request),
    purpose,
    names: names(request.apiKey, readWishes(request.headers)),
    patienceMs: patienceOf(request.headers),
  });

  const onRequest = (request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void): void => {
    const meeting = quotas.meet(request.apiKey);
    if (meeting === undefined) done();
    else meeting.then(() => done(), done);
  };
  api.post('/v1/messages', { onRequest }, async (request, reply) => {
    const wishes = readWishes(request.headers);
    // Apart from the rest, which the answer keeps: nothing but the request in hand may hold its JSON.
    const origin = { scope: scopeOf(request.apiKey), sessionId: sessionOf(request.headers) };
    const { requestJson, ...prepared } = await returning.await(() =>
      preparation.prepare({ ...taskOf(request, 'create'), origin }, callerOf(request, reply)),
    );
    const requestId = request.id;
    const { needs, maxTokens } = prepared;
    const { rules } = request.apiKey;
    const serviceClass = serviceClassOf(rules.class, request.headers, prepared.sideCall);
    const leasing = quotas.reserve(requestId, request.apiKey, { inputTokens: needs.estimatedTokens, maxTokens });
    if (leasing !== undefined) await leasing;
    reply.hijack();
    const response = reply.raw;
    // The client may have left while a large body was parsed.
    if (response.destroyed) return quotas.release(requestId);
    const headers = rateLimitHeaders(quotas.limitsOf(request.apiKey));
    headers['request-id'] = requestId;
    const notes = [...prepared.notes, ...headerNotes(request.headers)];
    if (notes.length > 0) headers[notesHeader] = headerText(notes);
    const common = {
      response,
      requestId,
      headers,
      messageId: newMessageId(),
      model: prepared.model,
      signThinking: signatures.sign,
      reportsEdits: prepared.reportsEdits,
      nowMs,
    };
    const answer = prepared.stream
      ? new StreamAnswer({
          ...common,
          estimatedTokens: needs.estimatedTokens,
          waitsFor() {
            const load = options.awaitedLoad(requestId);
            if (load !== null) return loadText(load);
            return options.isLeftToOthers(requestId) ? lastSlotText : null;
          },
          comment: decisionComment,
          onShown: () => requests.shown(requestId),
          onRoom: () => requests.roomFor(requestId),
          onHeldUp: () => requests.heldUp(requestId),
          onCut: (reason) => requests.withdraw(requestId, reason),
        })
      : new WholeAnswer({ ...common, holdMs: holdMs(request.headers['x-stainless-timeout']) });
    answers.add(answer);
    response.once('close', () => {
      answers.delete(answer);
      requests.withdraw(requestId, 'client-left');
    });
    requests.submit({
      requestId,
      keyId: request.apiKey.id,
      model: prepared.model,
      needs,
      maxTokens,
      serviceClass,
      weight: rules.weight,
      ...(prepared.stream ? {} : turnPatience(request.headers['x-stainless-timeout'])),
      prefix: prepared.prefix,
      wishes: wishes ?? undefined,
      places: request.apiKey.places,
      scope: origin.scope,
      requestJson,
      sink: answer,
      onPlaced(decision) {
        Object.assign(headers, decisionHeaders(decision));
      },
      // Another attempt may find other room: the last word before the headers counts.
      onAccepted({ promptTokens, window, maxTokens }) {
        const asked = prepared.maxTokens;
        const clamped =
          maxTokens < asked
            ? [
                `max_tokens: ${maxTokens} instead of ${asked}: the window holds ${window}, the prompt has ${promptTokens}`,
              ]
            : [];
        const all = [...notes, ...clamped];
        if (all.length > 0) headers[notesHeader] = headerText(all);
      },
    });
  });

  api.post('/v1/messages/count_tokens', async (request, reply) => {
    const prepared = await returning.await(() =>
      preparation.prepare(taskOf(request, 'count'), callerOf(request, reply)),
    );
    const notes = [...prepared.notes, ...headerNotes(request.headers)];
    if (notes.length > 0) reply.header(notesHeader, headerText(notes));
    const confines = { wishes: readWishes(request.headers), places: request.apiKey.places };
    const tokens = await countTurns.inTurn(request.apiKey.id, () => counts.count(prepared, confines));
    const counted: MessageTokensCount = { input_tokens: tokens };
    return prepared.reportsEdits ? { ...counted, context_management: { original_input_tokens: tokens } } : counted;
  });
}

/** How long a client waits for a model to be loaded: as long as a request may wait, and not beyond its own time-out. */
const patienceOf = (headers: IncomingHttpHeaders): number =>
  Math.min(limits.queueWaitMs, holdMs(headers['x-stainless-timeout']));

const notesHeader = 'x-metalyard-notes';

/** One conversation of one agent, as Claude Code tells it. */
function sessionOf(headers: IncomingHttpHeaders): string | undefined {
  const told = [headers['x-claude-code-session-id'], headers['x-claude-code-agent-id']].filter(
    (header) => typeof header === 'string' && header !== '',
  );
  return told.length === 0 ? undefined : told.join('/').slice(0, limits.userIdChars);
}

const callerOf = (request: FastifyRequest, reply: FastifyReply) => ({
  keyId: request.apiKey.id,
  response: reply.raw,
});

/** What was changed or ignored, readable in one header; names of tools and fields may hold any character. */
function headerText(notes: readonly string[]): string {
  return notes
    .join(' | ')
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, 1_000);
}
