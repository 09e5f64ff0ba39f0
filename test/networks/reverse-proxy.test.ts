/**
 * A real nginx speaks TLS for the gateway: clients and a machine with the real engine come through it, as
 * `docs/operations.md` sets it up.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { test } from 'node:test';
import { turn } from '../support/ask.ts';
import { certificateAuthority } from '../support/authority.ts';
import { openGateway } from '../support/join-machines.ts';
import { noNginxBecause, startNginx } from '../support/nginx.ts';

test('behind nginx: a machine links by WebSocket, and answers arrive word by word', async (t) => {
  const why = noNginxBecause();
  if (why !== null) return t.skip(why);
  const authority = await certificateAuthority();
  await using yard = await openGateway({
    behindTlsProxy: true,
    hostNames: ['localhost'],
    engine: { real: { window: 16_384, slots: 1 } },
  });
  await using nginx = await startNginx(yard.gateway.port, 'localhost', await authority.issue('localhost'));
  const url = `https://localhost:${nginx.port}`;
  const caFile = join(yard.scratch, 'authority.pem');
  writeFileSync(caFile, authority.certificate);

  const joined = await yard.join('studio', await yard.token(true), ['--ca-file', caFile], { url });
  assert.equal(joined.status, 0, joined.output);
  yard.startAgent('studio');
  await yard.whenLinked('studio');
  const log = readFileSync(join(yard.dataOf('studio'), 'logs', 'agent.log'), 'utf8');
  assert.match(log, /linked to the gateway/);
  assert.doesNotMatch(log, /linking without a WebSocket/);

  const model = yard.gateway.models()[0]?.id ?? '';
  let seenWhileRunning = 0;
  const post = (body: string, onPiece: () => void) =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      const headers = { 'x-api-key': yard.key, 'content-type': 'application/json', 'anthropic-version': '2023-06-01' };
      const ca = authority.certificate;
      const asking = request(new URL('/v1/messages', url), { method: 'POST', ca, headers, agent: false });
      asking.on('error', reject);
      asking.on('response', (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece) => {
          text += piece;
          onPiece();
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      });
      asking.end(body);
    });
  const streamed = await post(
    JSON.stringify(turn(model, 'Count from 1 to 1000.', { stream: true, max_tokens: 1_000 })),
    () => {
      if (yard.gateway.activeRequests > 0) seenWhileRunning += 1;
    },
  );
  assert.equal(streamed.status, 200, streamed.text);
  assert.match(streamed.text, /event: message_stop/);
  const shown = [...streamed.text.matchAll(/"text_delta","text":"([^"]*)"/g)].map(([, piece]) => piece).join('');
  assert.match(shown, /^1, 2, 3, 4, 5, 6, 7, 8, 9, 10, /);
  assert.ok(seenWhileRunning >= 10, `${seenWhileRunning} pieces arrived while it was being made`);

  // A large body comes through as well: nginx would refuse more than 1 MB by itself.
  const large = JSON.stringify(turn(model, 'Much. '.repeat(1_000_000)));
  const refused = await post(large, () => {});
  assert.equal(refused.status, 400, refused.text);
  assert.match(refused.text, /prompt is too long/);
});
