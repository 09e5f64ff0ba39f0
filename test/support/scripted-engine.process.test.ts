/** The scripted engine is trusted by other tests: here it is checked over its own IPC channel. */
import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { FromEngine, RawEvent, ToEngine } from '../../src/contract/engine/raw.ts';
import type { ScriptedConfig } from './scripted/config.ts';
import { decode, encode } from './scripted/tokens.ts';
import { writeScriptedEngine } from './scripted-engine.ts';

const scratch = mkdtempSync(join(tmpdir(), 'metalyard-scripted-'));
const children: ChildProcess[] = [];
after(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(scratch, { recursive: true, force: true });
});

async function start(config: ScriptedConfig) {
  const child = fork(writeScriptedEngine(scratch, config), { serialization: 'advanced' });
  children.push(child);
  const next = (type: FromEngine['type']) =>
    new Promise<void>((resolve) => {
      child.on('message', (message: FromEngine) => {
        if (message.type === type) resolve();
      });
    });
  const tell = (message: ToEngine) => child.send(message);
  const loaded = next('loaded');
  tell({ type: 'load', options: { modelPath: '-', window: 2000, slots: 2, threads: 1, gpu: 'off' } });
  await loaded;
  let calls = 0;
  /** Runs one generation to its last event. */
  async function generate(
    prompt: string,
    options: { maxTokens?: number; scope?: string; cancelAt?: number; pausesToo?: boolean } = {},
  ) {
    const callId = ++calls;
    const events: RawEvent[] = [];
    const finished = new Promise<void>((resolve) => {
      child.on('message', (message: FromEngine) => {
        if (message.type !== 'events' || message.callId !== callId) return;
        events.push(...message.events);
        if (events.length === options.cancelAt) tell({ type: 'cancel', callId });
        if (events.length === options.cancelAt && options.pausesToo) tell({ type: 'pause', callId });
        if (message.events.some(({ type }) => type === 'end' || type === 'error')) resolve();
      });
    });
    const tokens = encode([{ text: prompt, special: true }]);
    const request = { tokens, temperature: 0, maxTokens: options.maxTokens ?? 100, scope: options.scope ?? 'one' };
    tell({ type: 'generate', callId, request });
    await finished;
    const text = events.map((event) => (event.type === 'piece' ? event.text : '')).join('');
    const begun = events.find((event) => event.type === 'start');
    return { events, text, cachedTokens: begun?.cachedTokens, end: events.at(-1) };
  }
  return { child, tell, generate };
}

test('tokens are reversible and stable under growth, and quoted control texts stay text', () => {
  const text = '<|im_start|>user\nGrüße 🙂 to all\n<|im_end|>';
  const special = encode([{ text, special: true }]);
  assert.equal(decode(special), text);
  const longer = encode([{ text: `${text}\n<|im_start|>assistant\nmore`, special: true }]);
  assert.deepEqual(longer.subarray(0, special.length), special);
  const quoted = encode([{ text, special: false }]);
  assert.equal(decode(quoted), text);
  assert.ok(quoted.length > special.length);
});

test('plays the rule that fits, and counts what it remembers of the prompt', async () => {
  const { generate } = await start({
    rules: [
      { lastTurn: 'weather', say: '<tool_call>\n{"name": "weather"}\n</tool_call>' },
      { answered: 1, say: 'second turn' },
    ],
    otherwise: 'first turn',
  });
  const first = '<|im_start|>user\nA question of some length\n<|im_end|>\n<|im_start|>assistant\n';
  const one = await generate(first);
  assert.equal(one.text, 'first turn');
  assert.equal(one.cachedTokens, 0);

  const again = await generate(first);
  assert.equal(again.cachedTokens, encode([{ text: first, special: true }]).length - 1);

  const followUp = `${first}first turn<|im_end|>\n<|im_start|>user\nAnd now?<|im_end|>\n<|im_start|>assistant\n`;
  const two = await generate(followUp);
  assert.equal(two.text, 'second turn');
  assert.equal(two.cachedTokens, encode([{ text: `${first}first turn`, special: true }]).length);

  const stranger = await generate(followUp, { scope: 'two' });
  assert.equal(stranger.cachedTokens, 0);

  const call = await generate('<|im_start|>user\nthe weather?<|im_end|>\n<|im_start|>assistant\n');
  assert.match(call.text, /^<tool_call>\n/);
});

test('stops at the limit, at a cancel and at the end of the window', async () => {
  const { generate } = await start({ otherwise: 'word ', rules: [{ lastTurn: 'long', say: 'word ', repeat: 5000 }] });
  const ask = (text: string) => `<|im_start|>user\n${text}<|im_end|>\n<|im_start|>assistant\n`;
  const limited = await generate(ask('short'), { maxTokens: 1 });
  const tokens = encode([{ text: ask('short'), special: true }]).length + 1;
  assert.deepEqual(limited.end, { type: 'end', reason: 'max-tokens', outputTokens: 1, held: { slot: 0, tokens } });
  assert.equal((await generate(ask('short'), { maxTokens: 0 })).text, '');
  const cancelled = await generate(ask('long'), { maxTokens: 1900, cancelAt: 9 });
  assert.equal(cancelled.end?.type === 'end' && cancelled.end.reason, 'cancelled');
  const paused = await generate(ask('long'), { maxTokens: 1900, cancelAt: 9, pausesToo: true });
  assert.equal(
    paused.end?.type === 'end' && paused.end.reason,
    'cancelled',
    'a pause that comes behind the cancel holds nothing up',
  );
  const full = await generate(ask('long'), { maxTokens: 9000 });
  assert.equal(full.end?.type === 'end' && full.end.reason, 'context-full');
});

test('dies when told to, once', async () => {
  const onceFile = join(scratch, 'once');
  writeFileSync(onceFile, '');
  const config = { rules: [{ say: 'a b c d e f', fault: { kind: 'exit', afterTokens: 1, onceFile } }] } as const;
  const first = await start(config);
  const exit = once(first.child, 'exit');
  void first.generate('x');
  assert.equal((await exit)[0], 9);
  const second = await start(config);
  assert.equal((await second.generate('x')).text, 'a b c d e f');
  const gone = once(second.child, 'exit');
  second.child.disconnect();
  assert.equal((await gone)[0], 0);
});
