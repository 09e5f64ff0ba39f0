/**
 * One answer: drives the raw engine and turns what it says into generation events. A tool call that
 * came out broken is generated once more, from the same prefix, under a grammar.
 */
import type { GenerationEvent } from '../contract/generation/events.ts';
import type { GenerationRequest } from '../contract/generation/request.ts';
import { createAnswer, type Regeneration } from '../translate/answer/answer.ts';
import { requestGrammar } from '../translate/grammar/request-grammar.ts';
import { newToolUseId } from '../transport/ids.ts';
import type { PreparedPrompt } from './prompt.ts';
import type { RawModel } from './raw-model.ts';
import type { SlotUse } from './ready-model.ts';

export interface AnswerTask {
  readonly request: GenerationRequest;
  readonly use: SlotUse;
}

/**
 * Yields batches of events, the last one ending in a terminal event; nothing more once aborted: nobody hears what an engine
 * says of its own cancel, and the end is waited for, because only then the slot is free.
 */
export async function* generateAnswer(
  model: RawModel,
  { request, use }: AnswerTask,
  prompt: PreparedPrompt,
  signal: AbortSignal,
): AsyncGenerator<readonly GenerationEvent[], void> {
  const forced = requestGrammar(request, model.template.family, prompt.rendered.thinkingOpen);
  if (!forced.ok) {
    yield [{ type: 'generation-error', error: forced.error }];
    return;
  }
  const answer = createAnswer({
    request,
    family: model.template.family,
    thinkingOpen: prompt.rendered.thinkingOpen,
    maxTokens: prompt.maxTokens,
    window: model.engine.model.window,
    newToolUseId,
  });
  const silent = Object.keys(request.sampling).length === 0;
  const sampling = { ...(silent ? usualSampling : documentedSampling), ...model.sampling, ...request.sampling };
  let tokens: Uint32Array = prompt.tokens;
  let maxTokens = prompt.maxTokens;
  let grammar = forced.grammar;
  for (;;) {
    const stopping = new AbortController();
    // Not `AbortSignal.any`: it took 6 % of an agent's time with a fast engine.
    const stop = (): void => stopping.abort(stopReason);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    let again: Regeneration | undefined;
    try {
      for await (const event of model.engine.generate(
        {
          tokens,
          maxTokens,
          scope: use.scope,
          ...(use.lineage === undefined ? {} : { lineage: use.lineage }),
          ...sampling,
          ...(grammar === undefined ? {} : { grammar }),
        },
        stopping.signal,
        use.hold,
      )) {
        if (event.type === 'start' && event.slot !== undefined) use.onSlot?.(event.slot);
        if (event.type === 'end' && event.held !== undefined) use.onHeld?.(event.held);
        const step = answer.push(event);
        if (step.events.length > 0 && !signal.aborted) yield step.events;
        again ??= step.regenerate;
        // An engine that has ended need not be told to.
        if (event.type !== 'end' && event.type !== 'error' && (step.stop || again !== undefined)) stop();
      }
    } finally {
      signal.removeEventListener('abort', stop);
    }
    if (again === undefined || signal.aborted) return;
    tokens = Uint32Array.from([...prompt.tokens, ...again.keptTokens]);
    ({ maxTokens, grammar } = again);
  }
}

/** Given so that no exception is made for each answer that is cut short: nobody looks at it. */
const stopReason = 'stopped';

/**
 * Where neither the client nor the model's author says anything: llama.cpp's own defaults. Anthropic
 * documents 1.0 without truncation, which makes small quantised models ramble.
 */
const usualSampling = { temperature: 0.8, topP: 0.95, topK: 40 };
/** A client that names one parameter means the documented default of the others. */
const documentedSampling = { temperature: 1 };
