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
  const found = asUtf8(String(text))
    .split(',')
    .map((name) => decoded(name.trim()))
    .filter((name) => name !== '');
  if (found.length > 0 && found.length <= mostNames) return found;
  throw new ApiFailure(apiError('invalid_request', `${header}: name 1 to ${mostNames}, with commas, or leave it out.`));
}

/** Node reads a header byte by byte; clients send UTF-8. */
function asUtf8(header: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(header, 'latin1'));
  } catch {
    return header;
  }
}

/** A name that no header or list can hold comes encoded as in addresses (`b%C3%BCro`, `a%2Cb`). */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
