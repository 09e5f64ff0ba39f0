/**
 * Puts messages with tool calls the way a template wants them. The canonical form is what most templates
 * take; the others either print something else without a word or refuse. Which way is found by probing.
 */
import type { Family } from '../families/family.ts';
import { plainJson } from './template-json.ts';
import type { TemplateCall, TemplateMessage } from './template-variables.ts';

export interface MessageForm {
  /** Arguments as an object, or as the JSON text itself. */
  readonly arguments: 'object' | 'text';
  /** `content` of a message that says nothing beside its calls. */
  readonly noWords: '' | null;
  /** A message may hold several calls. Otherwise each gets a message of its own, its result behind it. */
  readonly manyCalls: boolean;
  /**
   * Words beside a call are printed there; or they would be lost, and get a message of their own before it;
   * or the template has no place for them at all, and they are left out of what the model sees again.
   */
  readonly words: 'beside' | 'before' | 'dropped';
}

export const usualForm: MessageForm = { arguments: 'object', noWords: '', manyCalls: true, words: 'beside' };

export function arrangeMessages(
  messages: readonly TemplateMessage[],
  { calls }: Family,
  form: MessageForm,
): readonly TemplateMessage[] {
  const named = calls?.callId === undefined ? messages : withIds(messages, calls.callId);
  const single = form.manyCalls ? named : withSingleCalls(named);
  const printed = calls?.argumentsAsTexts === true ? single.map(withArgumentTexts) : single;
  const put = printed.flatMap((message) => putCalls(message, form));
  return calls?.arrange === undefined ? put : calls.arrange(put);
}

function putCalls(message: TemplateMessage, form: MessageForm): readonly TemplateMessage[] {
  const { tool_calls: calls, content, ...rest } = message;
  if (calls === undefined) return [message];
  const put = form.arguments === 'object' ? calls : calls.map(withTextArguments);
  if (content === '' || content === null) return [{ ...rest, content: form.noWords, tool_calls: put }];
  if (form.words === 'beside') return [{ ...rest, content, tool_calls: put }];
  const silent = { ...rest, content: form.noWords, tool_calls: put };
  return form.words === 'before' ? [{ role: message.role, content }, silent] : [silent];
}

const withTextArguments = (call: TemplateCall): TemplateCall => ({
  ...call,
  function: { ...call.function, arguments: plainJson(call.function.arguments) },
});

/** Some of these templates can print only text, others print Python's words for what is none. */
function withArgumentTexts(message: TemplateMessage): TemplateMessage {
  if (message.tool_calls === undefined) return message;
  const put = message.tool_calls.map((call): TemplateCall => {
    const texts = Object.entries(call.function.arguments).map(([key, value]: [string, unknown]) => [
      key,
      typeof value === 'string' ? value : plainJson(value),
    ]);
    return { ...call, function: { ...call.function, arguments: Object.fromEntries(texts) } };
  });
  return { ...message, tool_calls: put };
}

/** Ids in the family's form, in calls and in the results that name them. */
function withIds(
  messages: readonly TemplateMessage[],
  callId: (name: string, index: number) => string,
): readonly TemplateMessage[] {
  const ids = new Map<string, string>();
  let count = 0;
  return messages.map((message) => {
    if (message.tool_calls !== undefined) {
      const renamed = message.tool_calls.map((call) => {
        const id = callId(call.function.name, count++);
        ids.set(call.id, id);
        return { ...call, id };
      });
      return { ...message, tool_calls: renamed };
    }
    const id = message.tool_call_id === undefined ? undefined : ids.get(message.tool_call_id);
    return id === undefined ? message : { ...message, tool_call_id: id };
  });
}

/** One message per call, each followed by its result. */
function withSingleCalls(messages: readonly TemplateMessage[]): readonly TemplateMessage[] {
  const put: TemplateMessage[] = [];
  for (let at = 0; at < messages.length; at++) {
    const message = messages[at]!;
    if (message.tool_calls === undefined || message.tool_calls.length < 2) {
      put.push(message);
      continue;
    }
    const results: TemplateMessage[] = [];
    while (messages[at + 1]?.role === 'tool') results.push(messages[++at]!);
    const { tool_calls: calls, reasoning_content: _, ...rest } = message;
    calls.forEach((call, index) => {
      const first = index === 0 ? { ...message } : { ...rest, content: '' };
      put.push({ ...first, tool_calls: [call] });
      const result = results.findIndex(({ tool_call_id: id }) => id === call.id);
      if (result !== -1) put.push(...results.splice(result, 1));
    });
    put.push(...results);
  }
  return put;
}
