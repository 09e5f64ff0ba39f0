/** GET /metalyard/machines/facts, for `metalyard machines show`: admin token only. */
import type { FastifyInstance } from 'fastify';
import type { KnownMachine } from '../machine-facts.ts';
import { type AdminCheck, requireAdmin } from './admin.ts';

export function addFactsRoute(
  app: FastifyInstance,
  isAdmin: AdminCheck,
  machines: () => readonly KnownMachine[],
): void {
  app.get('/metalyard/machines/facts', async (request) => {
    requireAdmin(request, isAdmin);
    return { machines: machines() };
  });
}
