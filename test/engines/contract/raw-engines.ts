/**
 * The embedded engine in the contract suite, twice: with a child that plays a script (paces and faults are the real
 * supervisor's business), and with llama.cpp running a model made to say what a behaviour wants.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readyRawModel } from '../../../src/agent/raw-model.ts';
import { loadEmbeddedEngine } from '../../../src/engines/embedded/embedded-engine.ts';
import { templateOf } from '../../../src/translate/families/fixtures/read-fixtures.ts';
import { readTemplate } from '../../../src/translate/prompt/template.ts';
import type { ScriptedConfig, ScriptedFault, ScriptedLog, ScriptedRule } from '../../support/scripted/config.ts';
import { writeScriptedEngine } from '../../support/scripted-engine.ts';
import { cutUniquely, type ScriptedGguf } from '../../support/scripted-gguf.ts';
import { loadScripted, shippedModel } from '../../support/scripted-gguf-run.ts';
import type { FakeAnswer } from '../fakes/fake-model.ts';
import type { Engine, Script } from './engine.ts';

/** An answer as a Hermes model writes it, without its reasoning. */
function hermesText({ text = '', calls = [] }: FakeAnswer): string {
  const written = calls.map(({ name, arguments: given }) => {
    const json = typeof given === 'string' ? given : JSON.stringify(given);
    return `<tool_call>\n{"name": ${JSON.stringify(name)}, "arguments": ${json}}\n</tool_call>`;
  });
  return [...(text === '' ? [] : [text]), ...written].join('\n');
}

export const scriptedChild: Engine = {
  name: 'embedded, scripted child',
  has: new Set([
    'exact-counts',
    'cached-tokens',
    'tool-choice',
    'schema',
    'schema-with-tools',
    'strict',
    'cancel-prefill',
    'pace',
    'second-answer',
    'faults',
  ]),
  async open(script) {
    const directory = await mkdtemp(join(tmpdir(), 'metalyard-'));
    const logFile = join(directory, 'log.jsonl');
    const program = writeScriptedEngine(directory, childScript(script, logFile));
    const { window = 8_192, slots = 1 } = script;
    const engine = await loadEmbeddedEngine({
      modelPath: shippedModel,
      window,
      slots,
      threads: 1,
      gpu: 'off',
      program,
    });
    const seen = async (): Promise<ScriptedLog[]> => {
      const lines = await readFile(logFile, 'utf8').catch(() => '');
      return lines
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line));
    };
    const when = async (holds: (log: ScriptedLog[]) => boolean): Promise<void> => {
      while (!holds(await seen())) await new Promise((resolve) => setImmediate(resolve));
    };
    const count = (log: ScriptedLog[], event: ScriptedLog['event']) =>
      log.filter((line) => line.event === event).length;
    return {
      model: readyRawModel({ engine, template: readTemplate(engine.model), sampling: {} }),
      idle: () => when((log) => count(log, 'end') + count(log, 'fault') >= count(log, 'start')),
      begun: () => when((log) => count(log, 'start') > 0),
      async [Symbol.asyncDispose]() {
        await engine.close();
        await rm(directory, { recursive: true });
      },
    };
  },
};

function childScript({ answer, constrained }: Script, logFile: string): ScriptedConfig {
  const faults: Readonly<Record<string, ScriptedFault['kind']>> = {
    close: 'exit',
    hang: 'hang',
    garbage: 'garbage',
    error: 'memory',
  };
  const { fault, pieceMs, prefillMs, thinking = '' } = answer;
  const rule: ScriptedRule = {
    say: hermesText(answer),
    thought: thinking,
    ...(pieceMs === undefined ? {} : { tokensPerSecond: 1_000 / pieceMs }),
    ...(fault === undefined ? {} : { fault: { kind: faults[fault.kind] ?? 'exit', afterTokens: fault.afterPieces } }),
  };
  return {
    logFile,
    ...(prefillMs === undefined ? {} : { prefillTokensPerSecond: 1 }),
    rules: [...(constrained === undefined ? [] : [{ constrained: true, say: hermesText(constrained) }]), rule],
  };
}

/** Bytes of one piece of a scripted model. */
const pieceBytes = 5;

/** The model that gives these answers; what a grammar allows instead is a branch of its own. */
export function scriptedModel({ answer, constrained }: Script): ScriptedGguf {
  const thought = answer.thinking === undefined ? '' : `${answer.thinking}\n</think>\n\n`;
  const seen = new Set<string>();
  // A model has to say something before it ends.
  const pieces = cutUniquely(thought + hermesText(answer) || '\n', pieceBytes, seen);
  const instead =
    constrained === undefined
      ? []
      : [{ after: -1, pieces: cutUniquely(hermesText(constrained), pieceBytes + 2, seen) }];
  return { pieces, otherwise: instead, template: templateOf('hermes') ?? '', trainedWindow: 65_536 };
}

export const llamaCpp: Engine = {
  name: 'embedded, llama.cpp',
  has: new Set(['exact-counts', 'cached-tokens', 'tool-choice', 'schema', 'schema-with-tools', 'strict']),
  async open(script) {
    const engine = await loadScripted(scriptedModel(script), {
      window: script.window ?? 8_192,
      slots: script.slots ?? 1,
    });
    return {
      model: readyRawModel({ engine, template: readTemplate(engine.model), sampling: { temperature: 0 } }),
      idle: async () => {},
      begun: async () => {},
      [Symbol.asyncDispose]: () => engine.close(),
    };
  },
};
