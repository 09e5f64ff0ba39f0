/** From what is known of a client to what is wrong with it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Finding } from '../../contract/machine/finding.ts';
import { loadCertificate } from '../../transport/tls/certificate.ts';
import type { Client } from '../client-settings.ts';
import { claudeCodeWindow } from '../connect-text.ts';
import { setupsOf, setupsThatAre } from './all-setups.ts';
import type { GatewayAnswer, Inquiry } from './ask-gateway.ts';
import { type Diagnosis, diagnose, examine } from './examine.ts';
import { type WorldParts, worldOf } from './fixtures/world.ts';

const url = 'http://127.0.0.1:8787';
const key = `my_0123456789ab_${'A'.repeat(43)}`;
const window = 65_536;
const told = String(claudeCodeWindow({ window }));
/** What `metalyard env` sets. */
const right = {
  ANTHROPIC_BASE_URL: url,
  ANTHROPIC_AUTH_TOKEN: key,
  ANTHROPIC_MODEL: 'small-q8',
  ANTHROPIC_DEFAULT_HAIKU_MODEL: 'small-q8',
  CLAUDE_CODE_MAX_CONTEXT_TOKENS: told,
  CLAUDE_CODE_ATTRIBUTION_HEADER: '0',
};
const answered: GatewayAnswer = {
  kind: 'answered',
  credentials: ['known'],
  windows: new Map([['small-q8', window]]),
  served: ['small-q8'],
};
const circumstances = { platform: 'linux', commandLine: (rest: string) => `metalyard ${rest}` } as const;

function diagnosis(
  parts: WorldParts,
  inquiry: Inquiry | undefined = answered,
  client: Client = 'claude-code',
): Diagnosis {
  const [setup] = setupsOf(client, worldOf(parts));
  assert.ok(setup);
  const baseUrl = setup.baseUrl === undefined ? null : URL.parse(setup.baseUrl.value);
  return diagnose({ ...circumstances, platform: parts.platform ?? 'linux', setup, baseUrl, inquiry });
}
const codes = ({ findings }: Diagnosis): string[] => findings.map(({ code }) => code);
/** The one finding there is. */
function only(found: Diagnosis): Finding {
  const [finding] = found.findings;
  assert.deepEqual(codes(found), [finding?.code]);
  assert.ok(finding);
  return finding;
}
const typed = ({ remedy }: Finding): string[] => remedy.map((step) => (typeof step === 'string' ? step : step.text));
const without = (...names: readonly string[]) =>
  Object.fromEntries(Object.entries(right).filter(([name]) => !names.includes(name)));

test('nothing is found where everything is as `metalyard env` sets it', () => {
  assert.deepEqual(diagnosis({ environment: right }), {
    client: 'claude-code',
    baseUrl: url,
    findings: [],
    notChecked: [],
  });
});

test('no base URL: nothing else matters', () => {
  const finding = only(
    diagnosis({ environment: without('ANTHROPIC_BASE_URL', 'CLAUDE_CODE_ATTRIBUTION_HEADER') }, undefined),
  );
  assert.equal(finding.code, 'client-base-url-missing');
  assert.deepEqual(typed(finding).at(-1), 'metalyard env --client claude-code');
});

test('a /v1 too much is named with the address that is asked instead, and the right one', () => {
  for (const wrong of [`${url}/v1`, `${url}/v1/`, `${url}/v1/messages`]) {
    const finding = only(diagnosis({ environment: { ...right, ANTHROPIC_BASE_URL: wrong } }));
    assert.equal(finding.code, 'client-base-url-with-v1');
    assert.deepEqual(typed(finding), [`export ANTHROPIC_BASE_URL=${url}`]);
  }
  const { means } = only(diagnosis({ environment: { ...right, ANTHROPIC_BASE_URL: `${url}/v1` } }));
  assert.match(means, /asks for http:\/\/127\.0\.0\.1:8787\/v1\/v1\/messages, which is 404/);
  assert.deepEqual(codes(diagnosis({ environment: { ...right, ANTHROPIC_BASE_URL: `${url}/` } })), []);
});

test('a missing /v1 is named to the clients that want it, and only to them', () => {
  const environment = { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: key };
  assert.deepEqual(codes(diagnosis({ environment }, answered, 'anthropic-sdk')), []);
  const finding = only(diagnosis({ environment }, answered, 'ai-sdk'));
  assert.equal(finding.code, 'client-base-url-without-v1');
  assert.deepEqual(typed(finding), [`export ANTHROPIC_BASE_URL=${url}/v1`]);
  assert.deepEqual(
    codes(diagnosis({ environment: { ...environment, ANTHROPIC_BASE_URL: `${url}/v1` } }, answered, 'ai-sdk')),
    [],
  );
});

test("what is no URL, and what is Anthropic's", () => {
  const codesFor = (value: string) =>
    codes(diagnosis({ environment: { ...right, ANTHROPIC_BASE_URL: value } }, undefined));
  assert.deepEqual(codesFor('127.0.0.1 8787'), ['client-base-url-invalid']);
  assert.deepEqual(codesFor('https://api.anthropic.com'), ['client-base-url-anthropic']);
});

test('two credentials: the one the gateway does not know is to go', () => {
  const environment = { ...right, ANTHROPIC_API_KEY: 'sk-ant-secret' };
  const finding = only(diagnosis({ environment }, { ...answered, credentials: ['known', 'refused'] }));
  assert.equal(finding.code, 'client-two-credentials');
  assert.match(
    finding.seen,
    /ANTHROPIC_AUTH_TOKEN \(my_0123456789ab\) and the variable ANTHROPIC_API_KEY are both set/,
  );
  assert.deepEqual(typed(finding), ['unset ANTHROPIC_API_KEY']);
  const other = only(diagnosis({ environment }, { ...answered, credentials: ['refused', 'known'] }));
  assert.deepEqual(typed(other), ['unset ANTHROPIC_AUTH_TOKEN']);
  // Nobody could be asked: the one that `metalyard env` does not set.
  const unasked = diagnosis({ environment }, { kind: 'unreachable', why: 'ECONNREFUSED' });
  assert.deepEqual(typed(only(unasked)), ['unset ANTHROPIC_API_KEY']);
});

test('on Windows the commands are those of PowerShell', () => {
  const environment = { ...right, ANTHROPIC_API_KEY: 'other' };
  const finding = only(diagnosis({ environment, platform: 'win32' }));
  assert.deepEqual(finding.remedy, [
    { text: 'Remove-Item Env:ANTHROPIC_API_KEY -ErrorAction SilentlyContinue', shell: 'powershell' },
  ]);
});

test('a key that is missing, unknown, or was never filled in', () => {
  const missing = only(diagnosis({ environment: without('ANTHROPIC_AUTH_TOKEN') }, { ...answered, credentials: [] }));
  assert.equal(missing.code, 'client-key-missing');
  assert.ok(typed(missing).includes('metalyard keys create'));
  const refused: GatewayAnswer = { ...answered, credentials: ['refused'], windows: new Map(), served: [] };
  const unknown = diagnosis({ environment: right }, refused);
  assert.equal(only(unknown).code, 'client-key-unknown');
  assert.match(unknown.notChecked.join(), /Model and window.*key it knows/);
  const placeholder = diagnosis({ environment: { ...right, ANTHROPIC_AUTH_TOKEN: 'YOUR_KEY' } }, refused);
  assert.match(only(placeholder).means, /YOUR_KEY stands for a key/);
});

test('a model that nobody serves is named with those that are', () => {
  const environment = { ...right, ANTHROPIC_DEFAULT_HAIKU_MODEL: 'gone' };
  const windows = new Map([...answered.windows, ['gone', null] as const]);
  const finding = only(diagnosis({ environment }, { ...answered, windows }));
  assert.equal(finding.code, 'client-model-unknown');
  assert.match(finding.means, /There is: small-q8/);
  assert.deepEqual(typed(finding), ['export ANTHROPIC_DEFAULT_HAIKU_MODEL=small-q8']);
});

test('no model at all is worth a word', () => {
  const environment = without('ANTHROPIC_MODEL', 'ANTHROPIC_DEFAULT_HAIKU_MODEL');
  assert.equal(only(diagnosis({ environment })).code, 'client-model-missing');
});

test('a window that is missing, too large, too small, or no number', () => {
  const found = (value: string | undefined): Finding => {
    const environment = without('CLAUDE_CODE_MAX_CONTEXT_TOKENS');
    return only(
      diagnosis({
        environment: value === undefined ? environment : { ...environment, CLAUDE_CODE_MAX_CONTEXT_TOKENS: value },
      }),
    );
  };
  for (const [value, code] of [
    [undefined, 'client-window-missing'],
    ['1000000', 'client-window-too-large'],
    ['a lot', 'client-window-too-large'],
    // The true window: Claude Code keeps so much free that part of it is never used.
    [String(window), 'client-window-too-small'],
  ] as const) {
    const finding = found(value);
    assert.equal(finding.code, code);
    assert.match(finding.seen, /window of small-q8 is 65536 tokens/);
    assert.deepEqual(typed(finding), [`export CLAUDE_CODE_MAX_CONTEXT_TOKENS=${told}`]);
  }
});

test('opencode and pi are told the window itself', () => {
  const models = { 'small-q8': { limit: { context: 4_096 } } };
  const options = { baseURL: `${url}/v1`, apiKey: key };
  const provider = { metalyard: { npm: '@ai-sdk/anthropic', options, models } };
  const files = { '~/project/opencode.json': { provider, model: 'metalyard/small-q8' } };
  const finding = only(diagnosis({ files }, answered, 'opencode'));
  assert.equal(finding.code, 'client-window-too-small');
  assert.deepEqual(typed(finding), [
    'Set provider.metalyard.models.small-q8.limit.context in ~/project/opencode.json to 65536',
  ]);
});

test('a proxy before a computer nearby is named with the exception that is missing', () => {
  const environment = { ...right, HTTP_PROXY: 'http://ann:secret@proxy.example:3128', NO_PROXY: 'example.com' };
  const finding = only(diagnosis({ environment }));
  assert.equal(finding.code, 'client-proxy');
  assert.match(finding.seen, /The variable HTTP_PROXY is http:\/\/proxy\.example:3128/);
  assert.deepEqual(typed(finding), ['export NO_PROXY=example.com,127.0.0.1']);
  assert.deepEqual(codes(diagnosis({ environment: { ...environment, NO_PROXY: '127.0.0.1' } })), []);
  const far = { ...environment, ANTHROPIC_BASE_URL: 'https://yard.example' };
  assert.deepEqual(codes(diagnosis({ environment: far })), []);
});

test('a file that overrides what was set is named, its value is not', () => {
  const files = { '~/project/.claude/settings.local.json': { env: { ANTHROPIC_AUTH_TOKEN: 'sk-ant-other-secret' } } };
  const finding = diagnosis({ environment: right, files }).findings.find(({ code }) => code === 'client-overridden');
  assert.ok(finding);
  assert.match(finding.seen, /env\.ANTHROPIC_AUTH_TOKEN in ~\/project\/\.claude\/settings\.local\.json/);
  assert.deepEqual(typed(finding), ['Remove env.ANTHROPIC_AUTH_TOKEN from ~/project/.claude/settings.local.json']);
});

test('the attribution line, and a switch to another provider', () => {
  assert.equal(only(diagnosis({ environment: without('CLAUDE_CODE_ATTRIBUTION_HEADER') })).code, 'client-attribution');
  const finding = only(diagnosis({ environment: { ...right, CLAUDE_CODE_USE_VERTEX: '1' } }, undefined));
  assert.equal(finding.code, 'client-detour');
  assert.deepEqual(typed(finding), ['unset CLAUDE_CODE_USE_VERTEX']);
});

test('no finding and no remark holds a secret, whatever is wrong', () => {
  const secrets = ['sk-ant-one', 'sk-ant-two', 'sk-ant-three', key.slice(-43), 'proxypass'];
  const parts: WorldParts = {
    environment: {
      ...right,
      ANTHROPIC_BASE_URL: 'http://ann:proxypass@127.0.0.1:8787/v1',
      ANTHROPIC_API_KEY: 'sk-ant-one',
      HTTP_PROXY: 'http://ann:proxypass@proxy:1',
    },
    files: {
      '~/.claude/settings.json': { apiKeyHelper: 'echo sk-ant-two', env: { ANTHROPIC_AUTH_TOKEN: 'sk-ant-three' } },
      '~/project/.claude/settings.json': '{"env": {"ANTHROPIC_API_KEY": "sk-ant-one"',
    },
  };
  for (const inquiry of [
    answered,
    undefined,
    { kind: 'foreign', why: 'x' },
    { kind: 'unreachable', why: 'y' },
  ] as const) {
    const text = JSON.stringify(diagnosis(parts, inquiry));
    for (const secret of secrets) assert.ok(!text.includes(secret), `${secret} in ${text}`);
  }
});

test('without a name, the clients that have an address of their own are examined', () => {
  const clients = (parts: WorldParts) => setupsThatAre(worldOf(parts)).map(({ client }) => client);
  const pi = { '~/.pi/agent/models.json': { providers: { yard: { baseUrl: url, api: 'anthropic-messages' } } } };
  assert.deepEqual(clients({}), []);
  assert.deepEqual(clients({ environment: right }), ['claude-code']);
  assert.deepEqual(clients({ environment: right, files: pi }), ['claude-code', 'pi']);
});

test('a server that is no gateway is a finding; nobody there is something that could not be checked', async (t) => {
  const server = await listen(createServer((_, response) => response.end('<html>hello</html>')));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const environment = { ...right, ANTHROPIC_BASE_URL: `http://127.0.0.1:${port}` };
  const [setup] = setupsOf('claude-code', worldOf({ environment }));
  assert.ok(setup);
  const there = await examine(setup, circumstances);
  assert.equal(only(there).code, 'client-base-url-foreign');

  server.close();
  await once(server, 'close');
  const gone = await examine(setup, circumstances);
  assert.deepEqual(gone.findings, []);
  assert.match(
    gone.notChecked.join(),
    /nothing answers at http:\/\/127\.0\.0\.1:\d+ \(ECONNREFUSED\)\. Start the gateway: metalyard up/,
  );
});

test('a certificate nobody trusts is told from nobody being there', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'metalyard-client-doctor-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const files = { key: join(directory, 'key.pem'), certificate: join(directory, 'certificate.pem') };
  const { key: privateKey, certificate } = await loadCertificate(files, ['127.0.0.1']);
  const server = await listen(createTlsServer({ key: privateKey, cert: certificate }));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const environment = { ...right, ANTHROPIC_BASE_URL: `https://127.0.0.1:${port}` };
  const [setup] = setupsOf('claude-code', worldOf({ environment }));
  assert.ok(setup);
  const finding = only(await examine(setup, circumstances));
  assert.equal(finding.code, 'client-certificate');
  assert.match(typed(finding).join(), /export NODE_EXTRA_CA_CERTS=/);
});

async function listen<Kind extends Server | TlsServer>(server: Kind): Promise<Kind> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
