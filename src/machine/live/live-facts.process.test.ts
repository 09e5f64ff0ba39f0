/** Live facts with honest replacement programs: one long-lived tool, ended when nobody needs it. */
import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { known, knownValue } from '../../contract/machine/fact.ts';
import type { Facts, Gpu } from '../../contract/machine/facts.ts';
import { combine } from '../collect.ts';
import { linuxMemory } from '../linux/memory.ts';
import { nvidiaSmi } from '../nvidia/nvidia-smi.ts';
import { mebi } from '../text/numbers.ts';
import { watchFacts } from './live-facts.ts';
import { nvidiaLive } from './nvidia-live.ts';

const skip = process.platform !== 'linux';
let folder: string;
let env: NodeJS.ProcessEnv;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'metalyard-'));
  env = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
});
after(() => rm(folder, { recursive: true }));

async function nvidiaSmiIs(script: string): Promise<void> {
  await writeFile(join(folder, 'nvidia-smi'), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, 'nvidia-smi'), 0o755);
}

const head =
  'index, uuid, pci.bus_id, driver_version, memory.total [MiB], memory.used [MiB], memory.free [MiB], temperature.gpu, power.draw [W], utilization.gpu [%]';
const row = (used: number): string =>
  `0, GPU-1, 00000000:0C:00.0, 610.57.04, 8192 MiB, ${used} MiB, ${7792 - used} MiB, 40, 39.00 W, 5 %`;
const whole: Facts = combine([
  nvidiaSmi.parse([
    { source: 'at start', text: `${head}, name, compute_cap\n${row(211)}, NVIDIA GeForce RTX 2080 SUPER, 7.5` },
  ]),
]);

/** The next reading in which the GPU is as wanted. */
async function until(
  wanted: (gpu: Gpu) => boolean,
  isWorking: () => boolean,
  start = whole,
): Promise<{ gpu: Gpu; pids: readonly number[] }> {
  return new Promise((resolve) => {
    const live = watchFacts({
      whole: start,
      env,
      isWorking,
      intervalMs: 100,
      // The power of the machine that runs the test does not count.
      files: [linuxMemory],
      onFacts(facts) {
        const all = facts['gpu.all'];
        const gpu = all?.known ? all.value[0] : undefined;
        if (gpu === undefined || !wanted(gpu)) return;
        const { pids } = live;
        live.stop();
        resolve({ gpu, pids });
      },
    });
  });
}

test('figures come from the tool that keeps running, the rest from the start', { skip }, async () => {
  const starts = join(folder, 'starts');
  await nvidiaSmiIs(
    `echo started >> ${starts}; echo '${head}'; echo '${row(211)}'; sleep 0.3; echo '${row(5000)}'; sleep 1000`,
  );
  const { gpu } = await until(
    (now) => now.vram_used_bytes.known && now.vram_used_bytes.value === 5000 * mebi,
    () => true,
  );
  assert.deepEqual(gpu.name, known('NVIDIA GeForce RTX 2080 SUPER', 'at start'));
  assert.deepEqual(gpu.compute_capability, known('7.5', 'at start'));
  assert.deepEqual(gpu.temperature_celsius, known(40, 'nvidia-smi --query-gpu --loop'));
  assert.equal(await readFile(starts, 'utf8'), 'started\n', 'it was started once');
});

test('on battery and without work no tool runs, and old figures are not passed off as new', { skip }, async () => {
  await nvidiaSmiIs(`echo '${head}'; echo '${row(211)}'; sleep 1000`);
  const onBattery: Facts = { ...whole, 'power.source': known('battery', 'test') };
  const idle = await until(
    () => true,
    () => false,
    onBattery,
  );
  assert.deepEqual(idle.pids, []);
  assert.ok(!idle.gpu.vram_used_bytes.known && idle.gpu.vram_used_bytes.reason === 'not-probed');
  assert.ok(idle.gpu.vram_total_bytes.known, 'what does not change is still known');

  const working = await until(
    ({ vram_used_bytes: used }) => used.known,
    () => true,
    onBattery,
  );
  assert.equal(working.pids.length, 1);
});

test('a tool that babbles is ended', { skip }, async () => {
  await nvidiaSmiIs(`echo '${head}'; while :; do echo '${row(211)}'; done`);
  const live = nvidiaLive(whole, env)!;
  const ended = new Promise<void>((resolve) => {
    const look = setInterval(() => {
      const fact = live.facts['nvidia.gpus'];
      if (fact?.known !== false) return;
      assert.equal(fact.detail, 'nvidia-smi babbles');
      clearInterval(look);
      resolve();
    }, 20);
  });
  live.tool.start();
  await ended;
  assert.equal(live.tool.pid, undefined);
  live.tool.stop();
});

test('a Windows notebook: the power source is asked for once in five minutes, on battery too', { skip }, async () => {
  const starts = join(folder, 'windows-starts');
  await writeFile(
    join(folder, 'powershell'),
    `#!/bin/sh\necho started >> ${starts}\necho '{"line":0,"charge":0,"level":0.5}'\n`,
  );
  await chmod(join(folder, 'powershell'), 0o755);
  let readings = 0;
  await new Promise<void>((resolve) => {
    const live = watchFacts({
      whole: { 'power.source': known('ac', 'at start') },
      env,
      isWorking: () => false,
      intervalMs: 20,
      family: 'windows',
      files: [],
      onFacts(facts) {
        readings += 1;
        assert.equal(knownValue(facts['power.source']), 'battery');
        if (readings < 30) return;
        live.stop();
        resolve();
      },
    });
  });
  assert.equal(await readFile(starts, 'utf8'), 'started\n');
});

test('without a GPU that answers nothing is started', { skip }, () => {
  assert.equal(nvidiaLive({ 'nvidia.failure': known('driver-not-loaded', 'test') }, env), undefined);
});

const vmStatColumns =
  '    free   active   specul inactive throttle    wired  prgable   faults     copy    0fill reactive   purged file-backed anonymous cmprssed cmprssor  dcomprs   comprs  pageins  pageout  swapins swapouts';

test('a Mac: memory from one vm_stat, power when it changes, and on battery only what waits', { skip }, async () => {
  const starts = join(folder, 'mac-starts');
  const program = async (name: string, script: string): Promise<void> => {
    await writeFile(join(folder, name), `#!/bin/sh\necho "${name} $*" >> ${starts}\n${script}\n`);
    await chmod(join(folder, name), 0o755);
  };
  await program(
    'vm_stat',
    `echo 'Mach Virtual Memory Statistics: (page size of 16384 bytes)'; echo '${vmStatColumns}'
echo '  110829  1722815    35133  1710051        0   236486    38767   19361M   837480 28738444  1846285  2782684      421182    940129   919633   248451  1861962  3974569  2905299    18353   324562   464661'
sleep 1.5
echo '   10000  1724850      100  1710050        0   236527      200     5640       33     4146        0        0      400000    938823   919633   250000        0        0        0        0        0      339'
sleep 1000`,
  );
  await program('sysctl', "echo 'kern.memorystatus_vm_pressure_level: 2'");
  await program(
    'pmset',
    `[ "$2" = pslog ] || exit 0
echo "Now drawing from 'AC Power'"; sleep 4; echo "Now drawing from 'Battery Power'"; sleep 1000`,
  );
  let working = true;
  const told: Facts[] = [];
  const done = Promise.withResolvers<readonly number[]>();
  const live = watchFacts({
    whole: {},
    env,
    isWorking: () => working,
    // Tools that end by themselves have this long, too.
    intervalMs: 500,
    family: 'macos',
    onFacts(facts) {
      told.push(facts);
      const source = knownValue(facts['power.source']);
      if (source === 'battery') working = false;
      // Stopped by this reading or the one before.
      if (!working && facts['memory.available_bytes'] === undefined && live.pids.length === 1) done.resolve(live.pids);
    },
  });
  assert.equal((await done.promise).length, 1, 'the one that waits for the mains is still there');
  live.stop();
  const page = 16_384;
  const seen = told.map((facts) => knownValue(facts['memory.available_bytes']));
  assert.ok(seen.includes((110_829 + 35_133 + 38_767 + 421_182) * page));
  // What other tools say comes a little later on a busy computer.
  const second = told.find(
    (facts) => knownValue(facts['memory.available_bytes']) === 410_300 * page && facts['memory.pressure'] !== undefined,
  );
  assert.equal(knownValue(second?.['memory.swapouts']), 465_000, 'rows after the first count what is new');
  assert.equal(knownValue(second?.['memory.compressor_bytes']), 250_000 * page);
  assert.equal(knownValue(second?.['memory.pressure']), 'warn');
  assert.equal(knownValue(second?.['power.source']), 'ac');
  const started = (await readFile(starts, 'utf8')).split('\n');
  assert.equal(started.filter((line) => line === 'vm_stat 5').length, 1);
  assert.equal(started.filter((line) => line === 'pmset -g pslog').length, 1);
});
