/**
 * An engine child that plays a script instead of running a model. It speaks the same IPC as the
 * embedded engine's child (`contract/engine/raw.ts`), is forked by the same supervisor
 * (`--engine-program`), and accounts for its KV cache token by token, so everything above the
 * engine is the real thing. It exists for what a model cannot do on request: play a whole agent
 * task, be infinitely fast, crash at the seventh token.
 *
 * It does not obey grammars; a rule says what a constrained model would.
 *
 * Engine children get a filtered environment and no arguments, so the script travels as a program
 * of its own: `writeScriptedEngine` writes one that calls `runScriptedEngine`.
 */
import { once } from 'node:events';
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate, setTimeout } from 'node:timers/promises';
import type { EngineFailure, FromEngine, RawEvent, RawGeneration, ToEngine } from '../../src/contract/engine/raw.ts';
import { Gate } from '../../src/engines/embedded/gate.ts';
import type { ScriptedConfig, ScriptedFault, ScriptedLog, ScriptedRule } from './scripted/config.ts';
import { Slots } from './scripted/slots.ts';
import { scriptedTemplate } from './scripted/template.ts';
import { controlTexts, decode, decodeToken, encode } from './scripted/tokens.ts';

/** Prompt tokens read between two progress events. */
const prefillChunk = 512;
/** Of the shipped model, where a script has a GPU. */
const layers = 6;
/** Tokens per message when no speed is set: a channel message costs more than a token. */
const burstTokens = 8;

/** Writes an engine program (for `--engine-program`) that plays `config`; returns its path. */
export function writeScriptedEngine(directory: string, config: ScriptedConfig): string {
  const path = join(directory, 'scripted-engine.mjs');
  const run = `runScriptedEngine(${JSON.stringify(config, null, 2)});`;
  writeFileSync(path, `import { runScriptedEngine } from ${JSON.stringify(import.meta.url)};\n${run}\n`);
  return path;
}

/** Resolves when the channel took the message: the channel's pace is ours. */
function send(message: FromEngine): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send?.(message, undefined, undefined, () => resolve());
    else resolve();
  });
}

/** Serves the IPC channel of this process until it closes. */
export function runScriptedEngine(config: ScriptedConfig): void {
  const cancels = new Map<number, AbortController>();
  const gates = new Map<number, Gate>();
  let slots = new Slots(0);
  let window = 0;

  const sendEvents = (callId: number, ...events: RawEvent[]) => send({ type: 'events', callId, events });

  function log(line: ScriptedLog): void {
    if (config.logFile !== undefined) appendFileSync(config.logFile, `${JSON.stringify(line)}\n`);
  }

  function chooseRule(prompt: string, constrained: boolean): ScriptedRule {
    const turns = prompt.split('<|im_start|>');
    // The very last is the opening of the answer to come.
    const lastTurn = turns.at(-2) ?? '';
    const answered = turns.slice(0, -1).filter((turn) => turn.startsWith('assistant')).length;
    const fits = (rule: ScriptedRule) =>
      (rule.lastTurn === undefined || lastTurn.includes(rule.lastTurn)) &&
      (rule.prompt === undefined || prompt.includes(rule.prompt)) &&
      (rule.answered === undefined || answered === rule.answered) &&
      (rule.constrained === undefined || constrained === rule.constrained);
    return config.rules?.find(fits) ?? { say: config.otherwise ?? 'This answer was scripted.' };
  }

  /** The failure to end the generation with, where the engine lives to tell it. */
  async function misbehave(
    callId: number,
    fault: ScriptedFault,
    cancelled: AbortSignal,
  ): Promise<EngineFailure | undefined> {
    if (fault.whileFile !== undefined && !existsSync(fault.whileFile)) return undefined;
    if (fault.onceFile !== undefined) {
      if (!existsSync(fault.onceFile)) return undefined;
      rmSync(fault.onceFile);
    }
    log({ event: 'fault', callId, kind: fault.kind });
    switch (fault.kind) {
      case 'exit':
        process.exit(9);
        break;
      case 'hang':
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
        break;
      case 'garbage':
        process.send?.({ type: 'events', callId, events: [{ type: 'piece', text: 42 }] });
        break;
      case 'memory':
        return { code: 'memory', message: 'The script says that no memory is left.' };
      case 'stall':
        if (!cancelled.aborted) await once(cancelled, 'abort');
        break;
    }
    return undefined;
  }

  async function prefill(callId: number, from: number, total: number, signal: AbortSignal): Promise<number> {
    const speed = config.prefillTokensPerSecond;
    if (speed === undefined) return total;
    for (let done = from; done < total; ) {
      const next = Math.min(total, done + prefillChunk);
      await setTimeout(((next - done) / speed) * 1000, undefined, { signal }).catch(() => {});
      if (signal.aborted) return done;
      done = next;
      await sendEvents(callId, { type: 'prefill', doneTokens: done, totalTokens: total });
    }
    return total;
  }

  async function generate(callId: number, request: RawGeneration): Promise<void> {
    const fail = (code: EngineFailure['code'], message: string) =>
      sendEvents(callId, { type: 'error', failure: { code, message } });
    const promptTokens = request.tokens.length;
    if (promptTokens >= window) return fail('prompt-too-long', `The prompt has ${promptTokens} tokens of ${window}.`);
    const taken = slots.take(request.tokens, request.scope, request.lineage);
    if (taken === null) return fail('busy', 'All slots are in use.');

    const cancel = new AbortController();
    const gate = new Gate();
    cancels.set(callId, cancel);
    gates.set(callId, gate);
    cancel.signal.addEventListener('abort', () => gate.open());
    const { slot, index, cachedTokens } = taken;
    log({ event: 'start', callId, promptTokens, cachedTokens });
    const prompt = decode(request.tokens);
    const rule = chooseRule(prompt, request.grammar !== undefined);
    // Where the template has opened a thought, a model thinks first and closes it.
    const thought = prompt.endsWith('<think>\n') ? `${rule.thought ?? 'I follow my script.'}\n</think>\n\n` : '';
    const script = encode([{ text: thought + rule.say.repeat(rule.repeat ?? 1), special: true }]);
    const room = Math.min(request.maxTokens, window - promptTokens);
    const planned = script.subarray(0, room);
    const shortened = request.maxTokens <= window - promptTokens ? 'max-tokens' : 'context-full';

    while (config.holdFile !== undefined && existsSync(config.holdFile) && !cancel.signal.aborted) await setTimeout(10);
    const readTokens = await prefill(callId, cachedTokens, promptTokens, cancel.signal);
    if (!cancel.signal.aborted) await sendEvents(callId, { type: 'start', promptTokens, cachedTokens, slot: index });
    let sent = 0;
    let faultDue = rule.fault;
    let failure: EngineFailure | undefined;
    const tokensPerSecond = rule.tokensPerSecond ?? config.tokensPerSecond;
    const step = tokensPerSecond === undefined ? burstTokens : 1;
    while (!cancel.signal.aborted) {
      if (faultDue !== undefined && sent >= faultDue.afterTokens) {
        const fault = faultDue;
        faultDue = undefined;
        failure = await misbehave(callId, fault, cancel.signal);
        if (failure !== undefined) break;
      }
      if (sent >= planned.length) break;
      const until = Math.min(planned.length, sent + step, faultDue?.afterTokens ?? Number.POSITIVE_INFINITY);
      const pieces = Array.from(planned.subarray(sent, until), (id): RawEvent => {
        return { type: 'piece', text: decodeToken(id), tokens: [id] };
      });
      sent = until;
      await sendEvents(callId, ...pieces);
      await gate.opened;
      if (tokensPerSecond === undefined) await setImmediate();
      else await setTimeout(1000 / tokensPerSecond, undefined, { signal: cancel.signal }).catch(() => {});
    }

    slots.release(slot, readTokens, Array.from(planned.subarray(0, sent)));
    cancels.delete(callId);
    gates.delete(callId);
    if (failure !== undefined) return fail(failure.code, failure.message);
    const finished = sent === script.length && room > sent;
    const reason = cancel.signal.aborted ? 'cancelled' : finished ? 'end-of-generation' : shortened;
    log({ event: 'end', callId, reason, outputTokens: sent });
    // A real model samples its end token too, but it is not part of the answer.
    const held = { slot: index, tokens: slot.held.length };
    await sendEvents(callId, { type: 'end', reason, outputTokens: sent, held });
  }

  async function tokenize({ callId, segments }: Extract<ToEngine, { type: 'tokenize' }>): Promise<void> {
    log({ event: 'tokenize', callId });
    const slow = config.slowCounting;
    if (slow !== undefined && segments.some(({ text }) => text.includes(slow.prompt))) await setTimeout(slow.ms);
    await send({ type: 'tokenized', callId, tokens: encode(segments) });
  }

  /** Whether this load is one of those that are to fail; then it has failed. */
  async function failLoad({ count, countFile, kind }: NonNullable<ScriptedConfig['failingLoads']>): Promise<boolean> {
    const before = existsSync(countFile) ? Number(readFileSync(countFile, 'utf8')) : 0;
    writeFileSync(countFile, String(before + 1));
    if (before >= count) return false;
    if (kind === 'exit') process.exit(9);
    const failure: EngineFailure = { code: 'memory', message: 'The script says that memory is in pieces.' };
    await send({ type: 'load-failed', failure });
    return true;
  }

  async function load(message: Extract<ToEngine, { type: 'load' }>): Promise<void> {
    const startedMs = performance.now();
    log({ event: 'loading', pid: process.pid, options: message.options });
    await send({ type: 'load-progress', fraction: 0 });
    if (config.failingLoads !== undefined && (await failLoad(config.failingLoads))) return;
    const onGpu = message.options.gpu === 'off' ? 0 : (message.options.gpuLayers ?? layers);
    if (config.gpuHoldsLayers !== undefined && onGpu > config.gpuHoldsLayers) {
      const says = `The GPU of the script holds ${config.gpuHoldsLayers} layers and not ${onGpu}.`;
      await send({ type: 'load-failed', failure: { code: 'memory', message: says } });
      return;
    }
    await setTimeout(config.loadMs ?? 0);
    if (config.loadFails !== undefined) {
      await send({ type: 'load-failed', failure: { code: 'model-corrupt', message: config.loadFails } });
      return;
    }
    window = config.window ?? message.options.window;
    const slotCount = config.slots ?? message.options.slots;
    slots = new Slots(slotCount);
    log({ event: 'loaded', pid: process.pid });
    await send({
      type: 'loaded',
      model: {
        chatTemplate: scriptedTemplate,
        bosText: '',
        eosText: '<|im_end|>',
        controlTexts,
        window,
        slots: slotCount,
        trainedWindow: window,
        build: 'scripted engine',
        ...(config.gpuHoldsLayers === undefined
          ? {}
          : { device: { backend: 'cuda', offloadedLayers: onGpu, totalLayers: layers } }),
        loadMs: Math.round(performance.now() - startedMs),
      },
    });
  }

  async function end(): Promise<void> {
    while (config.stayFile !== undefined && existsSync(config.stayFile)) await setTimeout(10);
    process.exit(0);
  }

  process.on('message', (message: ToEngine) => {
    switch (message.type) {
      case 'load':
        return void load(message);
      case 'tokenize':
        return void tokenize(message);
      case 'generate':
        return void generate(message.callId, message.request);
      case 'cancel':
        return void cancels.get(message.callId)?.abort();
      case 'pause':
        log({ event: 'pause', callId: message.callId });
        // What is to stop must not wait before it sees that.
        if (cancels.get(message.callId)?.signal.aborted === false) gates.get(message.callId)?.close();
        return;
      case 'resume':
        log({ event: 'resume', callId: message.callId });
        return gates.get(message.callId)?.open();
      case 'ping':
        return void send({ type: 'pong', callId: message.callId });
      case 'close':
        return void end();
      default:
        return message satisfies never;
    }
  });
  process.on('disconnect', () => process.exit(0));
  // Ctrl-C in a terminal reaches the whole group; the agent decides when we end.
  process.on('SIGINT', () => {});
}
