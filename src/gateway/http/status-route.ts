/** GET /metalyard/status, for `metalyard status`: admin token only, machine facts only. */
import type { FastifyInstance } from 'fastify';
import { type AdminCheck, requireAdmin } from './admin.ts';

export function addStatusRoute(app: FastifyInstance, isAdmin: AdminCheck, status: () => unknown): void {
  app.get('/metalyard/status', async (request) => {
    requireAdmin(request, isAdmin);
    return status();
  });
}
