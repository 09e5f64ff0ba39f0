/**
 * Tries out, with a handful of tiny requests, what a model at a server can do: documents say what a server offers, only
 * an answer shows what this model in this version does with it. A weak model may just not call a tool it was given:
 * that is said as "unseen" and takes nothing away; only a refusal does.
 */
import type { ChatServer, ListedModel } from '../../contract/engine/chat.ts';
import type { GenerationRequest, Picture } from '../../contract/generation/request.ts';
import { jsonFits } from '../../translate/answer/unusable-output.ts';
import { chatBody } from '../../translate/chat/chat-body.ts';
import { type ChatPart, readChunk, type ServerUsage } from '../../translate/chat/read-chunk.ts';
import { createRescueParser } from '../../translate/chat/rescue-parser.ts';
import { createWrittenCalls } from '../../translate/chat/written-calls.ts';
import { nowMs } from '../../transport/clock.ts';
import type { Probed } from './probed.ts';
import { colourQuestion, redSquare, visionVerdict } from './vision-question.ts';

export interface ProbeTask {
  readonly server: ChatServer;
  readonly model: ListedModel;
  /** As requests will name it. */
  readonly window: number;
  readonly slots: number;
}

/** One question may take this long; a server that needs longer is not tried out now, ms. */
const questionMs = 60_000;

/** What came of one question. */
interface Seen {
  readonly text: string;
  readonly reasoning: boolean;
  /** It ran into the limit. */
  readonly cut: boolean;
  readonly calls: number;
  /** Calls in the text. */
  readonly rescued: number;
  readonly usage: ServerUsage | null;
  /** Status of a refusal; 0: no answer at all. */
  readonly refused: number | null;
  readonly elapsedMs: number;
}

/** Null when the server did not answer even the plainest question, or the signal was aborted on the way. */
export async function probeModel(task: ProbeTask, signal: AbortSignal): Promise<Probed | null> {
  const { server, model } = task;
  const { dialect } = server;
  const ask = (request: Partial<GenerationRequest>, stopAtOutput = false) =>
    askOnce(task, request, signal, stopAtOutput);

  const first = await ask({});
  if (first.refused !== null || signal.aborted) return null;
  const again = await ask({});
  const called = await ask({
    tools: [weather],
    messages: says('What is the weather in Paris? Call the tool.'),
    maxTokens: 400,
  });
  const takesTools = called.refused !== 400;
  const forced =
    dialect.toolChoice === 'ignored' || !takesTools
      ? null
      : await ask({ tools: [weather], toolChoice: { type: 'any' }, maxTokens: 400, thinking: quiet });
  const both = takesTools
    ? await ask({
        tools: [weather],
        messages: says('Call the tool twice at once: for Paris and for Rome.'),
        maxTokens: 600,
      })
    : null;
  const on = await ask({ thinking: { mode: 'on', show: true } });
  const off = await ask({ thinking: { mode: 'off', show: true } });
  const output = { type: 'json', schema: answerSchema } as const;
  const json =
    dialect.jsonSchema === 'none'
      ? null
      : await ask({ output, messages: says('Name a colour, as JSON.'), maxTokens: 400, thinking: quiet });
  const vision = model.vision === false ? 'no' : await probeVision(ask);
  const cancel = await probeCancel(task, again.elapsedMs, ask);
  if (signal.aborted) return null;
  return {
    tools: !takesTools ? 'refused' : called.calls > 0 ? 'native' : called.rescued > 0 ? 'rescued' : 'unseen',
    parallel: both !== null && both.calls + both.rescued > 1 ? 'yes' : 'unseen',
    forced: forcedVerdict(forced, takesTools),
    thinking: off.reasoning ? 'always' : on.reasoning || first.reasoning ? 'switch' : 'none',
    vision,
    json: jsonVerdict(json),
    cancel,
    usage: usageVerdict(first.usage, again.usage),
    thinkingOpen: first.text.includes('</think>') && !first.text.includes('<think>'),
  };
}

function jsonVerdict(json: Seen | null): Probed['json'] {
  if (json === null) return 'no';
  if (json.refused !== null) return 'refused';
  if (jsonFits(json.text, answerSchema)) return 'yes';
  return json.cut ? 'unseen' : 'no';
}

function forcedVerdict(forced: Seen | null, takesTools: boolean): Probed['forced'] {
  if (forced === null) return takesTools ? 'no' : 'refused';
  if (forced.refused !== null) return forced.refused === 0 ? 'unknown' : 'refused';
  return forced.calls > 0 ? 'yes' : 'no';
}

function usageVerdict(first: ServerUsage | null, again: ServerUsage | null): Probed['usage'] {
  const stated = again ?? first;
  if (stated === null || stated.promptTokens === null) return 'none';
  return stated.cachedTokens === null ? 'without-cache' : 'with-cache';
}

async function probeVision(ask: (request: Partial<GenerationRequest>) => Promise<Seen>): Promise<Probed['vision']> {
  const look = async (pictures: readonly Picture[]) => {
    const messages = [{ role: 'user', text: colourQuestion, ...(pictures.length === 0 ? {} : { pictures }) } as const];
    const { refused, text, usage } = await ask({ messages, thinking: quiet });
    return { refused, text, promptTokens: usage?.promptTokens ?? null };
  };
  const shown = await look([redSquare]);
  return shown.refused === null ? visionVerdict(shown, await look([])) : visionVerdict(shown, shown);
}

/** With one slot, whoever comes after a request that was left waits until the server has noticed. */
async function probeCancel(
  { slots }: ProbeTask,
  usualMs: number,
  ask: (request: Partial<GenerationRequest>, stopAtOutput?: boolean) => Promise<Seen>,
): Promise<Probed['cancel']> {
  if (slots !== 1) return 'unknown';
  await ask({ messages: says('Count from 1 to 1000.'), maxTokens: 2_000 }, true);
  const next = await ask({});
  if (next.refused !== null) return 'unknown';
  return next.elapsedMs <= 3 * usualMs + 500 ? 'yes' : 'no';
}

const says = (text: string) => [{ role: 'user' as const, text }];

const weather = {
  name: 'get_weather',
  description: 'The weather of a city.',
  inputSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  strict: false,
};
/** Reasoning is tried out by itself; elsewhere it only takes room. */
const quiet = { mode: 'off', show: true } as const;
const answerSchema = {
  type: 'object',
  properties: { colour: { type: 'string' } },
  required: ['colour'],
  additionalProperties: false,
};

const plainRequest: GenerationRequest = {
  model: '',
  messages: says('Say OK.'),
  tools: [],
  toolChoice: { type: 'auto' },
  parallelToolCalls: true,
  thinking: { mode: 'auto', show: true },
  output: { type: 'text' },
  sampling: { temperature: 0 },
  stopSequences: [],
  maxTokens: 64,
};

async function askOnce(
  { server, model, window }: ProbeTask,
  changes: Partial<GenerationRequest>,
  signal: AbortSignal,
  stopAtOutput: boolean,
): Promise<Seen> {
  const request = { ...plainRequest, ...changes };
  const { dialect } = server;
  const body = chatBody(request, {
    dialect,
    model: model.name,
    maxTokens: request.maxTokens,
    window,
    thinks: model.thinking ?? dialect.thinkingSwitch === 'template-kwargs',
    scope: 'probe',
  });
  const stopping = new AbortController();
  const limits = AbortSignal.any([signal, stopping.signal, AbortSignal.timeout(questionMs)]);
  const startedMs = nowMs();
  const parts: ChatPart[] = [];
  let refused: number | null = null;
  for await (const reply of server.chat(body, limits)) {
    if (reply.type === 'failed') refused = reply.failure.kind === 'status' ? reply.failure.status : 0;
    if (reply.type !== 'chunk') continue;
    const read = readChunk(reply.json, dialect);
    parts.push(...read);
    if (stopAtOutput && read.some(({ type }) => type === 'text' || type === 'reasoning')) stopping.abort();
  }
  // Cut off by the time limit: it did not answer.
  if (limits.aborted && !stopping.signal.aborted) refused ??= 0;
  return { ...gather(parts, request.tools.length > 0), refused, elapsedMs: nowMs() - startedMs };
}

function gather(parts: readonly ChatPart[], tools: boolean): Omit<Seen, 'refused' | 'elapsedMs'> {
  const rescue = createRescueParser({ tools, thinkingOpen: false });
  const written = createWrittenCalls();
  let text = '';
  let calls = 0;
  let rescued = 0;
  let reasoning = false;
  let cut = false;
  let usage: ServerUsage | null = null;
  const take = (found: ReturnType<typeof rescue.push>): void => {
    for (const part of found) {
      if (part.type === 'tool-call') rescued += 1;
      else if (part.type === 'thinking') reasoning = true;
    }
  };
  for (const part of parts) {
    if (part.type === 'text') {
      text += part.text;
      take(rescue.push(part.text));
    } else if (part.type === 'reasoning') reasoning = true;
    else if (part.type === 'call') calls += written.push(part).length;
    else if (part.type === 'finish') cut = part.reason === 'length';
    else if (part.type === 'usage') usage = part.usage;
  }
  take(rescue.end());
  calls += written.end().length;
  return { text, calls, rescued, reasoning, cut, usage };
}
