/**
 * The HTTP edge: what holds for every request (who may speak to us, ids, errors, time limits) and
 * the routes. Bodies are read only once the key is known.
 */
import type { IncomingMessage } from 'node:http';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { type ApiError, ApiFailure, apiError } from '../../contract/errors.ts';
import { limits } from '../../contract/limits.ts';
import type { RateLimits } from '../../contract/quota.ts';
import { errorResponse } from '../../translate/response/error-response.ts';
import { rateLimitHeaders } from '../../translate/response/rate-limit-headers.ts';
import { newRequestId } from '../../transport/ids.ts';
import { type DoorLimits, isLinkUpgrade } from '../../transport/link/accept.ts';
import type { Log } from '../../transport/log/log.ts';
import type { ApiKey, Store } from '../../transport/store/store.ts';
import type { HostCheck } from './allowed-hosts.ts';
import { authenticate, recallKey } from './authenticate.ts';
import { type ConnectionLimits, limitConnections, provenConnection } from './connection-limit.ts';
import { failureOf } from './failure.ts';
import { MalformedRequests } from './malformed-requests.ts';
import type { PipeLimits } from './poll-routes.ts';
import { BodyBudget, type BodyLimits, readBody } from './read-body.ts';

declare module 'fastify' {
  interface FastifyInstance {
    readonly bodyBudget: BodyBudget;
  }
  interface FastifyRequest {
    /** Set on every route below `/v1` once the key is known. */
    apiKey: ApiKey;
    /** What this request takes of the body budget. */
    bodyBytes: number;
  }
}

/** The limits of the edge that tests shorten; `limits` has the usual ones. */
export interface EdgeLimits extends ConnectionLimits, BodyLimits, DoorLimits, PipeLimits {
  readonly connectionsUnfinished: number;
  readonly connectionsUnfinishedPerAddress: number;
  readonly headersMs: number;
  readonly bodyMs: number;
}

export interface HttpEdgeOptions {
  readonly log: Log;
  /** Where a key stands: told with every response to a request for a message, refusals included. */
  rateLimits(key: ApiKey): RateLimits;
  /** A request for a message of a known key was refused before the yard heard of it. */
  onRefused(requestId: string, error: ApiError): void;
  readonly allowHost: HostCheck;
  /** Whether an address is that of the reverse proxy in front. */
  isProxy(address: string): boolean;
  readonly limits?: Partial<EdgeLimits>;
}

/** A server without routes of its own; `addApiRoutes` gives it those that need a key. */
export function createHttpEdge(options: HttpEdgeOptions): FastifyInstance {
  const { log, allowHost, limits: shortened } = options;
  const edgeLimits: EdgeLimits = { ...limits, ...shortened };
  const malformed = new MalformedRequests(edgeLimits);
  const app = fastify({
    logger: false,
    genReqId: newRequestId,
    requestIdHeader: false,
    requestTimeout: edgeLimits.bodyMs,
    // Longer than the 60 s load balancers keep: the side that closes last loses no request.
    keepAliveTimeout: 65_000,
    http: {
      headersTimeout: edgeLimits.headersMs,
      connectionsCheckingInterval: Math.min(1_000, edgeLimits.headersMs / 2),
      // A missing Host is refused by the hook below, in our own words.
      requireHostHeader: false,
      // Java's client asks for h2c with every request; whoever cannot switch may go on as they are.
      shouldUpgradeCallback: isLinkUpgrade,
    },
    forceCloseConnections: true,
    return503OnClosing: false,
    routerOptions: { ignoreTrailingSlash: true },
    rewriteUrl: ({ url = '/', socket }) => pathOf(url, (host) => allowHost(host, socket)),
    clientErrorHandler: malformed.answer,
    frameworkErrors: (error, request, reply) => sendError(reply, request, failureOf(error).error),
  });
  limitConnections(app.server, edgeLimits, options.isProxy);
  malformed.watch(app.server);

  app.decorateRequest('bodyBytes', 0);
  app.decorate('bodyBudget', new BodyBudget(edgeLimits));
  app.removeAllContentTypeParsers();
  // Nobody's body is read; the routes of `addApiRoutes` have a parser of their own.
  app.addContentTypeParser('*', (_request, payload, done) => {
    payload.resume();
    done(null);
  });

  // No promise for what needs none: each costs every request some microseconds.
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('request-id', request.id);
    if (allowHost(request.headers.host, request.raw.socket)) return done();
    const message = 'This gateway does not answer to that host name. Use the address it printed at start.';
    done(new ApiFailure(apiError('wrong_host', message)));
  });
  function sendError(reply: FastifyReply, request: FastifyRequest, error: ApiError): FastifyReply {
    if (!request.raw.complete) closeAfter(request, reply);
    if (isForMessage(request)) {
      reply.headers(rateLimitHeaders(options.rateLimits(request.apiKey)));
      options.onRefused(request.id, error);
    }
    const { status, headers, body } = errorResponse(error, request.id);
    return reply.code(status).headers(headers).send(body);
  }
  app.setErrorHandler((thrown, request, reply) => {
    const { error, unexpected } = failureOf(thrown);
    if (unexpected !== undefined) {
      log.error('request failed', {
        requestId: request.id,
        route: request.routeOptions.url,
        error: stackOf(unexpected),
      });
    } else {
      // Requests that reach the yard are logged when they end; these never do.
      const { method } = request;
      log.info('refused', { requestId: request.id, method, route: request.routeOptions.url, code: error.code });
    }
    return sendError(reply, request, error);
  });
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    // `hasRoute` reads a path as a pattern, and throws at many that are none.
    const plain = /^(?:\/[\w.-]+)+$/.test(path);
    const methods = plain ? (['GET', 'POST'] as const).filter((method) => app.hasRoute({ method, url: path })) : [];
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
    const budget = app.bodyBudget;
    api.addContentTypeParser('*', (request: FastifyRequest, payload: IncomingMessage) =>
      readBody(payload, (bytes) => {
        budget.take(request.apiKey.id, bytes);
        request.bodyBytes += bytes;
      }),
    );
    const admit = (request: FastifyRequest, reply: FastifyReply, key: ApiKey): Error | undefined => {
      request.apiKey = key;
      provenConnection(request.socket);
      // A body is held until its answer is over.
      reply.raw.once('close', () => budget.giveBack(key.id, request.bodyBytes));
      const encoding = request.headers['content-encoding'];
      if (encoding === undefined || encoding === 'identity') return undefined;
      return new ApiFailure(
        apiError('request_body_encoding_unsupported', 'Compressed request bodies are not supported: send it plain.'),
      );
    };
    api.addHook('onRequest', (request, reply, done) => {
      const known = recallKey(store, request.headers);
      if (known !== undefined) done(admit(request, reply, known));
      else authenticate(store, request.headers).then((key) => done(admit(request, reply, key)), done);
    });
    routes(api);
  });
}

/** What a router may look at. Clients of a proxy send whole URLs; those of other hosts lead nowhere. */
function pathOf(url: string, allowHost: (host: string) => boolean): string {
  if (url.startsWith('/')) return url;
  const [, host, path] = /^https?:\/\/([^/?#]*)(.*)$/i.exec(url) ?? [];
  if (host === undefined || path === undefined || !allowHost(host)) return '/*';
  return path.startsWith('/') ? path : `/${path}`;
}

/** The body as bytes; an absent one is empty and fails as JSON later. */
export function bodyBytes(request: FastifyRequest): Uint8Array {
  return request.body instanceof Uint8Array ? request.body : new Uint8Array();
}

/** One that a known key pays for. */
const isForMessage = ({ apiKey, method, routeOptions }: FastifyRequest): boolean =>
  apiKey !== undefined && method === 'POST' && routeOptions.url === '/v1/messages';

/**
 * Closing on a client that is still sending would take the answer away from it, even if it asked for
 * the close. The framework asks for one whenever a body is refused.
 */
function closeAfter({ raw }: FastifyRequest, reply: FastifyReply): void {
  reply.removeHeader('connection');
  if (reply.raw.shouldKeepAlive) return;
  reply.raw.shouldKeepAlive = true;
  raw.once('end', () => raw.socket.end());
}

function stackOf(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
}
