/**
 * One answer of an attached server: what its chunks say, turned into generation events. The promises are those of
 * the raw tier (`translate/answer`): blocks in order, tool calls atomic and fitting their schema, stop sequences
 * found in text only, one terminal event.
 *
 * A call that cannot be shown is asked for once more: the same conversation, that one tool, a call required. Of the
 * second run only the call counts; its words would say again what is already shown. What comes then is the last
 * word, as on the raw tier.
 */

import type { ChatFailure } from '../../contract/engine/chat.ts';
import type { ApiError } from '../../contract/errors.ts';
import type { GenerationEvent, StopReason } from '../../contract/generation/events.ts';
import type { GenerationRequest } from '../../contract/generation/request.ts';
import { unreachable } from '../../contract/unreachable.ts';
import { createShownBlocks } from '../answer/shown-blocks.ts';
import { createToolCalls, type ParsedCall } from '../answer/tool-calls.ts';
import { jsonFits, offSchema, unusableJson } from '../answer/unusable-output.ts';
import { plain } from '../families/plain.ts';
import type { CallPart, OutputPart } from '../output/output-parser.ts';
import { trailingSpaceStart } from '../output/trailing-space.ts';
import { chatFailureError, type FailureContext, statusError } from './chat-failure.ts';
import { checkUsage } from './check-usage.ts';
import type { ChatPart, ServerUsage } from './read-chunk.ts';
import { createRescueParser } from './rescue-parser.ts';
import { createWrittenCalls } from './written-calls.ts';

export interface ChatAnswerOptions {
  readonly request: GenerationRequest;
  /** After the room rule. */
  readonly maxTokens: number;
  readonly window: number;
  /** Prompt tokens as counted before, and whether by the server's own counter. */
  readonly promptTokens: number;
  readonly exact: boolean;
  /** For people: "Ollama 0.40.1". */
  readonly server: string;
  /** Content begins inside reasoning, whose opening tag stood in the prompt (found by the probe). */
  readonly thinkingOpen: boolean;
  readonly newToolUseId: () => string;
}

export interface ChatStep {
  readonly events: readonly GenerationEvent[];
  /** Close the connection: nothing more is needed of it. */
  readonly stop: boolean;
  /** Then ask again, for this tool; undefined inside: any of them. */
  readonly again?: { readonly force: string | undefined };
}

export interface ChatAnswer {
  push(parts: readonly ChatPart[]): ChatStep;
  /** The stream of one run has ended in order. */
  end(): ChatStep;
  fail(failure: ChatFailure): ChatStep;
  readonly ended: boolean;
  /** Anything of the answer has come; before, the server may still be reading the prompt. */
  readonly begun: boolean;
  /** What the server's usage said and cannot be. */
  readonly doubts: readonly string[];
}

/** While nothing may be shown, the client's side hears of progress every so many pieces. */
const progressPieces = 16;

interface BadCall {
  readonly part: CallPart;
  readonly call: ParsedCall | null;
}

export function createChatAnswer(options: ChatAnswerOptions): ChatAnswer {
  const { request, maxTokens, window, newToolUseId } = options;
  const context: FailureContext = { server: options.server, window, promptTokens: options.promptTokens };
  const json = request.output.type === 'json';
  const warmOnly = request.maxTokens === 0;
  const toolCalls = createToolCalls(request, plain);
  const blocks = createShownBlocks(request.stopSequences);
  const rescue = { tools: toolCalls.allowed && !json, thinkingOpen: options.thinkingOpen };

  let run: 'first' | 'second' | 'over' = 'first';
  let parser = createRescueParser(rescue);
  let written = createWrittenCalls();
  let started = false;
  let begun = false;
  let prefilled: { readonly totalTokens: number; readonly cachedTokens: number } | null = null;
  let finished: Extract<ChatPart, { type: 'finish' }>['reason'] | null = null;
  let stated: ServerUsage | null = null;
  /** Output of a first run that is kept when a second one follows, tokens. */
  let keptTokens = 0;
  let pieces = 0;
  let thinkingChars = 0;
  let chars = 0;
  let silentPieces = 0;
  let shownCalls = 0;
  let jsonText = '';
  /** Reasoning has been shown, and space behind it that may be its end. */
  let thought = false;
  let heldSpace = '';
  let bad: BadCall | undefined;
  let doubts: readonly string[] = [];
  let out: GenerationEvent[] = [];

  function start(): void {
    if (started) return;
    started = true;
    const promptTokens = prefilled?.totalTokens ?? options.promptTokens;
    out.push({
      type: 'generation-start',
      promptTokens,
      cachedTokens: Math.min(promptTokens, prefilled?.cachedTokens ?? 0),
    });
  }

  function finish(stopReason: StopReason, stopSequence: string | null = null): void {
    start();
    blocks.close();
    out.push(...blocks.take());
    const checked = checkUsage(stated, {
      promptTokens: prefilled?.totalTokens ?? options.promptTokens,
      exact: options.exact || prefilled !== null,
      seenCached: prefilled?.cachedTokens ?? null,
      window,
      maxTokens,
      pieces,
      thinkingChars,
      chars,
    });
    doubts = checked.doubts;
    const reason = shownCalls > 0 ? 'tool-use' : stopReason;
    const outputTokens = warmOnly ? 0 : keptTokens + checked.usage.outputTokens;
    const thinkingTokens = Math.min(outputTokens, checked.usage.thinkingTokens);
    out.push({
      type: 'generation-end',
      stopReason: reason,
      stopSequence: reason === stopReason ? stopSequence : null,
      usage: { ...checked.usage, outputTokens, thinkingTokens },
    });
    run = 'over';
  }

  function fail(error: ApiError): void {
    out.push(...blocks.take());
    out.push({ type: 'generation-error', error });
    run = 'over';
  }

  // --- what the server said

  function takePart(part: ChatPart): void {
    switch (part.type) {
      case 'prefill': {
        prefilled = part;
        const { doneTokens, totalTokens } = part;
        out.push(
          run === 'first' && !begun
            ? { type: 'progress', phase: 'prefill', doneTokens, totalTokens }
            : decodeProgress(),
        );
        return;
      }
      case 'text':
        tally(part.text.length, parser.inside === 'thinking');
        takeOutput(parser.push(part.text));
        return;
      case 'reasoning':
        tally(part.text.length, true);
        takeThinking(part.text);
        return;
      case 'call':
        tally(part.json.length, false);
        for (const call of written.push(part)) takeCall(call);
        return;
      case 'finish':
        finished = part.reason;
        return;
      case 'usage':
        stated = part.usage;
        return;
      case 'error':
        fail(statusError(part.status, part.text, context));
        return;
      default:
        unreachable(part);
    }
  }

  function tally(length: number, thinking: boolean): void {
    begun = true;
    start();
    pieces += 1;
    silentPieces += 1;
    chars += length;
    if (thinking) thinkingChars += length;
  }

  function takeOutput(parts: readonly OutputPart[]): void {
    for (const part of parts) {
      if (hasEnded()) return;
      if (part.type === 'text') takeText(part.text);
      else if (part.type === 'thinking') takeThinking(part.text);
      else takeCall(part);
    }
  }

  function takeThinking(text: string): void {
    if (run !== 'first' || warmOnly) return;
    if (!request.thinking.show) {
      if (request.thinking.omitted === true) blocks.thinking('');
      return;
    }
    // Space before reasoning and behind it belongs to the tags around it.
    const said = heldSpace + (thought ? text : text.trimStart());
    const end = trailingSpaceStart(said);
    heldSpace = said.slice(end);
    if (end === 0) return;
    thought = true;
    blocks.thinking(said.slice(0, end));
  }

  function takeText(text: string): void {
    // Of a second run only the call is wanted.
    if (run !== 'first' || warmOnly) return;
    sayText(text);
  }

  function sayText(text: string): void {
    if (text.trim() !== '') heldSpace = '';
    if (json) jsonText += text;
    const stop = blocks.text(text);
    if (stop !== undefined) finish('stop-sequence', stop);
  }

  function takeCall(part: CallPart): void {
    if (hasEnded() || warmOnly) return;
    if (!toolCalls.allowed) {
      takeText(part.raw);
      return;
    }
    // What follows a bad call was written in the belief that it is good.
    if (run === 'first' && bad !== undefined) return;
    const call = toolCalls.parse(part);
    if (call !== null && toolCalls.judge(call) === 'good') {
      blocks.call(call, newToolUseId());
      shownCalls += 1;
      bad = undefined;
      if (!request.parallelToolCalls || run === 'second') finish('tool-use');
      return;
    }
    const cutOff = finished === 'length' && call === null;
    if (run === 'second') settle(call === null && bad !== undefined ? bad : { part, call });
    else if (!cutOff) bad = { part, call };
  }

  /** The last word on a bad call. */
  function settle({ part, call }: BadCall): void {
    bad = undefined;
    if (call === null) sayText(part.raw);
    else if (toolCalls.isStrict(call.name)) fail(offSchema(call.name));
    else {
      blocks.call(call, newToolUseId());
      shownCalls += 1;
    }
  }

  // --- ends

  function endRun(): { readonly force: string | undefined } | undefined {
    if (hasEnded()) return undefined;
    if (finished === null && pieces === 0) {
      fail(chatFailureError({ kind: 'garbage', why: 'an answer without an end' }, context));
      return undefined;
    }
    takeOutput(parser.end());
    for (const call of written.end()) takeCall(call);
    if (hasEnded()) return undefined;
    if (bad !== undefined && run === 'first') return secondRun(bad);
    if (bad !== undefined) settle(bad);
    if (hasEnded()) return undefined;
    if (finished === 'failed') fail(chatFailureError({ kind: 'garbage', why: 'it gave the answer up' }, context));
    else if (finished === null) fail(chatFailureError({ kind: 'cut', why: 'the answer has no end' }, context));
    else if (finished === 'length' && !warmOnly) finish(limitReason());
    else if (
      !warmOnly &&
      request.output.type === 'json' &&
      shownCalls === 0 &&
      !jsonFits(jsonText, request.output.schema)
    ) {
      fail(unusableJson());
    } else finish(warmOnly ? 'max-tokens' : 'end-turn');
    return undefined;
  }

  function secondRun({ part, call }: BadCall): { readonly force: string | undefined } {
    const shownChars = chars - part.raw.length;
    const spent = stated?.outputTokens ?? pieces;
    keptTokens = chars <= 0 ? 0 : Math.max(0, Math.round((spent * shownChars) / chars));
    run = 'second';
    parser = createRescueParser(rescue);
    written = createWrittenCalls();
    finished = null;
    stated = null;
    pieces = 0;
    chars = 0;
    thinkingChars = 0;
    return { force: toolCalls.nameOf(part) ?? call?.name };
  }

  const hasEnded = (): boolean => run === 'over';
  /** The room rule may have given less than was asked: then the window is what ran out. */
  const limitReason = (): StopReason => (maxTokens < request.maxTokens ? 'context-full' : 'max-tokens');
  const decodeProgress = (): GenerationEvent => ({
    type: 'progress',
    phase: 'decode',
    outputTokens: keptTokens + pieces,
  });

  function step(again?: { readonly force: string | undefined }): ChatStep {
    // Events of blocks belong before a terminal event that was pushed after them.
    const shown = blocks.take();
    const events = hasEnded() ? out : [...out, ...shown];
    out = [];
    if (events.length > 0) silentPieces = 0;
    else if (silentPieces >= progressPieces) {
      silentPieces = 0;
      events.push(decodeProgress());
    }
    const stop = hasEnded() || again !== undefined;
    return again === undefined ? { events, stop } : { events, stop, again };
  }

  return {
    push(parts) {
      for (const part of parts) {
        if (hasEnded()) break;
        takePart(part);
      }
      return step();
    },
    end() {
      const again = endRun();
      return step(again);
    },
    fail(failure) {
      if (!hasEnded()) fail(chatFailureError(failure, context));
      return step();
    },
    get ended() {
      return hasEnded();
    },
    get begun() {
      return begun;
    },
    get doubts() {
      return doubts;
    },
  };
}
