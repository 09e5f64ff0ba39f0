import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MachineModel } from '../../contract/link/messages.ts';
import { viewNames } from '../../yard/names/view-names.ts';
import { createYard, step } from '../../yard/step.ts';
import { aliasesText } from './alias.ts';
import { namesText } from './models.ts';

function model(id: string, change: Partial<MachineModel> = {}): MachineModel {
  return {
    ...{ id, digest: id, displayName: id, status: 'ready', window: 32_768, slots: 1, busySlots: 0 },
    ...{ thinking: false, tools: true, createdAtMs: 0 },
    ...change,
  };
}
const unloaded = {
  attached: { server: 'Ollama', loaded: false, counting: 'estimated', cacheReporting: 'none', windowFrom: 'chosen' },
} as const;

function yardOf(machines: Readonly<Record<string, readonly MachineModel[]>>) {
  const yard = createYard();
  for (const [name, models] of Object.entries(machines)) {
    const session = { machineId: name, sessionId: name };
    step(yard, { type: 'machine-connected', ...session, name }, 0);
    step(yard, { type: 'machine-reported', ...session, models, draining: false }, 0);
  }
  return yard;
}
const yard = yardOf({
  pc: [
    model('qwen3-8b-q4', {
      digest: '11',
      thinking: true,
      artefact: { format: 'gguf', name: 'Qwen3-8B-Q4_K_M.gguf', quantisation: 'Q4_K_M', parameters: 8.19e9 },
    }),
    model('big-70b-q4', { status: 'loading', window: 0, tools: false }),
  ],
  mac: [
    model('qwen3-8b-q4', { digest: '22', window: 40_960, artefact: { format: 'mlx-lm', name: 'x/Qwen3-8B-4bit' } }),
  ],
  box: [
    model('qwen3-8b-q4', { digest: '3344556677', artefact: { format: 'gguf', name: 'Qwen3-8B-Q4_K_M.gguf' } }),
    model('metalyard-tiny-q8', { artefact: { format: 'ollama', name: 'tiny', parameters: 2.9e6 }, ...unloaded }),
    model('mystery', { tools: false }),
  ],
});
const aliases = new Map([
  ['coder', 'qwen3-8b-q4'],
  ['mystery', 'coder'],
  ['gone', 'devstral'],
]);

test('models ls shows the best first, where each is, and what names mean', () => {
  assert.equal(
    namesText(viewNames(yard, aliases), '/data'),
    `\
rank  model                 size   window  can             on
1     big-70b-q4            70 B   -       -               pc (loading)
2     qwen3-8b-q4           8.2 B  40960   tools thinking  pc (Q4_K_M), mac (mlx-lm)
3     qwen3-8b-q4@33445566  8 B    32768   tools           box
4     metalyard-tiny-q8     2.9 M  32768   tools           box (ollama, not loaded)
5     mystery               -      32768   -               box

qwen3-8b-q4@33445566 on box is another file than qwen3-8b-q4: they have one name and different content.

name     means now               also for
auto     qwen3-8b-q4             chosen for each request
large    qwen3-8b-q4             claude-opus*
default  qwen3-8b-q4             claude-sonnet* and other claude-* names
small    qwen3-8b-q4@33445566    claude-haiku*
coder    qwen3-8b-q4             alias of qwen3-8b-q4
mystery  the model of that name  alias of coder
gone     no machine has it       alias of devstral
`,
  );
});

test('models ls says so when there is nothing', () => {
  assert.match(
    namesText(viewNames(createYard(), aliases), '/data'),
    /^No machine serves a model\. Start one: .* agent/,
  );
});

test('alias ls says what aliases mean, what hides one, and when nobody knows', () => {
  const { aliases: views } = viewNames(yard, aliases);
  assert.equal(
    aliasesText(views, true, '/data'),
    `\
alias    stands for   means now
coder    qwen3-8b-q4  qwen3-8b-q4
mystery  coder        hidden: there is a model mystery
gone     devstral     no machine has it
`,
  );
  assert.match(aliasesText(views, false, '/data'), /^coder +qwen3-8b-q4 +no gateway runs$/m);
  assert.match(aliasesText([], true, '/data'), /^There are no aliases\. Make one: .* alias set NAME MODEL/);
});

test('models ls shows what is to stay loaded, where it is, and why it is not on more machines', () => {
  const kept = yardOf({
    pc: [model('big-8b-q4')],
    mac: [model('big-8b-q4', { status: 'available' })],
    box: [model('small-1b-q4', { pinned: true })],
  });
  const minimums = new Map([
    ['big-8b-q4', 2],
    ['small-1b-q4', 1],
    ['gone-3b-q4', 1],
  ]);
  step(kept, { type: 'minimums-set', minimums }, 0);
  const mac = { machineId: 'mac', sessionId: 'mac' };
  step(kept, { type: 'load-declined', ...mac, model: 'big-8b-q4', message: 'no room yet', retryAfterMs: 9 }, 1);
  const pc = { machineId: 'pc', sessionId: 'pc' };
  step(kept, { type: 'machine-reported', ...pc, models: [model('big-8b-q4', { kept: true })], draining: false }, 2);
  const text = namesText(viewNames(kept, new Map()), '/data');
  assert.match(text, /big-8b-q4 .* pc \(kept\), mac \(on disk\)\n/);
  assert.match(text, /small-1b-q4 .* box \(pinned\)\n/);
  assert.ok(
    text.includes(`
to stay loaded  machines  on                   why not on more
big-8b-q4       2         pc                   mac: no room yet
small-1b-q4     1         box (not confirmed)
gone-3b-q4      1         none                 no other machine has it and takes work
`),
    text,
  );
});
