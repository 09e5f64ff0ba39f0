/** The admin token: what `metalyard status` and its kin show, made anew at every start of the gateway. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { ApiFailure, apiError } from '../../contract/errors.ts';
import { presentedKey } from './authenticate.ts';

export type AdminCheck = (token: string) => boolean;

export function adminCheck(adminToken: string): AdminCheck {
  const expected = digest(adminToken);
  return (token) => timingSafeEqual(digest(token), expected);
}

/** Throws an ApiFailure unless the request shows the admin token. */
export function requireAdmin({ headers }: FastifyRequest, isAdmin: AdminCheck): void {
  const token = presentedKey(headers);
  if (token === undefined || !isAdmin(token)) {
    throw new ApiFailure(apiError('authentication', 'This needs the admin token of the gateway (gateway.json).'));
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
