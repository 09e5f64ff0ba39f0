/** `metalyard doctor` as a person runs it: real processes, a home of its own, tools that print what real ones printed. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { allLandmines } from '../../landmines/all.ts';

const program = fileURLToPath(new URL('../main.ts', import.meta.url));
const captures = new URL('../../machine/fixtures/', import.meta.url);
const scratch = mkdtempSync(join(tmpdir(), 'metalyard-doctor-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

const dataDir = join(scratch, 'home', 'data');
const tools = join(scratch, 'tools');
mkdirSync(join(scratch, 'home'));
mkdirSync(tools);
// No other program on the path than those a test puts there.
const env = { HOME: join(scratch, 'home'), PATH: tools, METALYARD_DATA_DIR: dataDir };

function doctor(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    const options = { env, cwd: scratch, timeout: 60_000 };
    execFile(process.execPath, [program, 'doctor', ...args], options, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}

/** A program that prints a stored output and ends as the real one did. */
function tool(name: string, capture: string, exitCode: number): void {
  copyFileSync(new URL(capture, captures), join(tools, `${name}.txt`));
  writeFileSync(
    join(tools, name),
    `#!/bin/sh\nwhile IFS= read -r line; do echo "$line"; done < "$0.txt"\nexit ${exitCode}\n`,
  );
  chmodSync(join(tools, name), 0o755);
}

test('every check has a result, quickly, and nothing is made on the way', async () => {
  const { out } = await doctor('--json', '--port', '9');
  const report = JSON.parse(out);
  assert.equal(report.checks.length, allLandmines.length);
  const kinds = new Set(report.checks.map(({ result }: { result: { kind: string } }) => result.kind));
  assert.ok(!kinds.has('crashed'), out);
  // About a second where nothing else runs.
  assert.ok(report.tookMs < 15_000, `${report.tookMs} ms`);
  assert.equal(existsSync(dataDir), false);
});

test('the screen has no colour where nobody looks, and fits 80 columns', async () => {
  const { out } = await doctor('--port', '9', '--all');
  assert.ok(!out.includes('\u001b'));
  assert.deepEqual(
    out.split('\n').filter((line) => line.length > 80 && !/^\s+(\$|PS.*>) /.test(line)),
    [],
  );
});

test('a driver that is half updated is found by what nvidia-smi prints', {
  skip: process.platform !== 'linux',
}, async () => {
  tool('nvidia-smi', 'linux/nvidia-smi-failures/driver-library-mismatch-570.txt', 18);
  const { code, out } = await doctor('--port', '9');
  rmSync(join(tools, 'nvidia-smi'));
  assert.equal(code, 1);
  assert.match(out, /^breaks {4}The NVIDIA driver was updated and is only half in place$/m);
  assert.match(out, /\$ sudo rmmod nvidia_drm/);
  assert.match(out, /CUDA is not used on this machine\./);
});

test('a bundle names neither this computer nor its user', async () => {
  const { out, err } = await doctor('--port', '9', '--bundle', 'report.json');
  assert.match(err, /Written to report\.json/);
  assert.match(out, /^Metalyard doctor /);
  const text = readFileSync(join(scratch, 'report.json'), 'utf8');
  assert.equal(JSON.parse(text).checks.length, allLandmines.length);
  assert.ok(!text.includes(scratch), 'paths of the home');
  if (hostname().length > 3 && hostname() !== 'localhost') assert.ok(!text.includes(hostname()));
});

test('a landmine is explained, and checked here', async () => {
  const { code, out } = await doctor('musl-libc');
  assert.equal(code, 0);
  assert.match(out, /^This Linux uses musl/);
  assert.match(out, /On this machine\n {2}/);
});

test('the list has them all', async () => {
  const { out } = await doctor('--list');
  for (const { code } of allLandmines) assert.match(out, new RegExp(`^ {2}${code} `, 'm'));
});

test('a landmine that does not exist is no finding', async () => {
  const { code, err } = await doctor('cuda-driver-old');
  assert.equal(code, 2);
  assert.match(err, /there is no landmine "cuda-driver-old"\. Did you mean .*cuda-driver-too-old/);
});

test('a report that cannot be written is a failure of doctor', async () => {
  const { code, err } = await doctor('--port', '9', '--bundle', join(scratch, 'no', 'such', 'folder.json'));
  assert.equal(code, 2);
  assert.match(err, /metalyard doctor: ENOENT/);
});

const mayMount = spawnSync('unshare', ['-rm', 'true']).status === 0;
const readOnly: readonly (readonly [story: string, dataDirectory: string, commands: readonly string[]])[] = [
  ['that has no data directory yet', 'home/none', ['doctor', 'gateway']],
  ['whose data directory is there', 'home', ['agent']],
];
for (const [story, dataDirectory, commands] of readOnly) {
  const skip = !mayMount && 'unshare -rm is not permitted here';
  test(`a home ${story}, on a disk that is read-only: said by ${commands.join(' and ')}`, { skip }, () => {
    const home = join(scratch, 'read-only');
    mkdirSync(join(home, 'home'), { recursive: true, mode: 0o700 });
    for (const command of commands) {
      const mounts = `mount --bind '${home}' '${home}' && mount -o remount,ro,bind '${home}'`;
      const start = `exec '${process.execPath}' '${program}' ${command}`;
      const { status, stdout, stderr } = spawnSync('unshare', ['-rm', 'sh', '-c', `${mounts} && ${start}`], {
        env: { HOME: home, PATH: '/usr/bin:/bin', METALYARD_DATA_DIR: join(home, dataDirectory) },
        encoding: 'utf8',
        timeout: 60_000,
      });
      assert.equal(status, 1, stderr);
      if (command === 'doctor') assert.match(stdout, /^blocks +The data directory cannot be written$/m);
      else
        assert.match(
          stderr,
          /^metalyard: The data directory .* cannot be (made|written) \(E\w+\)\. Name another place/,
        );
    }
  });
}
