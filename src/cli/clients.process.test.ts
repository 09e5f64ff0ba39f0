/** `metalyard env` and `metalyard claude` beside a running yard, with a program that stands in for Claude Code. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startYard, type Yard } from '../../test/support/start-yard.ts';
import { claudeCodeWindow } from './connect-text.ts';

const program = fileURLToPath(new URL('./main.ts', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'metalyard-clients-'));
const standIn = join(scratch, 'claude');
after(() => rmSync(scratch, { recursive: true, force: true }));

/** Says what it was started with; ends as its first argument asks, or waits for a signal. */
const standInSource = `#!${process.execPath}
let input = '';
process.stdin.setEncoding('utf8').on('data', (chunk) => { input += chunk; }).on('end', () => {
  process.stdout.write(JSON.stringify({ env: process.env, args: process.argv.slice(2), input }) + '\\n');
  if (process.argv[2] === 'wait') setInterval(() => {}, 1000);
  else process.exitCode = Number(process.argv[2] ?? 0);
});
`;

interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

describe('clients beside a running yard', { skip: process.platform === 'win32' && 'the stand-in is a script' }, () => {
  let yard: Yard;
  let environment: NodeJS.ProcessEnv;
  before(async () => {
    writeFileSync(standIn, standInSource);
    chmodSync(standIn, 0o755);
    yard = await startYard({ engine: { rules: [], otherwise: 'hello' } });
    environment = {
      ...process.env,
      PATH: `${scratch}${delimiter}${process.env.PATH}`,
      METALYARD_DATA_DIR: /^Data directory: (.*)$/m.exec(yard.output())?.[1] ?? '',
      ANTHROPIC_API_KEY: 'elsewhere',
    };
    delete environment.METALYARD_KEY;
  });
  after(() => yard.stop());

  const start = (args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess =>
    spawn(process.execPath, [program, ...args], { env: { ...environment, ...env } });
  async function run(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Outcome> {
    const child = start(args, env);
    assert.ok(child.stdin && child.stdout && child.stderr);
    child.stdin.end('typed');
    const [out, err, [code, signal]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ]);
    return { code, signal, out, err };
  }
  const dataFile = (name: string): string => join(environment.METALYARD_DATA_DIR ?? '', name);

  test('env prints true values of the yard; a key that cannot be known is said to be missing', async () => {
    const { code, out, err } = await run(['env', '--shell', 'json']);
    assert.equal(code, 0, err);
    const printed = JSON.parse(out);
    const [model] = (await yard.status()).models;
    assert.equal(printed.ANTHROPIC_BASE_URL, yard.url);
    assert.equal(printed.ANTHROPIC_MODEL, yard.model);
    assert.equal(printed.CLAUDE_CODE_MAX_CONTEXT_TOKENS, String(claudeCodeWindow({ window: model?.window ?? 0 })));
    assert.equal(printed.ANTHROPIC_AUTH_TOKEN, 'YOUR_KEY');
    assert.match(err, /YOUR_KEY stands for an API key: only hashes.*--key.*metalyard keys create/);
    assert.match(err, /Must not be set: ANTHROPIC_API_KEY/);
  });

  test('env with a key is complete, and eval takes it', async () => {
    const { out, err } = await run(['env', '--client', 'ai-sdk', '--key', yard.key, '--shell', 'bash']);
    assert.equal(out, `export ANTHROPIC_BASE_URL=${yard.url}/v1\nexport ANTHROPIC_API_KEY=${yard.key}\n`);
    assert.doesNotMatch(err, /YOUR_KEY/);
  });

  test('env refuses what it does not know', async () => {
    assert.match((await run(['env', '--client', 'cursor'])).err, /Allowed choices are claude-code, anthropic-sdk/);
    assert.match((await run(['env', '--client', 'pi', '--shell', 'fish'])).err, /JSON file.*leave out --shell/);
    assert.match((await run(['env', '--model', 'gone'])).err, /No machine serves gone/);
  });

  test('claude is started with the yard, its own arguments, input and exit status, and a key that works', async () => {
    const { code, out, err } = await run(['claude', '7', '-p', '--model', 'x', '--help', 'two words']);
    assert.equal(code, 7, err);
    const { env, args, input } = JSON.parse(out);
    assert.deepEqual(args, ['7', '-p', '--model', 'x', '--help', 'two words']);
    assert.equal(input, 'typed');
    assert.equal(env.ANTHROPIC_BASE_URL, yard.url);
    assert.equal(env.ANTHROPIC_DEFAULT_HAIKU_MODEL, yard.model);
    assert.equal(env.CLAUDE_CODE_ATTRIBUTION_HEADER, '0');
    assert.equal(env.ANTHROPIC_API_KEY, undefined);
    const answer = await fetch(`${yard.url}/v1/models`, {
      headers: { authorization: `Bearer ${env.ANTHROPIC_AUTH_TOKEN}` },
    });
    assert.equal(answer.status, 200);

    assert.match(err, new RegExp(`ANTHROPIC_BASE_URL=${yard.url}`));
    assert.match(err, /without ANTHROPIC_API_KEY/);
    assert.match(err, /labelled "claude", is new/);
    assert.ok(!err.includes(env.ANTHROPIC_AUTH_TOKEN), 'the token is shown to nobody');
    assert.equal(statSync(dataFile('claude-key')).mode & 0o777, 0o600);
    assert.equal(readFileSync(dataFile('claude-key'), 'utf8').trim(), env.ANTHROPIC_AUTH_TOKEN);
  });

  test('the next launch uses the kept key; after it was revoked, a new one', async () => {
    const first = JSON.parse((await run(['claude'])).out).env.ANTHROPIC_AUTH_TOKEN;
    const again = await run(['claude', '--program', standIn, '--', '--version']);
    assert.deepEqual(JSON.parse(again.out).args, ['--version']);
    assert.equal(JSON.parse(again.out).env.ANTHROPIC_AUTH_TOKEN, first);
    assert.doesNotMatch(again.err, /is new/);
    assert.equal((await run(['keys', 'revoke', first])).code, 0);
    const third = await run(['claude']);
    assert.notEqual(JSON.parse(third.out).env.ANTHROPIC_AUTH_TOKEN, first);
    assert.match(third.err, /is new/);
  });

  test('a key given as a variable is used; one that does not work is refused before anything starts', async () => {
    const given = await run(['claude'], { METALYARD_KEY: yard.key });
    assert.equal(JSON.parse(given.out).env.ANTHROPIC_AUTH_TOKEN, yard.key);
    const refused = await run(['claude', '--key', `${yard.key.slice(0, -4)}wxyz`]);
    assert.deepEqual([refused.code, refused.out], [1, '']);
    assert.match(refused.err, /none that works here.*keys create/);
    assert.ok(!refused.err.includes('wxyz'));
  });

  test('a signal goes to the program, and its end is the end of both', async () => {
    const child = start(['claude', 'wait']);
    assert.ok(child.stdin && child.stdout);
    child.stdin.end();
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'exit'), [null, 'SIGTERM']);
  });

  test('without Claude Code on the PATH it says how to get it', async () => {
    const { code, err } = await run(['claude'], { PATH: join(scratch, 'empty') });
    assert.equal(code, 1);
    assert.match(err, /not on the PATH.*npm install -g @anthropic-ai\/claude-code/);
    assert.match((await run(['claude', '--program', '/nowhere/claude'])).err, /There is no program \/nowhere\/claude/);
    assert.doesNotMatch(err, /\n\s+at /);
  });

  test('without a gateway both say how to start one', async () => {
    for (const command of ['env', 'claude']) {
      const { code, err, out } = await run([command, '--data-dir', join(scratch, 'none')]);
      assert.deepEqual([code, out], [1, '']);
      assert.match(err, /No gateway of the data directory .* is running\. Start one: npx metalyard up/);
    }
  });
});
