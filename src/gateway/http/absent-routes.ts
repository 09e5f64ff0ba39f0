/** Endpoints of the API that this yard does not have: said by name, not as a wrong address. */
import type { FastifyInstance } from 'fastify';
import { absentPaths, endpointFeatures } from '../../contract/anthropic/features/endpoints.ts';
import { ApiFailure, apiError } from '../../contract/errors.ts';

export function addAbsentRoutes(api: FastifyInstance): void {
  for (const [path, id] of Object.entries(absentPaths)) {
    const { how } = endpointFeatures[id].support;
    for (const url of [path, `${path}/*`]) {
      api.route({
        method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
        url,
        handler: () => Promise.reject(new ApiFailure(apiError('not_found', how))),
      });
    }
  }
}
