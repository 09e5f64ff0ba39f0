/** The last rungs of the ladder with engine processes: half the window with the real engine, fewer layers on a GPU with a scripted one. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ScriptedLog } from '../../test/support/scripted/config.ts';
import { writeScriptedEngine } from '../../test/support/scripted-engine.ts';
import { shippedModel } from '../../test/support/scripted-gguf-run.ts';
import type { LoadedModel } from '../contract/engine/raw.ts';
import { startGuardian } from '../engines/guardian/guardian.ts';
import { programPath } from '../engines/program-path.ts';
import { silentLog } from '../transport/log/log.ts';
import type { LoadPlan } from './load-plan.ts';
import { ModelHost } from './model-host.ts';

type Planned = Extract<LoadPlan, { ok: true }>;

interface Climb {
  readonly model: LoadedModel;
  /** What the log said of each load that was tried again. */
  readonly rungs: readonly unknown[];
}

/** Loads the shipped model until it serves. */
async function climb(context: TestContext, engineProgram: string, load: Pick<Planned, 'plan' | 'gpu'>): Promise<Climb> {
  const guardian = startGuardian();
  const rungs: unknown[] = [];
  const loaded = Promise.withResolvers<LoadedModel>();
  const host = new ModelHost({
    modelPath: shippedModel,
    guardian,
    log: { ...silentLog, warn: (_message, details) => void rungs.push(details?.with) },
    engineProgram,
    fixed: { window: false, slots: true },
    inTurn: (work) => work(),
    plan: async () => ({ ok: true, ...load, notes: [], bytes: 1, device: load.gpu === 'off' ? 'ram' : 'gpu' }),
    onLoaded: (model) => loaded.resolve(model),
    onChange() {
      if (host.status === 'failed') loaded.reject(new Error(host.unavailableBecause));
    },
  });
  context.after(async () => {
    await host.unload('It is over.');
    await guardian.close();
  });
  await host.read();
  host.load();
  return { model: await loaded.promise, rungs };
}

function scratch(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'metalyard-ladder-'));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const prlimit = '/usr/bin/prlimit';
/**
 * What the real engine may take beyond what its Node has at the start, MB. Two slots of 65,536 tokens want 604 MB of cache,
 * 320 at q8_0, 160 with half the window; library, model and buffers some 200 more.
 */
const roomMb = 440;

test('half the window is what the real engine serves where the whole one does not fit', {
  skip: !existsSync(prlimit) && `no ${prlimit} to bound the memory of a process with`,
}, async (context) => {
  const program = join(scratch(context), 'tight-engine.mjs');
  const child = programPath(new URL('../engines/embedded/embedded-engine.ts', import.meta.url).href, './child');
  writeFileSync(
    program,
    `import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
const takenKb = Number(/^VmData:\\s+(\\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
const most = (takenKb + ${roomMb} * 1024) * 1024;
execFileSync(${JSON.stringify(prlimit)}, ['--pid', String(process.pid), \`--data=\${most}\`]);
await import(${JSON.stringify(child)});
`,
  );
  const { model, rungs } = await climb(context, program, {
    plan: { window: 65_536, slots: 2, threads: 2 },
    gpu: 'off',
  });
  assert.deepEqual([model.window, model.slots], [32_768, 2]);
  assert.deepEqual(rungs, [
    'the same again in a new engine process',
    'the KV cache at q8_0',
    'a window of 32768 tokens instead of 65536',
  ]);
});

test('a GPU that holds half of the layers gets them when nothing else has helped', async (context) => {
  const directory = scratch(context);
  const logFile = join(directory, 'engine.log');
  const engine = writeScriptedEngine(directory, { gpuHoldsLayers: 3, logFile });
  const { model, rungs } = await climb(context, engine, { plan: { window: 8_192, slots: 1, threads: 1 }, gpu: 'auto' });
  assert.deepEqual(model.device, { backend: 'cuda', offloadedLayers: 3, totalLayers: 6 });
  assert.equal(rungs.at(-1), 'at most 3 of 6 layers on the GPU');
  const lines = readFileSync(logFile, 'utf8').trim().split('\n');
  const loads = lines.map((line) => JSON.parse(line) as ScriptedLog).filter((line) => line.event === 'loading');
  assert.deepEqual(
    loads.map(({ options: { kvType, window, gpuLayers } }) => [kvType, window, gpuLayers]),
    [
      [undefined, 8_192, undefined],
      [undefined, 8_192, undefined],
      ['q8_0', 8_192, undefined],
      ['q8_0', 4_096, undefined],
      ['q8_0', 4_096, 3],
    ],
  );
});
