/** The command line as a person uses it: real processes, a data directory of its own, no engine. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openStore } from '../transport/store/store.ts';

const program = fileURLToPath(new URL('./main.ts', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'metalyard-cli-'));
const dataDir = join(scratch, 'data');
after(() => rmSync(scratch, { recursive: true, force: true }));

const environment = { ...process.env, METALYARD_DATA_DIR: dataDir, NO_COLOR: '1' };

/** Runs a command to its end. */
function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...args], { env: environment }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}

/** Starts a gateway and waits until it listens; `seen` is all it printed until then. */
async function startGateway(...args: string[]): Promise<{ child: ChildProcess; seen: string; url: string }> {
  const child = spawn(process.execPath, [program, 'gateway', '--port', '0', ...args], {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let seen = '';
  for await (const line of createInterface({ input: child.stdout })) {
    seen += `${line}\n`;
    if (line.startsWith('No machine serves a model yet')) break;
  }
  return { child, seen, url: /http:\/\/\S+/.exec(seen)?.[0] ?? '' };
}

const keyPattern = /my_[0-9A-Za-z]{12}_[0-9A-Za-z_-]{43}/;
const listModels = (url: string, key: string): Promise<Response> =>
  fetch(`${url}/v1/models`, { headers: { 'x-api-key': key } });

/** An agent whose gateway is not there; its line about that is the sign that it holds the machine. */
async function startAgent(): Promise<ChildProcess> {
  const child = spawn(process.execPath, [program, 'agent', '--gateway', 'http://127.0.0.1:9'], {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) if (line.includes('not linked')) break;
  return child;
}

test('a second agent of the data directory is refused, and takes over from one that ends', async () => {
  const first = await startAgent();
  const { code, err } = await run('agent', '--gateway', 'http://127.0.0.1:9');
  assert.equal(code, 1);
  assert.match(err, /An agent of the data directory .* is running already.* End that one first/);
  const killed = once(first, 'exit');
  first.kill('SIGKILL');
  await killed;
  const second = await startAgent();
  const ended = once(second, 'exit');
  second.kill('SIGTERM');
  assert.deepEqual(await ended, [0, null]);
});

describe('a gateway and the commands beside it', () => {
  let gateway: Awaited<ReturnType<typeof startGateway>>;
  let firstKey = '';
  before(async () => {
    assert.match(
      (await run('status')).err,
      /No gateway of the data directory .* is running. Start one: npx metalyard up/,
    );
    gateway = await startGateway();
    firstKey = keyPattern.exec(gateway.seen)?.[0] ?? '';
  });
  after(async () => {
    if (gateway.child.exitCode === null) gateway.child.kill('SIGKILL');
  });

  test('the first start shows a key, and the key works', async () => {
    assert.match(gateway.seen, /Your first API key. It is shown only now/);
    assert.equal((await listModels(gateway.url, firstKey)).status, 200);
    assert.equal((await listModels(gateway.url, `${firstKey.slice(0, -1)}!`)).status, 401);
  });

  test('status finds the gateway by its record, which others cannot read', async () => {
    const { out } = await run('status', '--json');
    const status = JSON.parse(out);
    assert.equal(status.url, gateway.url);
    assert.equal(status.pid, gateway.child.pid);
    assert.equal(status.gateway.epoch, 1);
    if (process.platform !== 'win32') assert.equal(statSync(join(dataDir, 'gateway.json')).mode & 0o777, 0o600);
    assert.match(
      (await run('status')).out,
      /Requests in hand: 0\n\nNo machine is connected\. Start one: npx metalyard agent/,
    );
  });

  test('a second gateway of the data directory is refused and told where the first is', async () => {
    const { code, err } = await run('gateway', '--port', '0');
    assert.equal(code, 1);
    assert.ok(err.includes(`A gateway of this data directory is running already: ${gateway.url} (process`), err);
    assert.equal((await listModels(gateway.url, firstKey)).status, 200);
  });

  test('a taken port is reported with the remedy', async () => {
    const { port } = new URL(gateway.url);
    const { code, err } = await run('gateway', '--port', port, '--data-dir', join(scratch, 'other'));
    assert.equal(code, 1);
    assert.match(err, new RegExp(`Port ${port} on 127.0.0.1 is taken by another program. Choose another: --port`));
    // Nothing half done is left: no key was made that nobody has seen.
    assert.match((await run('keys', 'list', '--data-dir', join(scratch, 'other'))).out, /There are no keys yet/);
  });

  test('keys are made, listed and revoked while the gateway runs', async () => {
    const made = JSON.parse((await run('keys', 'create', '--label', 'laptop', '--json')).out);
    assert.equal((await listModels(gateway.url, made.secret)).status, 200);
    assert.match(
      (await run('keys', 'list')).out,
      new RegExp(`^${made.id}  laptop  \\d{4}-\\d\\d-\\d\\d  interactive  usual   all     works$`, 'm'),
    );
    const set = await run('keys', 'set', made.id, '--models', 'tiny,qwen3*');
    assert.match(set.out, /^"laptop" \(key_.*\), from the next request on:$/m);
    assert.match(set.out, /^models +tiny, qwen3\*$/m);
    assert.match((await run('keys', 'set', made.id, '--machines', 'desk')).err, /No machine is called desk/);
    const beside = await openStore(dataDir, { purpose: 'administration' });
    for (const [machineId, name] of [
      ['mch_1', 'desk'],
      ['mch_2', 'cellar'],
      ['mch_3', 'twin'],
      ['mch_4', 'twin'],
    ] as const)
      await beside.machines.approve({ machineId, publicKey: machineId, name });
    await beside.close();
    assert.match((await run('keys', 'set', made.id, '--machines', 'twin')).err, /Several machines are called twin/);
    const places = ['--machines', 'desk, cellar', '--labels', 'quiet', '--trusted-only', 'yes', '--group', 'home'];
    const placed = await run('keys', 'set', made.id, ...places);
    assert.match(placed.out, /^machines +desk or cellar, labelled quiet, trusted only\ngroup +home$/m);
    const { places: kept } = JSON.parse((await run('keys', 'set', made.id, '--group', 'home', '--json')).out);
    assert.deepEqual(kept.machines, ['mch_1', 'mch_2'], 'ids: a name may become that of another machine');
    const lifted = await run('keys', 'set', made.id, '--machines', 'all', '--labels', 'none', '--group', 'none');
    assert.match(lifted.out, /^machines +trusted only\ngroup +none: it shares no cache$/m);
    assert.match((await run('keys', 'set', made.id, '--group', 'a b')).err, /Give a name of letters, digits/);
    const limited = await run(
      'keys',
      'set',
      made.id,
      '--requests-per-minute',
      '60',
      '--expires',
      '30d',
      '--weight',
      '2',
    );
    assert.match(limited.out, /^requests per minute +60\n(.*\n)*expires +20\d\d-.*Z\n(.*\n)*weight +2\n/m);
    await run('keys', 'set', made.id, '--expires', '2026-01-01');
    assert.equal((await listModels(gateway.url, made.secret)).status, 401);
    assert.match(
      (await run('keys', 'show', made.secret)).out,
      /, expired 2026-01-01\n(.*\n)*tokens per day .*, 0 used\n/,
    );
    assert.match(
      (await run('usage', '--by', 'day', '--format', 'csv')).out,
      /^day,name,requests,answered,input_tokens/,
    );
    assert.deepEqual(JSON.parse((await run('keys', 'set', made.id, '--models', 'all', '--json')).out).models, null);
    assert.match((await run('keys', 'set', made.id)).err, /Say what to change: --models/);
    assert.match((await run('keys', 'set', made.id, '--models', 'a,,b')).err, /with commas between them/);
    assert.match(
      (await run('keys', 'revoke', made.secret)).out,
      /is revoked: requests with it are refused from now on/,
    );
    assert.equal((await listModels(gateway.url, made.secret)).status, 401);
    const again = await run('keys', 'revoke', made.id);
    assert.equal(again.code, 1);
    assert.match(again.err, /No working key has the id key_.* The list: npx metalyard keys list/);
    assert.doesNotMatch((await run('keys', 'list', '--json')).out, keyPattern);
  });

  test('Ctrl-C ends it with status 0, and the next start shows no key', async () => {
    const exited = once(gateway.child, 'exit');
    gateway.child.kill('SIGINT');
    assert.deepEqual(await exited, [0, null]);
    assert.ok(!existsSync(join(dataDir, 'gateway.json')));
    const next = await startGateway();
    const nextExited = once(next.child, 'exit');
    next.child.kill('SIGTERM');
    assert.doesNotMatch(next.seen, keyPattern);
    assert.deepEqual(await nextExited, [0, null]);
  });

  test('logs show both starts, readable and as JSON, and no secret', async () => {
    const { out } = await run('logs');
    assert.equal([...out.matchAll(/^\d\d:\d\d:\d\d gateway started url=/gm)].length, 2);
    const last = JSON.parse((await run('logs', '--json', '-n', '1')).out);
    assert.equal(last.msg, 'gateway stopped');
    assert.doesNotMatch(readFileSync(join(dataDir, 'logs', 'gateway.log'), 'utf8'), /my_\w{12}_[^*]|admin_[^*]/);
  });
});

const refusals: readonly [string, string[], RegExp][] = [
  ['plain http without a network', ['up', '--allow-plain-http-on-private-network'], /needs --listen 0\.0\.0\.0/],
  ['a proxy in front without a name', ['gateway', '--behind-tls-proxy'], /needs the name clients use: --host-name/],
  [
    'a proxy that is not in front',
    ['gateway', '--trusted-proxies', '10.0.0.1'],
    /--trusted-proxies needs --behind-tls-proxy/,
  ],
  [
    'a proxy that is no address',
    ['gateway', '--behind-tls-proxy', '--host-name', 'den', '--trusted-proxies', 'proxy.local'],
    /--trusted-proxies: proxy.local is no address and no network such as 172.18.0.0\/16/,
  ],
  ['joining in clear', ['join', 'http://studio:8787', '--token', 'mj_x'], /is not an address such as https:/],
  ['a join line in clear', ['token', 'create', '--url', 'http://127.0.0.1:1'], /machines join by TLS alone/],
  ['a join line for nobody', ['token', 'create'], /No gateway of this data directory is running/],
  [
    'a model that is not there',
    ['up', '--model', '/nowhere/m.gguf'],
    /model file \/nowhere\/m\.gguf does not exist.*--model/,
  ],
  ['a folder as model', ['agent', '--model', tmpdir()], /is not a file\. Name a GGUF file/],
  ['an unencrypted gateway elsewhere', ['agent', '--gateway', 'http://192.0.2.1:8787'], /unencrypted.*https:/],
  ['a gateway that is no address', ['agent', '--gateway', 'studio'], /--gateway studio is not an address such as/],
  ['a port that is none', ['up', '--port', 'eighty'], /Give a whole number from 0 to 65535/],
  ['a command that is none', ['serve'], /unknown command 'serve'/],
];
for (const [what, args, said] of refusals) {
  test(`${what} is refused with the remedy and without a stack`, async () => {
    const { code, err } = await run(...args, ...(args[0] === 'serve' ? [] : ['--data-dir', join(scratch, 'refused')]));
    assert.equal(code, 1);
    assert.match(err, said);
    assert.doesNotMatch(err, /\n\s+at /);
  });
}

test('help lists every command, and fits 80 columns', async () => {
  const { out } = await run('--help');
  for (const name of [
    'up',
    'gateway',
    'agent',
    'keys',
    'usage',
    'token',
    'join',
    'machines',
    'doctor',
    'status',
    'logs',
    'env',
    'claude',
  ])
    assert.match(out, new RegExp(`^ {2}${name}\\b`, 'm'));
  for (const line of out.split('\n')) assert.ok(line.length <= 80, line);
  assert.match((await run('--version')).out, /^\d+\.\d+\.\d+\n$/);
});
