import { randomInt } from 'node:crypto';
import type { Llama, LlamaContext, LlamaContextSequence, LlamaGrammar, LlamaModel, Token } from 'node-llama-cpp';
import { LlamaGrammarEvaluationState } from 'node-llama-cpp';
import type { EngineFailure, RawEvent, RawGeneration } from '../../contract/engine/raw.ts';
import { EngineError } from '../../contract/engine/raw.ts';
import { chooseSlot } from '../../contract/engine/slot-choice.ts';
import type { Gate } from './gate.ts';
import { grammarBeyondLimits } from './grammar-limits.ts';
import { flashTileTokens, PrefillPace, plainTileTokens } from './prefill-pace.ts';
import { WholeCharacters } from './token-text.ts';
import type { Vocabulary } from './vocabulary.ts';

interface Slot {
  readonly index: number;
  readonly sequence: LlamaContextSequence;
  busy: boolean;
  scope: string | undefined;
  lineage: string | undefined;
  /** Monotonic ms. */
  lastUseMs: number;
}

/** Compiled grammars kept: an agent's tools rarely need more at a time. */
const keptGrammars = 32;

/**
 * Runs generations on one context of several sequences. The binding batches what its sequences ask
 * for at the same time, so every generation here is a plain loop: align, read the prompt in chunks,
 * then one token after the other.
 */
export class TokenEngine {
  readonly #llama: Llama;
  readonly #model: LlamaModel;
  readonly #vocabulary: Vocabulary;
  readonly #window: number;
  readonly #slots: Slot[];
  readonly #pace: PrefillPace;
  readonly #grammars = new Map<string, LlamaGrammar>();

  constructor(llama: Llama, model: LlamaModel, context: LlamaContext, vocabulary: Vocabulary, window: number) {
    this.#llama = llama;
    this.#model = model;
    this.#vocabulary = vocabulary;
    this.#window = window;
    this.#pace = new PrefillPace({
      largest: context.batchSize,
      tile: context.flashAttention === false ? plainTileTokens : flashTileTokens,
    });
    this.#slots = Array.from({ length: context.totalSequences }, (_, index) => ({
      index,
      sequence: context.getSequence(),
      busy: false,
      scope: undefined,
      lineage: undefined,
      lastUseMs: 0,
    }));
  }

  /**
   * Runs one generation; the last event emitted is `end` or `error`, after the sequence is free again. While the gate
   * is closed it reads and writes no further token; other sequences go on.
   */
  async generate(
    request: RawGeneration,
    signal: AbortSignal,
    gate: Gate,
    emit: (event: RawEvent) => void,
  ): Promise<void> {
    const prompt = Array.from(request.tokens) as Token[];
    let slot: Slot | null = null;
    let last: RawEvent;
    try {
      const refusal = this.#refuse(prompt.length);
      if (refusal !== null) throw new EngineError(refusal);
      const grammar = request.grammar === undefined ? null : await this.#grammar(request.grammar);
      slot = this.#take(prompt, request);
      last = await this.#run(slot, prompt, request, grammar, signal, gate, emit);
    } catch (error) {
      last = { type: 'error', failure: failureOf(error) };
      // a failed evaluation leaves the sequence in an unknown state: start it afresh
      if (slot !== null) await slot.sequence.clearHistory().catch(() => {});
    }
    if (slot !== null) {
      slot.busy = false;
      slot.lastUseMs = performance.now();
    }
    emit(last);
  }

  #refuse(promptTokens: number): EngineFailure | null {
    if (promptTokens === 0) return { code: 'internal', message: 'The prompt has no tokens.' };
    if (promptTokens < this.#window) return null;
    return {
      code: 'prompt-too-long',
      message: `The prompt has ${promptTokens} tokens; a window of ${this.#window} leaves no room for an answer.`,
    };
  }

  #take(prompt: Token[], { scope, lineage }: RawGeneration): Slot {
    const nowMs = performance.now();
    const states = this.#slots.map((slot) => ({
      busy: slot.busy,
      scope: slot.scope,
      lineage: slot.lineage,
      heldTokens: slot.sequence.nextTokenIndex,
      commonTokens: slot.busy ? 0 : slot.sequence.compareContextTokens(prompt).firstDifferentIndex,
      idleMs: nowMs - slot.lastUseMs,
    }));
    const index = chooseSlot(states, { scope, lineage, tokens: prompt.length });
    if (index === null) {
      const message = `All ${this.#slots.length} slots of the engine are in use; try again when one is free.`;
      throw new EngineError({ code: 'busy', message });
    }
    const slot = this.#slots[index]!;
    slot.busy = true;
    slot.lastUseMs = nowMs;
    slot.lineage = lineage;
    return slot;
  }

  async #run(
    slot: Slot,
    prompt: Token[],
    request: RawGeneration,
    grammar: LlamaGrammar | null,
    signal: AbortSignal,
    gate: Gate,
    emit: (event: RawEvent) => void,
  ): Promise<RawEvent> {
    const end = (reason: 'end-of-generation' | 'max-tokens' | 'context-full' | 'cancelled', outputTokens: number) =>
      ({
        type: 'end',
        reason,
        outputTokens,
        held: { slot: slot.index, tokens: sequence.nextTokenIndex },
      }) as const;
    const { sequence } = slot;
    const cachedTokens = await align(slot, prompt, request.scope);
    // the last token is read together with sampling, unless nothing is to be sampled
    const readUntil = request.maxTokens === 0 ? prompt.length : prompt.length - 1;
    for (let done = cachedTokens; done < readUntil; ) {
      await gate.opened;
      if (signal.aborted) return end('cancelled', 0);
      const chunk = prompt.slice(done, Math.min(readUntil, done + this.#pace.chunkTokens));
      const startedMs = performance.now();
      await sequence.evaluateWithoutGeneratingNewTokens(chunk);
      this.#pace.observe(chunk.length, performance.now() - startedMs);
      done += chunk.length;
      emit({ type: 'prefill', doneTokens: done, totalTokens: prompt.length });
    }
    if (signal.aborted) return end('cancelled', 0);
    await sequence.takeCheckpoint(); // does nothing for models whose KV can be cut at any token
    emit({ type: 'start', promptTokens: prompt.length, cachedTokens, slot: slot.index });
    if (request.maxTokens === 0) return end('max-tokens', 0);

    const characters = new WholeCharacters();
    let outputTokens = 0;
    const tokens = sequence.evaluate(prompt.slice(-1), {
      temperature: request.temperature,
      topP: request.topP ?? 1,
      topK: request.topK ?? 0,
      minP: 0,
      seed: request.seed ?? randomInt(2 ** 32),
      ...(grammar === null
        ? {}
        : { grammarEvaluationState: new LlamaGrammarEvaluationState({ model: this.#model, grammar }) }),
    });
    for await (const token of tokens) {
      outputTokens++;
      const piece = characters.push(token, this.#vocabulary.bytes(token));
      if (piece !== null) emit({ type: 'piece', ...piece });
      await gate.opened;
      if (signal.aborted) return end('cancelled', outputTokens);
      if (outputTokens >= request.maxTokens) return end('max-tokens', outputTokens);
      if (prompt.length + outputTokens >= this.#window) return end('context-full', outputTokens);
    }
    return end('end-of-generation', outputTokens);
  }

  async #grammar(text: string): Promise<LlamaGrammar> {
    let grammar = this.#grammars.get(text);
    if (grammar === undefined) {
      const refusal = grammarBeyondLimits(text);
      if (refusal !== null)
        throw new EngineError({ code: 'grammar', message: `The grammar is too large for the engine: ${refusal}.` });
      try {
        grammar = await this.#llama.createGrammar({ grammar: text });
      } catch (cause) {
        const message = 'The engine cannot parse the grammar; no token was generated.';
        throw new EngineError({ code: 'grammar', message }, { cause });
      }
    } else this.#grammars.delete(text);
    this.#grammars.set(text, grammar);
    if (this.#grammars.size > keptGrammars) this.#grammars.delete(this.#grammars.keys().next().value!);
    return grammar;
  }
}

function failureOf(error: unknown): EngineFailure {
  if (error instanceof EngineError) return error.failure;
  const detail = error instanceof Error ? error.message : 'unknown error';
  return { code: 'internal', message: `The engine failed while evaluating: ${detail}` };
}

/**
 * Leaves in the slot what the prompt can reuse and returns how many tokens that is. At least the last
 * prompt token is always read again: its logits are needed. Nothing crosses scopes.
 */
async function align(slot: Slot, prompt: Token[], scope: string | undefined): Promise<number> {
  const { sequence } = slot;
  const common = slot.scope === scope ? sequence.compareContextTokens(prompt).firstDifferentIndex : 0;
  slot.scope = scope;
  let keep = Math.min(common, prompt.length - 1);
  // Recurrent and sliding-window models go back to a checkpoint only; what lies between it and `keep`
  // is read again in our own chunks, where it can be cancelled.
  if (sequence.needsCheckpoints && keep < sequence.nextTokenIndex)
    keep = Math.max(0, keep - Math.max(0, sequence.getRestoreToPrefixIndexEvaluationSize(keep)));
  if (keep < sequence.nextTokenIndex)
    await sequence.eraseContextTokenRanges([{ start: keep, end: sequence.nextTokenIndex }]);
  return sequence.nextTokenIndex;
}
