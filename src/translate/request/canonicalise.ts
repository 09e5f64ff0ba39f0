/**
 * A checked Messages request -> the one form everything behind the gateway works with. Two requests
 * that mean the same are equal here, and a later turn of a conversation only appends: prefix reuse
 * on the machines depends on both. Done in place and never upwards: what a client adds in
 * mid-conversation stays where it stands.
 */
import type { InputMessage, MessagesRequest } from '../../contract/anthropic/request.ts';
import type { GenerationRequest, OutputFormat, PromptMessage, Sampling } from '../../contract/generation/request.ts';
import type { Note } from './feature-notes.ts';
import { joinTexts } from './flatten-blocks.ts';
import { type Affinity, readAffinity } from './read-affinity.ts';
import { readConversation } from './read-conversation.ts';
import { readThinking } from './read-thinking.ts';
import { readToolChoice, readTools } from './read-tools.ts';
import { recogniseSideCall, type SideCall } from './recognise-side-call.ts';

export interface CanonicalForm {
  /** `model` is as the client asked; the gateway resolves it. */
  readonly request: GenerationRequest;
  readonly stream: boolean;
  readonly affinity: Affinity;
  readonly sideCall: SideCall | null;
}

export interface CanonicaliseOptions {
  /** Called for rows of the feature table that only the whole conversation can tell of. */
  readonly note?: Note;
  /** The model sees: pictures stay. Otherwise sentences stand where they were. */
  readonly sees?: boolean;
  /** Whether a signature is ours for this thinking. Foreign thinking is kept, and noted. */
  readonly verifySignature?: (thinking: string, signature: string) => boolean;
}

/** Total: every request that passed `readMessagesRequest` has a canonical form. */
export function canonicalise(asked: MessagesRequest, options: CanonicaliseOptions = {}): CanonicalForm {
  const { note = () => {} } = options;
  const tools = readTools(asked);
  const { toolChoice, parallelToolCalls } = readToolChoice(asked, tools, note);
  const output = readOutput(asked);
  const { leading, conversation } = splitLeadingSystem(asked.messages);
  const messages: PromptMessage[] = readConversation(conversation, {
    tools,
    verifySignature: options.verifySignature,
    sees: options.sees === true,
    note,
  });
  const system = readSystem(asked.system, [...leading, ...unavailable(tools.leftOut)]);
  if (system !== '') messages.unshift({ role: 'system', text: system });
  const forced = toolChoice.type === 'any' || toolChoice.type === 'tool';
  const prefilled = messages.at(-1)?.role === 'assistant';
  const constrained = forced || output.type === 'json' || prefilled;
  const request: GenerationRequest = {
    model: asked.model,
    messages,
    tools: tools.visible,
    toolChoice,
    parallelToolCalls,
    thinking: readThinking(asked.thinking, constrained, note),
    output,
    sampling: readSampling(asked),
    stopSequences: asked.stop_sequences ?? [],
    maxTokens: asked.max_tokens,
  };
  return {
    request,
    stream: asked.stream === true,
    affinity: readAffinity(asked.metadata?.user_id),
    sideCall: recogniseSideCall(asked),
  };
}

/** Claude Code's first system block; it changes with the conversation and would spoil every prefix. */
const billingLine = /^x-anthropic-billing-header:[^\n]*\n*/;

function readSystem(system: MessagesRequest['system'], leading: readonly string[]): string {
  const texts = typeof system === 'string' ? [system] : (system ?? []).map(({ text }) => text);
  return joinTexts([...texts.map((text) => text.replace(billingLine, '')), ...leading].filter((text) => text !== ''));
}

/** A model that is asked to search, and has nothing to search with, would make its findings up. */
const unavailable = (names: readonly string[]): readonly string[] =>
  names.length === 0
    ? []
    : [
        `Not available in this conversation: ${names.join(', ')}. Nothing is searched, fetched or run for you. Where that would be needed, say plainly that it is not available, then answer from what you know.`,
      ];

/**
 * `system` messages before everything else stand where the system prompt stands, and join it.
 * Alone they are all there is to answer, and stay.
 */
function splitLeadingSystem(messages: readonly InputMessage[]): {
  readonly leading: readonly string[];
  readonly conversation: readonly InputMessage[];
} {
  const first = messages.findIndex(
    (message) => message.role !== 'system' || (typeof message.content !== 'string' && hasToolChanges(message)),
  );
  if (first <= 0) return { leading: [], conversation: messages };
  const leading = messages.slice(0, first).map(({ content }) => {
    if (typeof content === 'string') return content;
    return joinTexts((content ?? []).flatMap((block) => (block.type === 'text' ? [block.text] : [])));
  });
  return { leading, conversation: messages.slice(first) };
}

const hasToolChanges = ({ content }: InputMessage): boolean =>
  Array.isArray(content) && content.some((block: { readonly type: string }) => block.type !== 'text');

function readOutput({ output_config, output_format }: MessagesRequest): OutputFormat {
  const format = output_config?.format ?? output_format;
  return format ? { type: 'json', schema: format.schema } : { type: 'text' };
}

function readSampling({ temperature, top_p, top_k }: MessagesRequest): Sampling {
  return {
    ...(typeof temperature === 'number' ? { temperature } : {}),
    ...(typeof top_p === 'number' ? { topP: top_p } : {}),
    ...(typeof top_k === 'number' ? { topK: top_k } : {}),
  };
}
