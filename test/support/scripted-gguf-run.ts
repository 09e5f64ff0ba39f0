/** Runs a raw engine in tests and gathers what it said. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RawEngine, RawEvent, RawGeneration } from '../../src/contract/engine/raw.ts';
import { type EmbeddedEngineOptions, loadEmbeddedEngine } from '../../src/engines/embedded/embedded-engine.ts';
import { type ScriptedGguf, writeScriptedGguf } from './scripted-gguf.ts';

export const shippedModel = fileURLToPath(new URL('../../models/metalyard-tiny-q8_0.gguf', import.meta.url));

/** Small enough to load in about half a second. One thread: a second one suffers most while other tests run. */
export function loadShipped(options: Partial<EmbeddedEngineOptions> = {}): Promise<RawEngine> {
  return loadEmbeddedEngine({ modelPath: shippedModel, window: 8_192, slots: 4, threads: 1, gpu: 'off', ...options });
}

/** Loads a scripted model from a temporary file, which is gone when this returns. */
export async function loadScripted(
  script: ScriptedGguf,
  options: Partial<EmbeddedEngineOptions> = {},
): Promise<RawEngine> {
  const directory = await mkdtemp(join(tmpdir(), 'metalyard-'));
  try {
    const modelPath = join(directory, 'scripted.gguf');
    await writeScriptedGguf(modelPath, script);
    return await loadEmbeddedEngine({ modelPath, window: 2_048, slots: 4, threads: 1, gpu: 'off', ...options });
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** A user's message in the shipped model's format. */
export function chat(engine: RawEngine, text: string): Promise<Uint32Array> {
  return engine.tokenize([
    { text: '<|im_start|>user\n', special: true },
    { text, special: false },
    { text: '<|im_end|>\n<|im_start|>assistant\n', special: true },
  ]);
}

export interface Outcome {
  readonly events: readonly RawEvent[];
  readonly text: string;
  readonly pieces: readonly string[];
  readonly promptTokens: number;
  readonly cachedTokens: number;
  /** End reason, or the failure's code. */
  readonly ended: string;
  readonly outputTokens: number;
}

/** Runs one generation to its end; `onEvent` may cancel through `controller`. */
export async function run(
  engine: RawEngine,
  request: Partial<RawGeneration> & Pick<RawGeneration, 'tokens'>,
  onEvent: (event: RawEvent, controller: AbortController) => void = () => {},
): Promise<Outcome> {
  const controller = new AbortController();
  const events: RawEvent[] = [];
  for await (const event of engine.generate({ maxTokens: 256, temperature: 0, ...request }, controller.signal)) {
    events.push(event);
    onEvent(event, controller);
  }
  const pieces = events.flatMap((event) => (event.type === 'piece' ? [event.text] : []));
  const start = events.find((event) => event.type === 'start');
  const last = events.at(-1);
  return {
    events,
    pieces,
    text: pieces.join(''),
    promptTokens: start?.promptTokens ?? 0,
    cachedTokens: start?.cachedTokens ?? 0,
    ended: last?.type === 'end' ? last.reason : last?.type === 'error' ? last.failure.code : 'nothing',
    outputTokens: last?.type === 'end' ? last.outputTokens : 0,
  };
}
