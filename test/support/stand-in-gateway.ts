/** Answers every request with one of our errors: for those that no route of this version sends. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ApiError } from '../../src/contract/errors.ts';
import { errorResponse } from '../../src/translate/response/error-response.ts';

export interface StandIn extends AsyncDisposable {
  readonly url: string;
}

export async function startStandIn(error: ApiError): Promise<StandIn> {
  const { status, headers, body } = errorResponse(error, 'req_stand_in');
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(status, headers).end(JSON.stringify(body)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A TCP listener has an AddressInfo.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
