/** What `metalyard env` prints for a client of a running yard: clients are set up with that and nothing else. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Client } from '../../src/cli/client-settings.ts';
import type { Yard } from './start-yard.ts';

const cli = join(import.meta.dirname, '../../src/cli/main.ts');

/** Standard output, which is JSON, with the address of a proxy in place of the yard's. */
export async function printedSettings(yard: Yard, client: Client, proxyUrl: string): Promise<string> {
  const shell = client === 'pi' ? [] : ['--shell', 'json'];
  const args = ['env', '--client', client, '--key', yard.key, ...shell, '--data-dir', join(yard.directory, 'data')];
  const { stdout } = await promisify(execFile)(process.execPath, [cli, ...args]);
  return stdout.replaceAll(yard.url, proxyUrl);
}
