/** GET /metalyard/models, for `metalyard models` and `metalyard alias`: admin token only. */
import type { FastifyInstance } from 'fastify';
import type { NamesView } from '../../yard/names/view-names.ts';
import { type AdminCheck, requireAdmin } from './admin.ts';

export const namesPath = '/metalyard/models';

export function addNamesRoute(app: FastifyInstance, isAdmin: AdminCheck, names: () => NamesView): void {
  app.get(namesPath, async (request) => {
    requireAdmin(request, isAdmin);
    return names();
  });
}
