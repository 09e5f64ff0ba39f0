/**
 * The HTTP edge: what holds for every request (who may speak to us, ids, errors, time limits) and
 * the routes. Bodies are read only once the key is known.
 */
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { ApiFailure, apiError } from '../../contract/errors.ts';
import { limits } from '../../contract/limits.ts';
import { errorResponse } from '../../translate/response/error-response.ts';
import { newRequestId } from '../../transport/ids.ts';
import type { Log } from '../../transport/log/log.ts';
import type { ApiKey, Store } from '../../transport/store/store.ts';
import { authenticate } from './authenticate.ts';
import { failureOf } from './failure.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set on every route below `/v1`. */
    apiKey: ApiKey;
  }
}

export interface HttpEdgeOptions {
  readonly log: Log;
  readonly allowHost: (host: string | undefined) => boolean;
}

/** A server without routes of its own; `addApiRoutes` gives it those that need a key. */
export function createHttpEdge({ log, allowHost }: HttpEdgeOptions): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: limits.requestBodyBytes,
    genReqId: newRequestId,
    requestIdHeader: false,
    // A whole body must have arrived within a minute, headers within ten seconds.
    requestTimeout: 60_000,
    keepAliveTimeout: 65_000,
    http: { headersTimeout: 10_000, connectionsCheckingInterval: 1_000 },
    forceCloseConnections: true,
    return503OnClosing: false,
    routerOptions: { ignoreTrailingSlash: true },
    clientErrorHandler: (error, socket) => {
      const timedOut = (error as NodeJS.ErrnoException).code === 'ERR_HTTP_REQUEST_TIMEOUT';
      const answer = errorResponse(
        timedOut
          ? apiError(
              'request_timeout',
              'The request did not arrive in time: send headers within 10 s, the body within 60 s.',
            )
          : apiError('invalid_request', 'This is not a well-formed HTTP request.'),
        newRequestId(),
      );
      if (!socket.writable) {
        socket.destroy();
        return;
      }
      const body = JSON.stringify(answer.body);
      socket.end(
        `HTTP/1.1 ${answer.status} ${timedOut ? 'Request Timeout' : 'Bad Request'}\r\nconnection: close\r\n` +
          `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
    },
  });

  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  app.addHook('onRequest', async (request, reply) => {
    reply.header('request-id', request.id);
    if (!allowHost(request.headers.host)) {
      throw new ApiFailure(
        apiError('wrong_host', 'This gateway does not answer to that host name. Use the address it printed at start.'),
      );
    }
  });
  app.setErrorHandler((thrown, request, reply) => {
    const { error, unexpected } = failureOf(thrown);
    if (unexpected !== undefined) {
      log.error('request failed', {
        requestId: request.id,
        route: request.routeOptions.url,
        error: stackOf(unexpected),
      });
    }
    return sendError(reply, request, error);
  });
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const methods = (['GET', 'POST'] as const).filter((method) => app.hasRoute({ method, url: path }));
    if (methods.length > 0) {
      reply.header('allow', methods.join(', '));
      return sendError(
        reply,
        request,
        apiError('method_not_allowed', `${request.method} is not possible here: use ${methods.join(' or ')}.`),
      );
    }
    return sendError(
      reply,
      request,
      apiError('not_found', `Nothing is served at this path. Base URLs end before /v1: the API is at /v1/messages.`),
    );
  });
  return app;
}

/** Routes below this need an API key, checked before the body is read. */
export async function addApiRoutes(
  app: FastifyInstance,
  store: Store,
  routes: (api: FastifyInstance) => void,
): Promise<void> {
  await app.register(async (api) => {
    api.addHook('onRequest', async (request) => {
      request.apiKey = await authenticate(store, request.headers);
      const encoding = request.headers['content-encoding'];
      if (encoding !== undefined && encoding !== 'identity') {
        throw new ApiFailure(
          apiError('request_body_encoding_unsupported', 'Compressed request bodies are not supported: send it plain.'),
        );
      }
    });
    routes(api);
  });
}

/** The body as bytes; an absent one is empty and fails as JSON later. */
export function bodyBytes(request: FastifyRequest): Uint8Array {
  return request.body instanceof Uint8Array ? request.body : new Uint8Array();
}

function sendError(reply: FastifyReply, request: FastifyRequest, error: ReturnType<typeof apiError>): FastifyReply {
  const { status, headers, body } = errorResponse(error, request.id);
  return reply.code(status).headers(headers).send(body);
}

function stackOf(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
}
