/** GET /metalyard/requests/:id, for `metalyard explain`: admin token only. */
import type { FastifyInstance } from 'fastify';
import { ApiFailure, apiError } from '../../contract/errors.ts';
import type { Explanation } from '../decision-book.ts';
import { type AdminCheck, requireAdmin } from './admin.ts';

export function addExplainRoute(
  app: FastifyInstance,
  isAdmin: AdminCheck,
  explain: (requestId: string) => Explanation | undefined,
): void {
  app.get<{ Params: { request: string } }>('/metalyard/requests/:request', async (request) => {
    requireAdmin(request, isAdmin);
    const explanation = explain(request.params.request);
    if (explanation === undefined) {
      throw new ApiFailure(
        apiError(
          'not_found',
          'request: nothing is known of it. The last 1,000 since the start of the gateway are kept.',
        ),
      );
    }
    return explanation;
  });
}
