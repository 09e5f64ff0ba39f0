/** Which machines a request may go to, by its own headers. */
import type { IncomingHttpHeaders } from 'node:http';
import { ApiFailure, apiError } from '../../contract/errors.ts';
import type { Wishes } from '../../yard/routing/circles.ts';

export const machineHeader = 'x-metalyard-machine';
const labelsHeader = 'x-metalyard-labels';

/** As many as a machine can have. */
const mostNames = 32;

/** Null when it may go anywhere. Throws `ApiFailure`. */
export function readWishes(headers: IncomingHttpHeaders): Wishes | null {
  const machines = names(headers, machineHeader);
  const labels = names(headers, labelsHeader);
  return machines === null && labels === null ? null : { machines, labels: labels ?? [] };
}

function names(headers: IncomingHttpHeaders, header: string): readonly string[] | null {
  const text = headers[header];
  if (text === undefined) return null;
  const found = String(text)
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (found.length > 0 && found.length <= mostNames) return found;
  throw new ApiFailure(apiError('invalid_request', `${header}: name 1 to ${mostNames}, with commas, or leave it out.`));
}
