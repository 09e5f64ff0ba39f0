/** GET /metalyard/status, for `metalyard status`: admin token only, machine facts only. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { ApiFailure, apiError } from '../../contract/errors.ts';
import { presentedKey } from './authenticate.ts';

export function addStatusRoute(app: FastifyInstance, adminToken: string, status: () => unknown): void {
  const expected = digest(adminToken);
  app.get('/metalyard/status', async (request) => {
    const token = presentedKey(request.headers);
    if (token === undefined || !timingSafeEqual(digest(token), expected)) {
      throw new ApiFailure(apiError('authentication', 'This needs the admin token of the gateway (gateway.json).'));
    }
    return status();
  });
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
