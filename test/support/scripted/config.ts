/** What a scripted engine is told to do. Plain data; every field may be left out. */
import type { LoadOptions } from '../../../src/contract/engine/raw.ts';

/** A misbehaviour of the engine process. */
export interface ScriptedFault {
  /**
   * `exit`: the process ends. `hang`: it blocks for ever. `garbage`: it breaks the IPC protocol.
   * `memory`: this generation fails for want of memory, the engine lives. `stall`: this generation gets no further,
   * the engine lives and says so.
   */
  readonly kind: 'exit' | 'hang' | 'garbage' | 'memory' | 'stall';
  /** Tokens of this generation sent before it happens. */
  readonly afterTokens: number;
  /** The fault happens only while this file exists, and removes it: once, across restarts. */
  readonly onceFile?: string;
  /** The fault happens only while this file exists, and leaves it there. */
  readonly whileFile?: string;
}

/** What to answer when all the conditions given hold. The first rule that fits wins. */
export interface ScriptedRule {
  /** The last turn of the rendered prompt contains this text. */
  readonly lastTurn?: string;
  /** Anywhere in the rendered prompt. */
  readonly prompt?: string;
  /** Assistant turns already in the prompt. */
  readonly answered?: number;
  /** The engine is to obey a grammar; `say` does. */
  readonly constrained?: boolean;
  /** Raw model text: may hold `<tool_call>` and whatever else a model may write. */
  readonly say: string;
  /** What it thinks before, when the prompt has opened a thought. */
  readonly thought?: string;
  /** `say` so many times in a row. */
  readonly repeat?: number;
  /** Of this answer alone. Left out: as the whole script says. */
  readonly tokensPerSecond?: number;
  readonly fault?: ScriptedFault;
}

export interface ScriptedConfig {
  /** Tokens per slot. Left out: what the agent asked for. */
  readonly window?: number;
  readonly slots?: number;
  readonly loadMs?: number;
  /** Load fails with this message instead. */
  readonly loadFails?: string;
  /** A prompt that has this in it takes so long to tokenize, ms. */
  readonly slowCounting?: { readonly prompt: string; readonly ms: number };
  /** So many loads fail for want of memory, or end the process, before one succeeds; `countFile` counts them over processes. */
  readonly failingLoads?: { readonly count: number; readonly countFile: string; readonly kind: 'memory' | 'exit' };
  /** It has a GPU that holds so many layers of a model of 6: a load that may put more on it fails for want of memory. */
  readonly gpuHoldsLayers?: number;
  /** Uncached prompt tokens per second. Left out: at once. */
  readonly prefillTokensPerSecond?: number;
  /** Told to close, its process ends only once this file is gone; an agent kills it after two seconds. */
  readonly stayFile?: string;
  /** While this file is there no prompt is read to its end. */
  readonly holdFile?: string;
  /** Per generation. Left out: as fast as the channel takes them. */
  readonly tokensPerSecond?: number;
  readonly rules?: readonly ScriptedRule[];
  /** Said when no rule fits. */
  readonly otherwise?: string;
  /** One JSON object per line: what the engine was asked and what became of it. No prompt text. */
  readonly logFile?: string;
}

/** One line of `logFile`. */
export type ScriptedLog =
  | { readonly event: 'loading'; readonly pid: number; readonly options: LoadOptions }
  | { readonly event: 'loaded'; readonly pid: number }
  | { readonly event: 'tokenize'; readonly callId: number }
  | { readonly event: 'start'; readonly callId: number; readonly promptTokens: number; readonly cachedTokens: number }
  | { readonly event: 'pause' | 'resume'; readonly callId: number }
  | { readonly event: 'end'; readonly callId: number; readonly reason: string; readonly outputTokens: number }
  | { readonly event: 'fault'; readonly callId: number; readonly kind: ScriptedFault['kind'] };
