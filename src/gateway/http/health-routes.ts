/** Probes: is the process alive, can it serve, and what clients ask before their first request. */
import type { FastifyInstance } from 'fastify';

export interface HealthRoutesOptions {
  /** Why no request can be served now, or null. */
  notReadyBecause(): string | null;
}

export function addHealthRoutes(app: FastifyInstance, { notReadyBecause }: HealthRoutesOptions): void {
  // Claude Code probes these with HEAD, without credentials, and ignores the answer.
  app.get('/', async () => ({ name: 'metalyard', api: '/v1/messages' }));
  app.get('/api/hello', async () => ({ message: 'hello' }));

  app.get('/healthz', async () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const reason = notReadyBecause();
    if (reason === null) return { status: 'ready' };
    return reply.code(503).send({ status: 'not ready', reason });
  });
}
