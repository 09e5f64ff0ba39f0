/** The join line as it is printed, by a gateway at all addresses: it works as it stands, also on a network that came up late. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('./main.ts', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'metalyard-line-'));

/** Runs a command to its end; both outputs. */
function run(machine: string, ...args: readonly string[]): Promise<{ code: number; output: string }> {
  const environment = { ...process.env, METALYARD_DATA_DIR: join(scratch, machine), NO_COLOR: '1' };
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...args], { env: environment }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), output: out + err }),
    );
  });
}

describe('a gateway that listens at all addresses', () => {
  const gateway = spawn(process.execPath, [program, 'gateway', '--port', '0', '--listen', '0.0.0.0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, METALYARD_DATA_DIR: join(scratch, 'gateway'), NO_COLOR: '1' },
  });
  let port = '';
  before(async () => {
    for await (const line of createInterface({ input: gateway.stdout })) {
      port ||= /http:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1] ?? '';
      if (line.startsWith('No machine serves a model yet')) break;
    }
    gateway.stdout.resume();
  });
  after(async () => {
    const ended = once(gateway, 'exit');
    gateway.kill('SIGKILL');
    await ended;
    rmSync(scratch, { recursive: true, force: true });
  });

  test('prints a line with its pin, also for an address that it is told', async () => {
    const url = `https://127.0.0.1:${port}`;
    const { output } = await run('gateway', 'token', 'create', '--approve', '--url', url);
    const [, ...words] = /metalyard (join) (\S+) (--token) (\S+) (--pin) (\S+)/.exec(output) ?? [];
    assert.equal(words[1], url, output);
    const joined = await run('attic', ...words, '--no-start');
    assert.equal(joined.code, 0, joined.output);

    const cut = await run('loft', ...words.slice(0, 4), '--no-start');
    assert.equal(cut.code, 1);
    assert.match(cut.output, /signed by no authority .*make the line there anew .*with --pin/);
  });

  // Elsewhere a computer has no second loopback address.
  const more = process.platform === 'linux' ? {} : { skip: 'needs an address that the gateway does not know of' };
  test('answers to the address it was reached at, and to no other it does not know', more, async () => {
    const statusOf = (host: string): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const asking = request({ host: '127.0.0.9', port, path: '/healthz', headers: { host } }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        asking.on('error', reject);
        asking.end();
      });
    assert.equal(await statusOf(`127.0.0.9:${port}`), 200);
    assert.equal(await statusOf(`127.0.0.8:${port}`), 421);
  });
});
