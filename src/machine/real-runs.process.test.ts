/**
 * Probes against the real system and against honest replacement programs that print outputs of real
 * machines, hang, babble or fail. Whatever they do, the facts come, in time.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { captureFolder } from '../../test/support/machine-captures.ts';
import { knownValue } from '../contract/machine/fact.ts';
import type { Facts } from '../contract/machine/facts.ts';
import { rocmSmi } from './amd/rocm-smi.ts';
import { collectFacts } from './collect.ts';
import { probeIo } from './io/probe-io.ts';
import { macosVmStat } from './macos/vm-stat.ts';
import { nvidiaSmi } from './nvidia/nvidia-smi.ts';
import type { Probe } from './probe.ts';
import { runProbe } from './run-probe.ts';
import { gibi, mebi } from './text/numbers.ts';
import { windowsAdapters } from './windows/adapters.ts';

const linux = process.platform === 'linux';
let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'metalyard-'));
});
after(() => rm(folder, { recursive: true, force: true }));

/** A PATH on which programs of these names come first. */
async function withPrograms(programs: Readonly<Record<string, string>>): Promise<NodeJS.ProcessEnv> {
  const bin = await mkdtemp(join(folder, 'bin-'));
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(bin, name), 0o755);
  }
  return { ...process.env, PATH: `${bin}:${process.env.PATH}` };
}

const prints = (file: string): string => `cat '${captureFolder}${file}'`;
const hangs = 'sleep 1000';
const babbles = 'yes "| NVIDIA-SMI 610.57.04 Driver Version: 610.57.04"';
const fails = 'echo "something is wrong" >&2; exit 1';

async function run(probe: Probe, env: NodeJS.ProcessEnv, toolTimeoutMs = 10_000): Promise<Facts> {
  return (await runProbe(probe, probeIo({ modelsPath: '/', env, toolTimeoutMs }))).facts;
}

test('this machine: every probe answers, and what must be known is known', { skip: !linux }, async () => {
  const startedMs = performance.now();
  const facts = await collectFacts({ version: '0.0.0' });
  assert.equal(knownValue(facts['os.family']), 'linux');
  assert.equal(knownValue(facts['metalyard.node']), process.versions.node);
  assert.ok((knownValue(facts['memory.total_bytes']) ?? 0) > 0.1 * gibi);
  assert.ok((knownValue(facts['memory.available_bytes']) ?? 0) <= knownValue(facts['memory.total_bytes'])!);
  assert.ok((knownValue(facts['cpu.logical_cores']) ?? 0) >= 1);
  assert.ok(knownValue(facts['disk.models']) !== undefined);
  for (const [name, fact] of Object.entries(facts)) {
    assert.ok(fact.known ? fact.source !== '' : fact.detail !== '', name);
  }
  // A healthy machine's probes take tenths of a second; this leaves room for a busy one.
  assert.ok(performance.now() - startedMs < 30_000);
});

test('nvidia-smi that answers each question as the driver would', { skip: !linux }, async () => {
  const capture = (ending: string): string => prints(`linux/nvidia-smi/rtx2080super-fedora44-r610.${ending}`);
  const env = await withPrograms({
    'nvidia-smi': `case "$1" in
--query-gpu*clocks*) ${capture('query-gpu.csv')};;
--query-gpu*) ${capture('query-gpu.csv')};;
--version) ${capture('version.txt')};;
*) exit 2;; esac`,
  });
  const facts = await run(nvidiaSmi, env);
  assert.equal(knownValue(facts['nvidia.driver']), '610.57.04');
  assert.equal(knownValue(facts['nvidia.cuda_driver']), '13.3');
  assert.equal(knownValue(facts['nvidia.failure']), 'none');
  const [gpu] = knownValue(facts['nvidia.gpus']) ?? [];
  assert.equal(knownValue(gpu?.vram_free_bytes), 7582 * mebi);
  assert.equal(knownValue(gpu?.display_attached), false);
});

test('a driver that does not know a field is asked for those it lists', { skip: !linux }, async () => {
  const env = await withPrograms({
    'nvidia-smi': `case "$*" in
*compute_cap*) ${prints('linux/nvidia-smi-failures/invalid-field-compute-cap-r470.txt')}; exit 2;;
--help-query-gpu) printf '"index"\\n"memory.total"\\n"clocks_throttle_reasons.hw_slowdown"\\n"clocks_throttle_reasons.hw_thermal_slowdown"\\n"clocks_throttle_reasons.hw_power_brake_slowdown"\\n"clocks_throttle_reasons.sw_thermal_slowdown"\\n';;
*clocks_throttle*) printf 'index, clocks_throttle_reasons.hw_slowdown, clocks_throttle_reasons.hw_thermal_slowdown, clocks_throttle_reasons.hw_power_brake_slowdown, clocks_throttle_reasons.sw_thermal_slowdown\\n0, Not Active, Active, Not Active, Not Active\\n';;
--query-gpu*) printf 'index, name, uuid, driver_version, memory.total [MiB]\\n0, Tesla T4, GPU-1, 470.182.03, 15109 MiB\\n';;
--version) exit 2;;
*) ${prints('linux/nvidia-smi/tesla-t4-in-container-r535.table.txt')};; esac`,
  });
  const facts = await run(nvidiaSmi, env);
  const [gpu] = knownValue(facts['nvidia.gpus']) ?? [];
  assert.equal(knownValue(gpu?.name), 'Tesla T4');
  assert.deepEqual(knownValue(gpu?.throttling), ['hw_thermal_slowdown']);
  assert.equal(gpu?.compute_capability?.known ?? false, false);
});

const misbehaviours: readonly (readonly [
  what: string,
  script: string,
  failure: string | undefined,
  reason?: string,
])[] = [
  ['hangs', hangs, 'hung'],
  ['babbles', babbles, undefined, 'failed'],
  ['exits with status 1', fails, 'other'],
  ['finds no GPU', `${prints('linux/nvidia-smi-failures/no-devices.txt')}; exit 6`, 'no-devices'],
  [
    'and the library differ',
    `${prints('linux/nvidia-smi-failures/driver-library-mismatch-570.txt')}; exit 18`,
    'version-mismatch',
  ],
];
for (const [what, script, failure, reason] of misbehaviours) {
  test(`an nvidia-smi that ${what} is told as such`, { skip: !linux }, async () => {
    const facts = await run(nvidiaSmi, await withPrograms({ 'nvidia-smi': script }), 2_000);
    const told = facts['nvidia.failure'];
    assert.equal(knownValue(told), failure);
    if (reason !== undefined) assert.ok(told?.known === false && told.reason === reason);
    assert.equal(facts['nvidia.gpus']?.known ? facts['nvidia.gpus'].value.length : 0, 0);
  });
}

const others: readonly (readonly [probe: Probe, name: string, fact: keyof Facts, file: string])[] = [
  [rocmSmi, 'rocm-smi', 'amd.gpus', 'linux/rocm-smi/rx7900xt-gfx1100.json'],
  [macosVmStat, 'vm_stat', 'memory.available_bytes', 'macos/vm_stat/32gib-class-apple-silicon-busy.txt'],
  [windowsAdapters, 'powershell', 'windows.adapters', 'windows/win32_videocontroller/virtual-plus-three.json'],
];
for (const [probe, name, fact, file] of others) {
  test(`${name} may print a capture, hang, babble or fail`, { skip: !linux }, async () => {
    const [good, hung, babbled, failed] = await Promise.all(
      [prints(file), hangs, 'yes', fails].map(async (script) => {
        // A name of its own each: one that hangs is not asked again while it hangs.
        return run(probe, await withPrograms({ [name]: script }), 3_000);
      }),
    );
    assert.ok(good?.[fact]?.known, 'the capture is read');
    const reasonOf = (facts: Facts | undefined): string | undefined => {
      const told = facts?.[fact];
      return told?.known === false ? told.reason : undefined;
    };
    assert.equal(reasonOf(hung), 'timeout');
    assert.equal(reasonOf(babbled), 'failed');
    assert.equal(reasonOf(failed), 'failed');
  });
}

const collector = fileURLToPath(new URL('../../test/support/print-facts.ts', import.meta.url));

/** Facts as a child program under other circumstances finds them. */
function factsUnder(command: readonly string[], env: NodeJS.ProcessEnv): Record<string, unknown> {
  const [program, ...args] = [...command, process.execPath, collector];
  const { stdout, status, stderr } = spawnSync(program!, args, { env, encoding: 'utf8', timeout: 60_000 });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as Record<string, unknown>;
}

const mayUnshare = linux && spawnSync('unshare', ['-rn', 'true']).status === 0;
test('a network namespace without a route', { skip: !mayUnshare && 'unshare -rn is not permitted here' }, () => {
  const facts = factsUnder(['unshare', '-rn'], process.env);
  assert.equal(facts['network.has_route'], false);
  assert.equal(facts['network.ipv6'], false);
});

test('a home that cannot be written, and almost no environment', { skip: !linux }, async () => {
  const home = join(folder, 'home');
  await mkdir(home, { mode: 0o500 });
  const facts = factsUnder([], { HOME: home, PATH: '/usr/bin:/bin' });
  assert.equal(facts['os.family'], 'linux');
  assert.deepEqual(facts['network.proxy'], {});
});

test('proxies are told without their passwords', { skip: !linux }, () => {
  const facts = factsUnder([], {
    ...process.env,
    HTTPS_PROXY: 'http://user:secret@proxy.example:3128',
    no_proxy: 'localhost',
  });
  assert.deepEqual(facts['network.proxy'], { HTTPS_PROXY: 'http://proxy.example:3128', no_proxy: 'localhost' });
});
