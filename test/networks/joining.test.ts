/** A machine joins a gateway over TLS, with the real command line, and is let go again. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect } from 'node:tls';
import { loadCertificate } from '../../src/transport/tls/certificate.ts';
import { ask, turn } from '../support/ask.ts';
import { type OpenGateway, openGateway } from '../support/join-machines.ts';
import { until } from '../support/processes.ts';
import { type StreamEvent, streamEvents } from '../support/read-stream.ts';

let yard: OpenGateway;
let pin: readonly string[] = [];

before(async () => {
  const talks = { lastTurn: 'Talk.', say: 'And then? ', repeat: 100, tokensPerSecond: 20 };
  yard = await openGateway({ engine: { window: 8_192, slots: 2, rules: [talks], otherwise: 'Hello over TLS.' } });
  pin = ['--pin', yard.certificate.fingerprint];
});
after(() => yard[Symbol.asyncDispose]());

/** POST over TLS, trusting this gateway's certificate alone. */
function postSecurely(path: string, body: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { 'x-api-key': yard.key, 'content-type': 'application/json', 'anthropic-version': '2023-06-01' };
    const ca = yard.certificate.certificate;
    const asking = request(new URL(path, yard.url), { method: 'POST', ca, headers, agent: false });
    asking.on('error', reject);
    asking.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece) => (text += piece));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    asking.end(body);
  });
}

test('a machine that could not remember its gateway says so before the token is used', async () => {
  const secret = await yard.token(true);
  const inTheWay = join(yard.dataOf('full'), 'joined-gateway.json');
  mkdirSync(yard.dataOf('full'), { mode: 0o700 });
  mkdirSync(inTheWay);
  const failed = await yard.join('full', secret, pin);
  assert.equal(failed.status, 1);
  assert.match(
    failed.output,
    /joined-gateway\.json is no file\)\. The token has not been used: make room, or name another place/,
  );
  rmdirSync(inTheWay);
  const joined = await yard.join('full', secret, pin);
  assert.equal(joined.status, 0, joined.output);
});

test('with the join line a machine joins, serves over TLS, and is removed again', async () => {
  const joined = await yard.join('studio', await yard.token(true), pin);
  assert.equal(joined.status, 0, joined.output);
  assert.match(joined.output, /studio has joined https:/);
  assert.equal(statSync(join(yard.dataOf('studio'), 'machine-key.pem')).mode & 0o777, 0o600);

  yard.startAgent('studio');
  await yard.whenLinked('studio', true);
  const model = yard.gateway.models()[0]?.id ?? '';
  const question = JSON.stringify(turn(model, 'Hi'));
  const secure = await postSecurely('/v1/messages', question);
  assert.equal(secure.status, 200, secure.text);
  assert.match(secure.text, /Hello over TLS\./);
  // On this machine plain HTTP does.
  const plain = await fetch(`${yard.gateway.url}/v1/messages`, {
    method: 'POST',
    headers: { 'x-api-key': yard.key, 'content-type': 'application/json' },
    body: question,
  });
  assert.equal(plain.status, 200);

  // It is removed while it answers.
  const talking = await ask({ url: yard.gateway.url, key: yard.key }, turn(model, 'Talk.', { stream: true }));
  let removed: Promise<unknown> | undefined;
  let sinceMs = 0;
  let last: StreamEvent | undefined;
  for await (const event of streamEvents(talking)) {
    last = event;
    if (event.type !== 'content_block_delta' || removed !== undefined) continue;
    sinceMs = performance.now();
    removed = yard.admin('POST', '/metalyard/machines/studio', { kind: 'remove' });
  }
  await removed;
  assert.equal(last?.type, 'error', 'whoever was waiting is told');
  await yard.whenLinked('studio', false);
  assert.ok(performance.now() - sinceMs < 5_000, 'a removed machine is gone within 5 s');
  for (const path of ['status', 'machines/facts']) {
    const shown = JSON.stringify(await yard.admin('GET', `/metalyard/${path}`));
    assert.doesNotMatch(shown, /studio/, `and from ${path}`);
  }
});

test('a machine that joined without being let in is in once it is approved, and drain keeps it from new work', async () => {
  const joined = await yard.join('attic', await yard.token(false), pin);
  assert.equal(joined.status, 0, joined.output);
  assert.match(joined.output, /waits to be let in/);
  yard.startAgent('attic');
  assert.equal((await yard.store.machines.called('attic'))[0]?.standing, 'pending');
  await yard.admin('POST', '/metalyard/machines/attic', { kind: 'approve' });
  await yard.whenLinked('attic', true);

  await yard.admin('POST', '/metalyard/machines/attic', { kind: 'drain' });
  const status = await yard.admin('GET', '/metalyard/status');
  assert.equal(status.machines.find(({ name }) => name === 'attic')?.held, true);
  await yard.admin('POST', '/metalyard/machines/attic', { kind: 'resume' });
  await yard.admin('POST', '/metalyard/machines/attic', { kind: 'rename', name: 'loft' });
  await yard.admin('POST', '/metalyard/machines/loft', { kind: 'label', labels: ['fast', 'quiet'] });
  assert.deepEqual((await yard.store.machines.called('loft'))[0]?.labels, ['fast', 'quiet']);
});

test('who does not have the right line does not get in, and is told why', async () => {
  const used = await yard.token(true);
  assert.equal((await yard.join('first', used, pin)).status, 0);
  const turnedAway: readonly (readonly [machine: string, secret: string, trust: readonly string[], why: RegExp])[] = [
    ['second', used, pin, /used up/],
    ['third', `mj_${'x'.repeat(12)}_${'y'.repeat(43)}`, pin, /unknown, used up or too old/],
    ['fourth', await yard.token(true), ['--pin', 'ab'.repeat(32)], /fingerprint .* not the one of the join line/],
    ['cut', await yard.token(true), ['--pin', 'ab12'], /64 hexadecimal digits, and this one is 4/],
    ['missing', await yard.token(true), ['--ca-file', '/no/such.pem'], /--ca-file \/no\/such\.pem cannot be used/],
    // Without a pin only authorities count, and none has signed this.
    ['fifth', await yard.token(true), [], /signed by no authority .* copy the whole of it, with --pin/],
  ];
  await Promise.all(
    turnedAway.map(async ([machine, secret, trust, why]) => {
      const { status, output } = await yard.join(machine, secret, trust);
      assert.equal(status, 1, output);
      assert.match(output, why);
    }),
  );
  const caFile = join(yard.dataOf('gateway'), 'gateway-certificate.pem');
  const trusting = await yard.join('sixth', await yard.token(true), ['--ca-file', caFile]);
  assert.equal(trusting.status, 0, trusting.output);
});

test('a machine shows who it is to no other gateway than the one it has joined', async () => {
  const joined = await yard.join('careful', await yard.token(true), pin);
  assert.equal(joined.status, 0, joined.output);
  const file = join(yard.dataOf('careful'), 'joined-gateway.json');
  const kept = JSON.parse(readFileSync(file, 'utf8')) as { gatewayId: string };
  assert.equal(kept.gatewayId, yard.store.gatewayId);
  writeFileSync(file, JSON.stringify({ ...kept, gatewayId: 'gw_another' }));
  yard.startAgent('careful');
  const logs = join(yard.dataOf('careful'), 'logs');
  const said = (): string =>
    existsSync(logs)
      ? readdirSync(logs)
          .map((name) => readFileSync(join(logs, name), 'utf8'))
          .join('')
      : '';
  await until('it says why', 60_000, () => said().includes('not the gateway that this machine has joined'));
  await yard.whenLinked('careful', false);
});

test('the certificate is made once, and is good for its names', async () => {
  const directory = yard.dataOf('gateway');
  const files = { key: join(directory, 'gateway-key.pem'), certificate: join(directory, 'gateway-certificate.pem') };
  const again = await loadCertificate(files, [hostname()]);
  assert.equal(again.fingerprint, yard.certificate.fingerprint);
  assert.equal(statSync(files.key).mode & 0o777, 0o600);
  const socket = connect({
    port: yard.gateway.port,
    host: '127.0.0.1',
    ca: yard.certificate.certificate,
    servername: 'localhost',
  });
  await once(socket, 'secureConnect');
  assert.ok(socket.authorized);
  socket.destroy();
});
