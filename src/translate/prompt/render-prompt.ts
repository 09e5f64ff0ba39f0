/** A canonical request -> the prompt of one model, safe to tokenize. */
import type { PromptSegment } from '../../contract/engine/raw.ts';
import { type ApiError, apiError } from '../../contract/errors.ts';
import type { GenerationRequest, PromptMessage } from '../../contract/generation/request.ts';
import { makeMark } from './control-guard.ts';
import { TemplateRefusal } from './run-template.ts';
import type { ChatTemplate } from './template.ts';
import { templateVariables } from './template-variables.ts';

export interface RenderedPrompt {
  /** Clients' text that looks like a control token is in segments with `special: false`. */
  readonly segments: readonly PromptSegment[];
  /** The prompt ends inside reasoning: the first generated text continues it. */
  readonly thinkingOpen: boolean;
  /** The answer continues text the client gave (a prefill). */
  readonly continues: boolean;
}

export type PromptRendering =
  | { readonly ok: true; readonly prompt: RenderedPrompt }
  | { readonly ok: false; readonly error: ApiError };

/** A template may repeat what it is given this often, and add this much, characters. More is a fault of the template. */
const growth = 4;
const allowance = 64 * 1024;

/**
 * Renders a request. `secret` (8 or more letters and digits, new for each call) keeps clients from
 * imitating the marks of the control guard; it never reaches the prompt. Tools are rendered whatever
 * `toolChoice` says: the prefix must not change with it.
 */
export function renderPrompt(template: ChatTemplate, request: GenerationRequest, secret: string): PromptRendering {
  const unfit = unfitFor(template, request);
  if (unfit !== null) return { ok: false, error: unfit };
  const mark = makeMark(secret);
  let isMarked = false;
  const protect = <Value>(value: Value): Value => {
    const safe = template.guard.protect(value, mark);
    isMarked ||= safe !== value;
    return safe;
  };
  const { context, prefill } = splitPrefill(request.messages);
  let text: string;
  try {
    const { printTools, toolForms, arrange, listTools } = template;
    const variables = templateVariables(request, context, { protect, printTools, toolForms, arrange, listTools });
    text = template.render({ ...variables, add_generation_prompt: true });
  } catch (error) {
    return { ok: false, error: refusal(template, error) };
  }
  const { thinking, textOpening = '' } = template.family;
  let opened = thinking.find(([open]) => text.trimEnd().endsWith(open));
  if (prefill !== null) {
    // Templates that always open reasoning: the client's text is part of the answer, not of that.
    text += (opened === undefined ? '' : `\n${opened[1]}\n\n`) + textOpening + protect(prefill);
    opened = undefined;
  }
  const thinkingOpen = opened !== undefined;
  // Looking for marks costs a pattern made anew for each prompt, and mostly there are none.
  const segments = isMarked ? template.guard.split(text, mark) : text === '' ? [] : [{ text, special: true }];
  const overgrown = checkGrowth(segments, request);
  if (overgrown !== null) return { ok: false, error: overgrown };
  return { ok: true, prompt: { segments, thinkingOpen, continues: prefill !== null } };
}

function checkGrowth(segments: readonly PromptSegment[], request: GenerationRequest): ApiError | null {
  const chars = segments.reduce((sum, { text }) => sum + text.length, 0);
  const given = (size: number): boolean => chars <= growth * size + allowance;
  // What few texts allow need not be asked of all, nor what all of them allow of the whole as it would be written down.
  if (chars <= allowance || given(messageChars(request)) || given(textChars(request))) return null;
  if (given(JSON.stringify(request).length)) return null;
  return apiError(
    'unsupported_feature',
    `The model's chat template made ${chars} characters of this conversation, far more than it was given. The template is faulty: use another build of the model.`,
  );
}

const messageChars = ({ messages }: GenerationRequest): number =>
  messages.reduce((sum, { text }) => sum + text.length, 0);

/** Characters of all texts in a value. */
function textChars(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce((sum: number, part) => sum + textChars(part), 0);
}

/** Tools with a model that cannot be offered them, as a refusal rather than as silence. */
function unfitFor(template: ChatTemplate, { tools, toolChoice }: GenerationRequest): ApiError | null {
  if (tools.length === 0 || template.tools || toolChoice.type === 'none') return null;
  const why = template.certified
    ? 'its chat template has no place for tools'
    : 'the way it writes tool calls is not certified here';
  return apiError(
    'unsupported_feature',
    `tools: this model cannot be offered tools: ${why}. Ask a model whose catalogue entry has tools, or leave them out.`,
  );
}

/** The last message of an assistant is the beginning of the answer. */
function splitPrefill(messages: readonly PromptMessage[]): {
  readonly context: readonly PromptMessage[];
  readonly prefill: string | null;
} {
  const last = messages.at(-1);
  if (last?.role !== 'assistant' || last.toolCalls !== undefined) return { context: messages, prefill: null };
  return { context: messages.slice(0, -1), prefill: last.text };
}

function refusal({ source }: ChatTemplate, error: unknown): ApiError {
  if (error instanceof TemplateRefusal) {
    // Only the template's own words: a template may build its message from what clients wrote.
    const own = error.message !== '' && source.includes(error.message) ? `: ${error.message}` : '';
    return apiError('unsupported_feature', `The model's chat template refuses this conversation${own}.`);
  }
  return apiError(
    'unsupported_feature',
    "The model's chat template fails on this conversation: it uses something our template engine does not know, or expects another form of conversation. Try a simpler one, or another model.",
  );
}
