/**
 * One answer: what a raw engine says, turned into generation events.
 *
 * Most of it is a pipe: pieces -> output parser -> shown blocks. What makes it a state machine is
 * that tool calls are atomic. A call is withheld until it is whole, parses, and fits its tool's
 * schema; a bad one is asked for once more. Example, run 1:
 *
 *     pieces "I look.", "<tool_call>", "{\"name\": \"find\", \"argu", "ments\": oops}", "</tool_call>"
 *     -> text shown; at the close `regenerate` with the tokens of "I look." and a grammar for `find`
 *
 * The caller ends run 1, starts run 2 from prompt + `keptTokens` under that grammar, and pushes its
 * events into the same answer. What then comes is the last word: a call that parses is shown (but
 * for one that is off-schema for a `strict` tool), one that does not is shown as the text it is.
 *
 * Usage counts the tokens of what is shown, reasoning included (also hidden reasoning: the client
 * asked for its effect); thrown-away tries are the pool's cost.
 */
import type { RawEvent } from '../../contract/engine/raw.ts';
import { type ApiError, apiError } from '../../contract/errors.ts';
import type { GenerationEvent, StopReason } from '../../contract/generation/events.ts';
import type { GenerationRequest } from '../../contract/generation/request.ts';
import { unreachable } from '../../contract/unreachable.ts';
import type { Family } from '../families/family.ts';
import type { CallPart, OutputParser, OutputPart } from '../output/output-parser.ts';
import { engineFailureError } from './engine-failure.ts';
import { createGeneratedTokens } from './generated-tokens.ts';
import { createShownBlocks } from './shown-blocks.ts';
import { createToolCalls, type ParsedCall } from './tool-calls.ts';
import { jsonFits, offSchema, unusableJson } from './unusable-output.ts';

export interface AnswerOptions {
  readonly request: GenerationRequest;
  readonly family: Family;
  /** The prompt has already opened reasoning. */
  readonly thinkingOpen: boolean;
  /** After the room rule: what the engine was given. */
  readonly maxTokens: number;
  /** Tokens of one slot. */
  readonly window: number;
  readonly newToolUseId: () => string;
}

/** A second run: the same prompt, then `keptTokens`, then whatever the grammar allows. */
export interface Regeneration {
  readonly keptTokens: readonly number[];
  readonly grammar: string;
  /** What is left of the answer's tokens. */
  readonly maxTokens: number;
}

export interface AnswerStep {
  readonly events: readonly GenerationEvent[];
  /** End the running generation; nothing more is needed of it. */
  readonly stop: boolean;
  /** Then start this one, and push its events too. */
  readonly regenerate?: Regeneration;
}

export interface Answer {
  /** Takes the next event of the engine. After a terminal event everything is ignored. */
  push(event: RawEvent): AnswerStep;
  /** Whether the terminal event has been given. */
  readonly ended: boolean;
}

/** While nothing may be shown, the client's side hears of progress every so many tokens. */
const PROGRESS_TOKENS = 16;

interface Attempt {
  readonly part: CallPart;
  /** Null when it does not parse. */
  readonly call: ParsedCall | null;
  /** Tokens of the answer with this call as its end. */
  readonly tokens: number;
}

export function createAnswer(options: AnswerOptions): Answer {
  const { request, family, maxTokens, window, newToolUseId } = options;
  const json = request.output.type === 'json';
  const toolCalls = createToolCalls(request, family);
  const tokens = createGeneratedTokens();
  const blocks = createShownBlocks(request.stopSequences);
  let parser: OutputParser = family.newParser({ json, thinkingOpen: options.thinkingOpen });
  let phase: 'first-run' | 'between-runs' | 'second-run' | 'ended' = 'first-run';
  let prompt: { readonly promptTokens: number; readonly cachedTokens: number } | undefined;
  let shownCalls = 0;
  /** The call that a second run is to replace. */
  let replaced: Attempt | undefined;
  /** Calls shown when the second run began. */
  let callsBefore = 0;
  /** What this step has decided, beside the blocks' events. */
  let terminal: GenerationEvent | undefined;
  let regenerate: Regeneration | undefined;
  let silentTokens = 0;
  /** Ids told with deltas so far, and whether some that were told before do not count any more. */
  let toldTokens = 0;
  let wereCutOff = false;
  /** The answer's text, kept only where it must be checked at the end. */
  let jsonText = '';

  function finish(stopReason: StopReason, stopSequence: string | null = null, outputTokens = tokens.count): void {
    blocks.close();
    const thinkingTokens = Math.min(tokens.thinkingCount, outputTokens);
    const usage = { ...(prompt ?? { promptTokens: 0, cachedTokens: 0 }), outputTokens, thinkingTokens };
    const reason = shownCalls > 0 ? 'tool-use' : stopReason;
    terminal = {
      type: 'generation-end',
      stopReason: reason,
      stopSequence: reason === stopReason ? stopSequence : null,
      usage,
    };
    phase = 'ended';
  }

  function fail(error: ApiError): void {
    terminal = { type: 'generation-error', error };
    phase = 'ended';
  }

  // --- what the parser found

  function take(part: OutputPart, atLimit: boolean): void {
    switch (part.type) {
      case 'text':
        takeText(part.text);
        return;
      case 'thinking':
        if (request.thinking.show) blocks.thinking(part.text);
        else if (request.thinking.omitted === true) blocks.thinking('');
        return;
      case 'tool-call':
      case 'broken-tool-call':
        if (toolCalls.allowed) takeCall(part, atLimit);
        else takeText(part.raw);
        return;
      default:
        unreachable(part);
    }
  }

  function takeText(text: string): void {
    if (json) jsonText += text;
    const stop = blocks.text(text);
    if (stop !== undefined) finish('stop-sequence', stop);
  }

  function takeCall(part: CallPart, atLimit: boolean): void {
    const call = toolCalls.parse(part);
    const verdict = call === null ? undefined : toolCalls.judge(call);
    if (call !== null && verdict === 'good') {
      showCall(call);
      return;
    }
    // JSON that looks like a call, but is the answer: the grammar lets through known tools only.
    if (json && verdict === 'unknown-tool') {
      takeText(part.raw);
      return;
    }
    const attempt: Attempt = { part, call, tokens: tokens.count };
    const cutOff = atLimit && part.type === 'broken-tool-call';
    if (phase === 'second-run') {
      const last = call === null && replaced !== undefined && (cutOff || replaced.call !== null) ? replaced : attempt;
      settle(last);
      if (!hasEnded()) finish(atLimit ? limitReason() : 'end-turn', null, last.tokens);
    } else if (cutOff) {
      // Another try would be cut off too, and half a call is of no use: it is left out.
      finish(limitReason(), null, tokens.countBefore(part.start));
    } else if (atLimit || !tryAgain(attempt)) {
      settle(attempt);
    }
  }

  function tryAgain(attempt: Attempt): boolean {
    const { part } = attempt;
    const kept = tokens.countBefore(part.start);
    const grammar = toolCalls.repairGrammar(part);
    if (!grammar.ok || kept >= maxTokens) return false;
    regenerate = { keptTokens: tokens.first(kept), grammar: grammar.grammar, maxTokens: maxTokens - kept };
    replaced = attempt;
    callsBefore = shownCalls;
    tokens.restart(kept);
    if (kept < toldTokens) {
      toldTokens = kept;
      wereCutOff = true;
    }
    parser = family.newParser({ thinkingOpen: false, inList: part.follows });
    phase = 'between-runs';
    return true;
  }

  /** The last word on a bad call. */
  function settle({ part, call }: Attempt): void {
    if (call === null) takeText(part.raw);
    else if (toolCalls.isStrict(call.name)) fail(offSchema(call.name));
    else showCall(call);
  }

  function showCall(call: ParsedCall): void {
    blocks.call(call, newToolUseId());
    shownCalls += 1;
    if (!request.parallelToolCalls) finish('tool-use');
  }

  // --- what the engine said

  function takePiece(text: string, ids: readonly number[]): void {
    const wasThinking = parser.inside === 'thinking';
    const parts = parser.push(text);
    tokens.add(ids, text, wasThinking || parser.inside === 'thinking');
    silentTokens += ids.length;
    const run = phase;
    for (const part of parts) {
      take(part, false);
      // Stopped, or to be done again: what else the piece holds is not part of the answer.
      if (phase !== run) return;
    }
  }

  function takeEnd(reason: Extract<RawEvent, { type: 'end' }>['reason']): void {
    if (reason === 'cancelled') {
      fail(apiError('client_closed_request', 'The request was cancelled before its answer was complete.'));
      return;
    }
    const atLimit = reason !== 'end-of-generation';
    const run = phase;
    for (const part of parser.end()) {
      take(part, atLimit);
      if (phase !== run) return;
    }
    // The second try came to nothing at all: the first is what there is.
    if (run === 'second-run' && shownCalls === callsBefore && replaced !== undefined) {
      settle(replaced);
      if (!hasEnded()) finish(atLimit ? limitReason() : 'end-turn', null, replaced.tokens);
    }
    if (hasEnded()) return;
    if (!atLimit && !jsonIsValid()) {
      fail(unusableJson());
      return;
    }
    finish(reason === 'context-full' ? 'context-full' : atLimit ? limitReason() : 'end-turn');
  }

  const hasEnded = (): boolean => phase === 'ended';

  /** The room rule may have given less than was asked: then the window is what ran out. */
  const limitReason = (): StopReason => (maxTokens < request.maxTokens ? 'context-full' : 'max-tokens');

  const jsonIsValid = (): boolean =>
    request.output.type !== 'json' || shownCalls > 0 || jsonFits(jsonText, request.output.schema);

  function takeEvent(event: RawEvent): GenerationEvent[] {
    switch (event.type) {
      case 'prefill': {
        if (phase !== 'first-run') return [decodeProgress()];
        const { doneTokens, totalTokens } = event;
        return [{ type: 'progress', phase: 'prefill', doneTokens, totalTokens }];
      }
      case 'start': {
        if (phase === 'between-runs') phase = 'second-run';
        if (prompt !== undefined) return [];
        prompt = { promptTokens: event.promptTokens, cachedTokens: event.cachedTokens };
        return [{ type: 'generation-start', ...prompt }];
      }
      case 'piece':
        if (phase !== 'between-runs') takePiece(event.text, event.tokens);
        return [];
      case 'end':
        // Between runs this is the end of the run we gave up.
        if (phase !== 'between-runs') takeEnd(event.reason);
        return [];
      case 'error':
        fail(engineFailureError(event.failure, { window, promptTokens: prompt?.promptTokens }));
        return [];
      default:
        return unreachable(event);
    }
  }

  function decodeProgress(): GenerationEvent {
    return { type: 'progress', phase: 'decode', outputTokens: tokens.count };
  }

  /** Gives the last delta the ids that have come since the one before it; what comes before it in the same step adds none. */
  function tellTokens(events: GenerationEvent[]): void {
    const last = events.findLastIndex(({ type }) => type === 'block-delta');
    for (const [at, delta] of events.entries()) {
      if (delta.type !== 'block-delta') continue;
      if (at < last) events[at] = { ...delta, tokens: [] };
      else
        events[at] = { ...delta, tokens: tokens.after(toldTokens), ...(wereCutOff ? { keptTokens: toldTokens } : {}) };
    }
    if (last === -1) return;
    toldTokens = tokens.count;
    wereCutOff = false;
  }

  return {
    push(event) {
      if (phase === 'ended') return { events: [], stop: true };
      regenerate = undefined;
      const events = takeEvent(event);
      events.push(...blocks.take());
      tellTokens(events);
      if (terminal !== undefined) events.push(terminal);
      if (events.length > 0) silentTokens = 0;
      else if (silentTokens >= PROGRESS_TOKENS) {
        silentTokens = 0;
        events.push(decodeProgress());
      }
      const stop = hasEnded() || regenerate !== undefined;
      return regenerate === undefined ? { events, stop } : { events, stop, regenerate };
    },
    get ended() {
      return phase === 'ended';
    },
  };
}
