/** A machine joins a gateway over TLS, with the real command line, and is let go again. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { request } from 'node:https';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect } from 'node:tls';
import { type Gateway, startGateway } from '../../src/gateway/gateway.ts';
import { silentLog } from '../../src/transport/log/log.ts';
import { openStore, type Store } from '../../src/transport/store/store.ts';
import { type Certificate, loadCertificate } from '../../src/transport/tls/certificate.ts';
import { turn } from '../support/ask.ts';
import { until } from '../support/processes.ts';
import { writeScriptedEngine } from '../support/scripted-engine.ts';

const cli = join(import.meta.dirname, '../../src/cli/main.ts');
const adminToken = 'admin-token-of-the-test';
const scratch = mkdtempSync(join(tmpdir(), 'metalyard-joining-'));
const engine = writeScriptedEngine(scratch, { window: 8_192, slots: 2, otherwise: 'Hello over TLS.' });
const agents = new Set<ChildProcess>();

let store: Store;
let gateway: Gateway;
let certificate: Certificate;
let url = '';
let key = '';

before(async () => {
  const directory = join(scratch, 'gateway');
  store = await openStore(directory);
  certificate = await loadCertificate(
    { key: join(directory, 'gateway-key.pem'), certificate: join(directory, 'gateway-certificate.pem') },
    ['localhost', '127.0.0.1'],
  );
  gateway = await startGateway({
    store,
    log: silentLog,
    host: '127.0.0.1',
    port: 0,
    version: '0.0.0',
    adminToken,
    reach: { kind: 'tls', certificate, plainOnPrivateNetworks: false },
  });
  url = `https://127.0.0.1:${gateway.port}`;
  key = (await store.keys.create('test')).secret;
});
after(async () => {
  for (const agent of agents) agent.kill('SIGKILL');
  await gateway.close();
  await store.close();
  rmSync(scratch, { recursive: true, force: true });
});

interface Ran {
  readonly status: number | null;
  readonly output: string;
}

async function metalyard(...args: string[]): Promise<Ran> {
  const child = spawn(process.execPath, [cli, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
  const [status] = await once(child, 'close');
  return { status, output };
}

const dataOf = (machine: string): string => join(scratch, machine);
const token = async (approves: boolean): Promise<string> =>
  (await store.joinTokens.create({ label: 'test', approves, uses: 1, lifetimeMs: 60_000 })).secret;
const joining = (machine: string, secret: string, ...more: string[]): Promise<Ran> =>
  metalyard('join', url, '--token', secret, '--data-dir', dataOf(machine), '--name', machine, '--no-start', ...more);

/** `metalyard agent` of a machine that has joined. */
function startAgent(machine: string): void {
  const args = ['agent', '--data-dir', dataOf(machine), '--name', machine, '--engine-program', engine];
  const child = spawn(process.execPath, [cli, ...args], { stdio: 'ignore' });
  agents.add(child);
}

const linked = (machine: string, isThere: boolean): Promise<void> =>
  until(`${machine} is ${isThere ? 'there' : 'gone'}`, 20_000, async () => {
    const { machines } = await admin('GET', '/metalyard/status');
    const found = machines.find(({ name }) => name === machine);
    const isReady = found?.status === 'live' && found.models.some(({ status }) => status === 'ready');
    return isThere ? isReady : found?.status !== 'live';
  });

/** What the tests look at in an answer to the admin token. */
interface AdminAnswer {
  readonly machines: readonly { name: string; status: string; held: boolean; models: readonly { status: string }[] }[];
}

async function admin(method: string, path: string, body?: unknown): Promise<AdminAnswer> {
  const response = await fetch(`http://127.0.0.1:${gateway.port}${path}`, {
    method,
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  assert.equal(response.status, 200, await response.clone().text());
  // Ours; a missing part fails the test that needs it.
  return (await response.json()) as AdminAnswer;
}

/** POST over TLS, trusting this gateway's certificate alone. */
function postSecurely(path: string, body: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { 'x-api-key': key, 'content-type': 'application/json', 'anthropic-version': '2023-06-01' };
    const asking = request(new URL(path, url), { method: 'POST', ca: certificate.certificate, headers, agent: false });
    asking.on('error', reject);
    asking.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece) => (text += piece));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    asking.end(body);
  });
}

test('with the join line a machine joins, serves over TLS, and is removed again', async () => {
  const joined = await joining('studio', await token(true), '--pin', certificate.fingerprint);
  assert.equal(joined.status, 0, joined.output);
  assert.match(joined.output, /studio has joined https:/);
  assert.equal(statSync(join(dataOf('studio'), 'machine-key.pem')).mode & 0o777, 0o600);

  startAgent('studio');
  await linked('studio', true);
  const model = gateway.models()[0]?.id ?? '';
  const question = JSON.stringify(turn(model, 'Hi'));
  const secure = await postSecurely('/v1/messages', question);
  assert.equal(secure.status, 200, secure.text);
  assert.match(secure.text, /Hello over TLS\./);
  // On this machine plain HTTP does.
  const plain = await fetch(`${gateway.url}/v1/messages`, {
    method: 'POST',
    headers: { 'x-api-key': key, 'content-type': 'application/json' },
    body: question,
  });
  assert.equal(plain.status, 200);

  const sinceMs = performance.now();
  await admin('POST', '/metalyard/machines/studio', { kind: 'remove' });
  await linked('studio', false);
  assert.ok(performance.now() - sinceMs < 5_000, 'a removed machine is gone within 5 s');
});

test('a machine that needs approval waits for it, and drain keeps it from new work', async () => {
  const joined = await joining('attic', await token(false), '--pin', certificate.fingerprint);
  assert.equal(joined.status, 0, joined.output);
  assert.match(joined.output, /waits to be let in/);
  startAgent('attic');
  await until('the gateway has turned it away', 20_000, async () => (await store.machines.find('attic')) !== undefined);
  assert.equal((await store.machines.find('attic'))?.standing, 'pending');
  await admin('POST', '/metalyard/machines/attic', { kind: 'approve' });
  await linked('attic', true);

  await admin('POST', '/metalyard/machines/attic', { kind: 'drain' });
  const status = await admin('GET', '/metalyard/status');
  assert.equal(status.machines.find(({ name }) => name === 'attic')?.held, true);
  await admin('POST', '/metalyard/machines/attic', { kind: 'resume' });
  await admin('POST', '/metalyard/machines/attic', { kind: 'rename', name: 'loft' });
  await admin('POST', '/metalyard/machines/loft', { kind: 'label', labels: ['fast', 'quiet'] });
  assert.deepEqual((await store.machines.find('loft'))?.labels, ['fast', 'quiet']);
});

test('who does not have the right line does not get in, and is told why', async () => {
  const used = await token(true);
  assert.equal((await joining('first', used, '--pin', certificate.fingerprint)).status, 0);
  const pin = ['--pin', certificate.fingerprint];
  const turnedAway: readonly (readonly [machine: string, secret: string, trust: readonly string[], why: RegExp])[] = [
    ['second', used, pin, /used up/],
    ['third', `mj_${'x'.repeat(12)}_${'y'.repeat(43)}`, pin, /unknown, used up or too old/],
    ['fourth', await token(true), ['--pin', 'ab'.repeat(32)], /fingerprint .* not the one of the join line/],
    // Without a pin only authorities count, and none has signed this.
    ['fifth', await token(true), [], /could not be reached \(.*certificate/],
  ];
  await Promise.all(
    turnedAway.map(async ([machine, secret, trust, why]) => {
      const { status, output } = await joining(machine, secret, ...trust);
      assert.equal(status, 1, output);
      assert.match(output, why);
    }),
  );
  const trusting = await joining(
    'sixth',
    await token(true),
    '--ca-file',
    join(scratch, 'gateway', 'gateway-certificate.pem'),
  );
  assert.equal(trusting.status, 0, trusting.output);
});

test('the certificate is made once, and is good for its names', async () => {
  const directory = join(scratch, 'gateway');
  const files = { key: join(directory, 'gateway-key.pem'), certificate: join(directory, 'gateway-certificate.pem') };
  const again = await loadCertificate(files, [hostname()]);
  assert.equal(again.fingerprint, certificate.fingerprint);
  assert.equal(statSync(files.key).mode & 0o777, 0o600);
  const socket = connect({
    port: gateway.port,
    host: '127.0.0.1',
    ca: certificate.certificate,
    servername: 'localhost',
  });
  await once(socket, 'secureConnect');
  assert.ok(socket.authorized);
  socket.destroy();
});
