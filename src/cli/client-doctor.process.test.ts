/** `metalyard doctor --client` as a person runs it, beside a real gateway. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { printedSettings } from '../../test/support/printed-settings.ts';
import { startYard, type Yard } from '../../test/support/start-yard.ts';
import type { Client } from './client-settings.ts';

const program = fileURLToPath(new URL('./main.ts', import.meta.url));

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

describe('doctor --client beside a running yard', () => {
  let yard: Yard;
  let scratch: string;
  before(async () => {
    yard = await startYard({ engine: { otherwise: 'hello' } });
  });
  after(() => yard?.stop());
  beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), 'metalyard-client-doctor-'));
  });
  afterEach(() => rmSync(scratch, { recursive: true, force: true }));

  const write = (path: string, content: unknown): void => {
    const file = join(scratch, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  };
  async function doctor(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Outcome> {
    mkdirSync(join(scratch, 'home'), { recursive: true });
    mkdirSync(join(scratch, 'work'), { recursive: true });
    const child = spawn(process.execPath, [program, 'doctor', '--client', ...args], {
      cwd: join(scratch, 'work'),
      env: { HOME: join(scratch, 'home'), USERPROFILE: join(scratch, 'home'), PATH: process.env.PATH, ...environment },
    });
    const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    return { code, out, err };
  }
  async function json(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    const { out, code, err } = await doctor([...args, '--json'], environment);
    assert.equal(err, '');
    const { clients } = JSON.parse(out);
    const codes = clients.flatMap(({ findings }: { findings: { code: string }[] }) =>
      findings.map((each) => each.code),
    );
    return { code, clients, codes };
  }
  const known = new Map<Client, Promise<string>>();
  /** What `metalyard env` prints; the same throughout. */
  function settings(client: Client): Promise<string> {
    const text = known.get(client) ?? printedSettings(yard, client, yard.url);
    known.set(client, text);
    return text;
  }
  const printed = async (client: Client): Promise<Record<string, string>> => JSON.parse(await settings(client));

  test('finds nothing where a client was set up with what `metalyard env` prints', async () => {
    for (const client of ['claude-code', 'anthropic-sdk', 'ai-sdk', 'opencode'] as const) {
      const { code, out, err } = await doctor([client], await printed(client));
      assert.equal(code, 0, `${client}: ${out}${err}`);
      assert.match(out, /Nothing found\./);
    }
    write('home/.pi/agent/models.json', await settings('pi'));
    const { code, out } = await doctor(['pi']);
    assert.equal(code, 0, out);
  });

  test('names each thing that is wrong, the place and the remedy, and no secret', async () => {
    const right = await printed('claude-code');
    write('home/.claude/settings.json', { env: { ANTHROPIC_MODEL: 'nobody-serves-this' } });
    const { code, out } = await doctor(['claude-code'], {
      ...right,
      ANTHROPIC_BASE_URL: `${yard.url}/v1`,
      ANTHROPIC_API_KEY: 'sk-ant-of-somebody-else',
      CLAUDE_CODE_MAX_CONTEXT_TOKENS: '1000000',
      CLAUDE_CODE_ATTRIBUTION_HEADER: '1',
      HTTP_PROXY: 'http://127.0.0.1:9',
    });
    assert.equal(code, 1, out);
    for (const expected of [
      /The base URL says too much \(client-base-url-with-v1\)/,
      /\$ export ANTHROPIC_BASE_URL=http:\/\/127\.0\.0\.1:\d+\n/,
      /Requests to the gateway take a proxy \(client-proxy\)/,
      /\$ export NO_PROXY=127\.0\.0\.1\n/,
      /Two credentials are set \(client-two-credentials\)/,
      /\$ unset ANTHROPIC_API_KEY\n/,
      /The model is not served \(client-model-unknown\)/,
      new RegExp(`There is: .*${yard.model}`),
      /A setting has no effect \(client-overridden\)/,
      /~\/\.claude\/settings\.json/,
      /The attribution line is on \(client-attribution\)/,
    ]) {
      assert.match(out.replace(/\n {10}(?!\$)/g, ' '), expected);
    }
    assert.ok(!out.includes('somebody-else'));
    assert.ok(!out.includes(yard.key.slice(-20)));
  });

  test('a window is compared with the one the gateway tells', async () => {
    const right = await printed('claude-code');
    const { codes, clients, code } = await json(['claude-code'], {
      ...right,
      CLAUDE_CODE_MAX_CONTEXT_TOKENS: '1000000',
    });
    assert.deepEqual([code, codes], [1, ['client-window-too-large']]);
    const [step] = clients[0].findings[0].remedy;
    assert.equal(step.text, `export CLAUDE_CODE_MAX_CONTEXT_TOKENS=${right.CLAUDE_CODE_MAX_CONTEXT_TOKENS}`);
  });

  test("a name the gateway knows as another's is served", async () => {
    const right = await printed('claude-code');
    const { CLAUDE_CODE_MAX_CONTEXT_TOKENS: _told, ...environment } = right;
    const { codes } = await json(['claude-code'], { ...environment, ANTHROPIC_MODEL: 'claude-sonnet-4-5' });
    assert.deepEqual(codes, ['client-window-missing']);
  });

  test("opencode's file in the project is found and named", async () => {
    const { OPENCODE_CONFIG_CONTENT: content = '' } = await printed('opencode');
    write('work/opencode.jsonc', `// mine\n${content.replace(`${yard.url}/v1`, yard.url)}`);
    const { codes, clients, code } = await json([]);
    assert.deepEqual([code, codes], [1, ['client-base-url-without-v1']]);
    assert.equal(clients[0].provider, 'metalyard');
    assert.match(
      clients[0].findings[0].remedy[0],
      /^Set provider\.metalyard\.options\.baseURL in .*opencode\.jsonc to http.*\/v1$/,
    );
  });

  test('a key the gateway does not know, and what cannot be told without one', async () => {
    const environment = { ...(await printed('claude-code')), ANTHROPIC_AUTH_TOKEN: 'YOUR_KEY' };
    const { codes, clients } = await json(['claude-code'], environment);
    assert.deepEqual(codes, ['client-key-unknown']);
    assert.match(clients[0].notChecked.join(), /Model and window/);
  });

  test('where nothing could be checked the exit status is 2', async () => {
    const nobody = await doctor([]);
    assert.equal(nobody.code, 2);
    assert.match(nobody.out, /Name the one you mean: metalyard doctor --client NAME/);
    const environment = { ...(await printed('claude-code')), ANTHROPIC_BASE_URL: await freeAddress() };
    const gone = await json(['claude-code'], environment);
    assert.deepEqual([gone.code, gone.codes], [2, []]);
    assert.match(gone.clients[0].notChecked.join(), /ECONNREFUSED\)\. Start the gateway: npx metalyard up/);
  });

  test('a client that does not exist is refused', async () => {
    const { err } = await doctor(['cursor']);
    assert.match(err, /Allowed choices are claude-code, anthropic-sdk/);
  });
});

/** Nobody listens there. */
async function freeAddress(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A TCP listener has an AddressInfo.
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}
