/**
 * One model at an attached server, as tickets see it: counts by the server's own counter or guesses, keeps the room
 * rule, asks, and turns what comes into generation events. The server's connection is the work: closing it stops it.
 */
import type { ChatFailure, ChatReply, ChatServer, JsonObject, ListedModel } from '../../contract/engine/chat.ts';
import { apiError } from '../../contract/errors.ts';
import type { GenerationEvent } from '../../contract/generation/events.ts';
import type { GenerationRequest } from '../../contract/generation/request.ts';
import type { LoadTimes } from '../../contract/link/load-times.ts';
import { type ChatAnswer, type ChatStep, createChatAnswer } from '../../translate/chat/chat-answer.ts';
import { chatBody, unableBecause } from '../../translate/chat/chat-body.ts';
import { chatFailureError } from '../../translate/chat/chat-failure.ts';
import { readChunk, readComment } from '../../translate/chat/read-chunk.ts';
import { picturesOf, tokensOfPictures, withoutPictures } from '../../translate/pictures/pictures-of.ts';
import { roomRule } from '../../translate/room-rule.ts';
import { nowMs } from '../../transport/clock.ts';
import { newToolUseId } from '../../transport/ids.ts';
import type { Log } from '../../transport/log/log.ts';
import type { CountResult, PreparedAnswer, PrepareResult, ReadyModel } from '../ready-model.ts';
import { type ModelWindow, modelSlots, modelWindow } from './model-window.ts';
import { createPatience, wholeCallMs } from './patience.ts';
import type { Probed } from './probed.ts';
import { createTokenEstimate, surely } from './token-estimate.ts';
import { silenceOf, withTicks } from './with-ticks.ts';

export interface OwnerWishes {
  readonly window?: number | undefined;
  readonly slots?: number | undefined;
}

export interface ChatModelOptions {
  readonly server: ChatServer;
  readonly wishes: OwnerWishes;
  readonly log: Log;
  /** The server failed to answer: look at it again now. */
  onTrouble(): void;
  /** A request has come: whatever is only tried out can wait. */
  onWork(): void;
  /** The server begins to load the model because of us. What is returned is called when it has, with how long that took, ms. */
  onLoading(): (ms: number) => void;
  /** How long its loads took; null: none was seen. */
  loadTimes(): { readonly loadTimes: LoadTimes; readonly loadMs: number } | null;
}

/** How often the yard is told that a silent server is still waited for, ms; it gives up after 30 s. */
const tickMs = 5_000;

interface Counted {
  readonly tokens: number;
  readonly exact: boolean;
}

export class ChatModel implements ReadyModel {
  readonly #options: ChatModelOptions;
  readonly #estimate = createTokenEstimate();
  readonly #patience = createPatience();
  #listed: ListedModel;
  #probed: Probed | undefined;
  #loading: Promise<ChatFailure | null> | undefined;
  #working = 0;

  constructor(listed: ListedModel, options: ChatModelOptions) {
    this.#listed = listed;
    this.#options = options;
  }

  get listed(): ListedModel {
    return this.#listed;
  }

  /** As the server lists it now. */
  update(listed: ListedModel): void {
    this.#listed = listed;
  }

  get probed(): Probed | undefined {
    return this.#probed;
  }

  learn(probed: Probed): void {
    this.#probed = probed;
  }

  /** Nobody's request is with the server. */
  get idle(): boolean {
    return this.#working === 0;
  }

  get slots(): number {
    return modelSlots(this.#options.server, this.#listed, this.#options.wishes.slots);
  }

  /** How long the server's loads of it took; null: none was seen. */
  get loadTimes(): { readonly loadTimes: LoadTimes; readonly loadMs: number } | null {
    return this.#options.loadTimes();
  }

  get window(): ModelWindow {
    return modelWindow(this.#options.server, this.#listed, this.#options.wishes.window);
  }

  async count(request: GenerationRequest, signal: AbortSignal): Promise<CountResult> {
    return { tokens: (await this.#count(request, signal)).tokens };
  }

  async prepare(request: GenerationRequest, signal: AbortSignal): Promise<PrepareResult> {
    this.#options.onWork();
    const error = unableBecause(request, this.#options.server.dialect);
    if (error !== null) return { ok: false, reason: { code: 'refused', error } };
    const { tokens: window } = this.window;
    const counted = await this.#count(request, signal);
    signal.throwIfAborted();
    // A guess must be far off before a request is refused for it; the server has the last word.
    const atLeast = counted.exact ? counted.tokens : Math.floor(counted.tokens * surely);
    const room = roomRule(atLeast, request.maxTokens, window);
    if (!room.fits) {
      const { maximum } = room;
      const tokens = Math.max(counted.tokens, maximum + 1);
      return { ok: false, reason: { code: 'context-overflow', tokens, maximum, window } };
    }
    const least = Math.min(request.maxTokens, Math.floor(window / 8));
    const maxTokens = counted.exact
      ? room.maxTokens
      : Math.min(request.maxTokens, Math.max(least, window - counted.tokens));
    const answer: PreparedAnswer = {
      promptTokens: counted.tokens,
      window,
      maxTokens,
      generate: ({ scope }, abort) =>
        this.#watched(this.#generate({ request, counted, window, maxTokens, scope }, abort)),
    };
    return { ok: true, answer };
  }

  async *#watched<Value>(work: AsyncGenerator<Value, void>): AsyncGenerator<Value, void> {
    this.#working += 1;
    try {
      yield* work;
    } finally {
      this.#working -= 1;
    }
  }

  #body(request: GenerationRequest, scope: string, maxTokens: number, again?: ChatStep['again']): JsonObject {
    const { dialect } = this.#options.server;
    return chatBody(request, {
      dialect,
      model: this.#listed.name,
      maxTokens,
      window: this.window.tokens,
      // A template takes a switch it does not know; Ollama refuses one.
      thinks: this.#listed.thinking ?? dialect.thinkingSwitch === 'template-kwargs',
      scope,
      again,
    });
  }

  /** Servers count text; what a picture costs is each model's own affair. */
  async #count(request: GenerationRequest, signal: AbortSignal): Promise<Counted> {
    const body = this.#body(withoutPictures(request), '', 1);
    const pictures = picturesOf(request);
    const tokens = await this.#options.server.count(body, signal);
    return {
      tokens: (tokens ?? this.#estimate.of(body)) + tokensOfPictures(pictures),
      exact: tokens !== null && pictures.length === 0,
    };
  }

  async *#generate(
    task: { request: GenerationRequest; counted: Counted; window: number; maxTokens: number; scope: string },
    signal: AbortSignal,
  ): AsyncGenerator<readonly GenerationEvent[], void> {
    const { server, log } = this.#options;
    const { request, counted, maxTokens, scope } = task;
    if (!(yield* this.#load(signal))) return;
    const answer = createChatAnswer({
      request,
      maxTokens,
      window: task.window,
      promptTokens: counted.tokens,
      exact: counted.exact,
      server: server.title,
      thinkingOpen: this.#probed?.thinkingOpen === true,
      newToolUseId,
    });
    let again: ChatStep['again'];
    do {
      const body = this.#body(request, scope, maxTokens, again);
      again = yield* this.#run(body, answer, counted.tokens, picturesOf(request).length === 0, signal);
    } while (again !== undefined && !signal.aborted);
    for (const doubt of answer.doubts) log.warn('usage not believed', { server: server.title, doubt });
  }

  /** One request to the server; what to ask next, if anything. */
  async *#run(
    body: JsonObject,
    answer: ChatAnswer,
    promptTokens: number,
    /** Its length tells what a token is. */
    learns: boolean,
    signal: AbortSignal,
  ): AsyncGenerator<readonly GenerationEvent[], ChatStep['again']> {
    const { server, onTrouble } = this.#options;
    const stopping = new AbortController();
    const sentAtMs = nowMs();
    const silence = silenceOf({
      firstWordMs: this.#patience.firstWordMs(promptTokens),
      laterMs: server.dialect.wholeCalls && body.tools !== undefined ? wholeCallMs : null,
      tellsProgress: server.dialect.prefillProgress,
    });
    let learned = false;
    try {
      for await (const reply of withTicks(server.chat(body, AbortSignal.any([signal, stopping.signal])), tickMs)) {
        if (signal.aborted) return undefined;
        if (reply === 'tick') {
          const verdict = silence.tick(nowMs() - sentAtMs, answer.begun);
          if (verdict === 'over') {
            const why = `${server.title} has not answered for longer than it ever should. Try again.`;
            yield [{ type: 'generation-error', error: apiError('engine_stalled', why) }];
            onTrouble();
            return undefined;
          }
          if (verdict === 'wait') yield [waiting(answer.begun, promptTokens)];
          continue;
        }
        silence.heard(nowMs() - sentAtMs, reply.type);
        const step = this.#hear(reply, answer);
        if (step.events.length > 0) yield step.events;
        if (answer.begun && !learned) {
          learned = true;
          this.#patience.learn(promptTokens, nowMs() - sentAtMs);
        }
        const end = step.events.at(-1);
        if (end?.type === 'generation-end' && learns) this.#estimate.learn(body, end.usage.promptTokens);
        if (step.stop) return step.again;
      }
      return undefined;
    } finally {
      stopping.abort();
    }
  }

  #hear(reply: ChatReply, answer: ChatAnswer): ChatStep {
    const { server, onTrouble } = this.#options;
    switch (reply.type) {
      case 'opened':
        return { events: [], stop: false };
      case 'chunk':
        return answer.push(readChunk(reply.json, server.dialect));
      case 'comment':
        return answer.push(readComment(reply.text));
      case 'ended':
        return answer.end();
      case 'failed':
        onTrouble();
        return answer.fail(reply.failure);
    }
  }

  /** Loads the model where the server wants to be told; false when that came to nothing. */
  async *#load(signal: AbortSignal): AsyncGenerator<readonly GenerationEvent[], boolean> {
    const { server, log, onTrouble } = this.#options;
    if (this.#listed.state === 'loaded' || server.load === null) return true;
    const { name } = this.#listed;
    // One load for all who wait; it is not undone when one of them leaves.
    this.#loading ??= this.#timed(server.load(name, this.window.tokens, new AbortController().signal)).finally(() => {
      this.#loading = undefined;
      onTrouble();
    });
    for await (const outcome of withTicks(once(this.#loading), tickMs)) {
      if (signal.aborted) return false;
      if (outcome === 'tick') yield [{ type: 'progress', phase: 'loading', fraction: 0 }];
      else if (outcome !== null) {
        log.warn('the server did not load the model', { server: server.title, model: name, failure: outcome.kind });
        const context = { server: server.title, window: this.window.tokens, promptTokens: 0 };
        yield [{ type: 'generation-error', error: chatFailureError(outcome, context) }];
        return false;
      }
    }
    return true;
  }

  async #timed(load: Promise<ChatFailure | null>): Promise<ChatFailure | null> {
    const startedMs = nowMs();
    const onLoaded = this.#options.onLoading();
    const failure = await load;
    if (failure === null) onLoaded(nowMs() - startedMs);
    return failure;
  }
}

async function* once<Value>(value: Promise<Value>): AsyncGenerator<Value, void> {
  yield await value;
}

/** What is true of a server that says nothing: nothing more is known to be done. */
const waiting = (begun: boolean, promptTokens: number): GenerationEvent =>
  begun
    ? { type: 'progress', phase: 'decode', outputTokens: 0 }
    : { type: 'progress', phase: 'prefill', doneTokens: 0, totalTokens: promptTokens };
