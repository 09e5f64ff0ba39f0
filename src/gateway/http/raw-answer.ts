/** Answers written straight to a socket, for what never becomes a request: broken HTTP, one connection too many. */
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ApiError } from '../../contract/errors.ts';
import { errorResponse } from '../../translate/response/error-response.ts';
import { newRequestId } from '../../transport/ids.ts';

/** A client that does not close after our last word is closed by us after this long, ms. */
const lingerMs = 1_000;

const answered = new WeakSet<Duplex>();

/** Whether `endWithError` has been called; what the client still sends is of no interest. */
export const hasEnded = (socket: Duplex): boolean => answered.has(socket);

/** Sends an error and ends the connection. */
export function endWithError(socket: Duplex, error: ApiError): void {
  const { status, headers, body } = errorResponse(error, newRequestId());
  const text = JSON.stringify(body);
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}`,
    'connection: close',
    `content-length: ${Buffer.byteLength(text)}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  answered.add(socket);
  socket.end(`${lines.join('\r\n')}\r\n\r\n${text}`);
  // Closing at once could take the answer away from a client that is still sending.
  setTimeout(() => socket.destroy(), lingerMs).unref();
}
