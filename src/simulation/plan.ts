/** What a simulated request asks of a machine, drawn once. */
import type { GenerationRequest } from '../contract/generation/request.ts';
import { blockHashChars, type Prefix } from '../contract/link/prefix.ts';
import { type ServiceClass, serviceClasses } from '../contract/service-class.ts';
import type { Wishes } from '../yard/routing/circles.ts';
import type { Random } from './random.ts';

/** Those who ask; the last weighs more than the others. */
export const keyIds = ['key_1', 'key_2', 'key_3', 'key_4', 'key_probe'] as const;
export const weightOf = (keyId: string): number => (keyId === 'key_4' ? 3 : 1);

export interface Plan {
  readonly keyId: string;
  readonly serviceClass: ServiceClass;
  readonly model: string;
  readonly promptTokens: number;
  /** Length of the request on the wire, characters. */
  readonly promptChars: number;
  /** How long reading the prompt takes. */
  readonly prefillMs: number;
  /** The answer comes in this many pieces, one each `pieceMs`. */
  readonly pieces: number;
  readonly pieceMs: number;
  /** What a piece is made longer by, characters. */
  readonly pieceChars: number;
  /** How long its client takes to read a piece, ms; infinite: it reads nothing. */
  readonly readMs: number;
  /** The client leaves this long after asking; null: it stays. */
  readonly leavesAfterMs: number | null;
  /** How long its client waits for its turn; null: as long as its class. */
  readonly waitMs: number | null;
  /** Any engine that reads it crashes. */
  readonly isPoison: boolean;
  /** No machine takes it: something in it is not supported. */
  readonly isRefused: boolean;
}

/** Context window of every simulated model, tokens. */
export const windowTokens = 8_192;
/** What a prompt may hold: the room rule leaves an eighth for the answer. */
export const promptMaximum = windowTokens - windowTokens / 8;

export function drawPlan(random: Random, models: readonly string[]): Plan {
  return {
    keyId: `key_${random.between(1, 4)}`,
    model: random.pick(models),
    promptTokens: random.chance(0.02) ? promptMaximum + random.between(1, 1_000) : random.between(1, promptMaximum),
    promptChars: random.chance(0.1) ? random.between(1_000, 10_000) : random.between(0, 400),
    prefillMs: random.chance(0.08) ? random.between(10_000, 50_000) : random.between(20, 2_000),
    pieces: random.between(1, 20),
    pieceMs: random.between(20, 400),
    pieceChars: random.chance(0.2) ? 400 : 0,
    readMs: random.chance(0.9) ? 0 : random.pick([300, 2_000, 8_000, Number.POSITIVE_INFINITY]),
    leavesAfterMs: random.chance(0.15) ? random.between(0, 15_000) : null,
    isPoison: random.chance(0.002),
    isRefused: random.chance(0.01),
    waitMs: random.chance(0.2) ? random.between(1_000, 20_000) : null,
    serviceClass: random.chance(0.7) ? 'interactive' : random.pick(serviceClasses),
  };
}

/** A request that anybody can answer at once, long enough to need credit where there is little. */
export function probePlan(model: string): Plan {
  const quick = { promptTokens: 10, promptChars: 0, prefillMs: 20, pieces: 6, pieceMs: 20, pieceChars: 0, readMs: 0 };
  return {
    keyId: 'key_probe',
    serviceClass: 'interactive',
    model,
    ...quick,
    leavesAfterMs: null,
    waitMs: null,
    isPoison: false,
    isRefused: false,
  };
}

/** Each key has a few conversations per model, and each prompt goes on from one of them. */
export function prefixOf({ keyId, model, promptTokens }: Plan): Prefix {
  const lineage = `${keyId}/${promptTokens % 5}`;
  const turns = 1 + (promptTokens % 6);
  const blocks = Array.from({ length: turns }, (_, turn) => `${model}/${lineage}/${turn}`.slice(-blockHashChars));
  return { lineage, blocks, ends: blocks.map((_, turn) => Math.floor(((turn + 1) / turns) * 1_000)) };
}

/** One in thirty asks for one of two machines, by name. */
export function wishesOf({ promptTokens }: Plan): { readonly wishes?: Wishes } {
  if (promptTokens % 30 !== 7) return {};
  const first = Math.trunc(promptTokens / 30) % 4;
  return { wishes: { machines: [`mch_${first}`, `mch_${first + 1}`], labels: [] } };
}

/**
 * The wire form. What it asks does not matter here, since machines look the plan up by request id: but that no two are
 * the same. Only those who ask a poisoned one ask the same.
 */
export function wireRequest(requestId: string, plan: Plan): GenerationRequest {
  const text = plan.isPoison ? 'poison' : `${requestId} ${'ä'.repeat(plan.promptChars)}`;
  return {
    model: plan.model,
    messages: [{ role: 'user', text }],
    tools: [],
    toolChoice: { type: 'auto' },
    parallelToolCalls: true,
    thinking: { mode: 'off', show: false },
    output: { type: 'text' },
    sampling: {},
    stopSequences: [],
    maxTokens: 1,
  };
}

/** A piece of an answer says whose it is, so that a stray one is recognised wherever it turns up. */
export interface Piece {
  readonly requestId: string;
  readonly attempt: number;
  readonly index: number;
}

export function writePiece({ requestId, attempt, index }: Piece, { pieceChars }: Plan): string {
  return `${requestId}/${attempt}/${index}/${'x'.repeat(pieceChars)};`;
}

/** No piece is shorter than this, characters. */
export const shortestPiece = 'req_1/1/0/;'.length;

/** Those that were sent together. */
export function readPieces(text: string): Piece[] {
  return text
    .split(';')
    .slice(0, -1)
    .map((piece) => {
      const [requestId = '', attempt, index] = piece.split('/');
      return { requestId, attempt: Number(attempt), index: Number(index) };
    });
}
