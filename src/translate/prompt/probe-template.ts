/**
 * Finds out what a chat template can do by rendering small conversations, instead of trusting its
 * source text to look a certain way.
 */
import { families } from '../families/families.ts';
import type { Family } from '../families/family.ts';
import { plain } from '../families/plain.ts';
import { arrangeMessages, type MessageForm, usualForm } from './arrange-messages.ts';
import { type ParsedTemplate, runTemplate } from './run-template.ts';
import { type TemplateMessage, thinkingVariables } from './template-variables.ts';

export interface TemplateAbilities {
  /** Whose way of writing calls it shows; `plain` when it shows none that we know. */
  readonly family: Family;
  /** It lists tools. */
  readonly listsTools: boolean;
  /** How its messages with calls have to be put. */
  readonly form: MessageForm;
  /** It knows the family's reasoning. */
  readonly thinking: boolean;
  /** The thinking switch changes what it prints. */
  readonly thinkingSwitch: boolean;
  /** Its list of tools prints only the inner `function` object of each tool. */
  readonly bareTools: boolean;
  /** Its list of tools stands between `<tools>` tags. */
  readonly toolsTag: boolean;
}

const user = { role: 'user', content: 'Hello.' } as const;
const assistant = { role: 'assistant', content: 'Well.' } as const;
const call = (id: string, depth: string) =>
  ({ id, type: 'function', function: { name: 'probe_tool', arguments: { depth } } }) as const;
const result = (id: string) => ({ role: 'tool', tool_call_id: id, name: 'probe_tool', content: 'Done.' }) as const;
const called: readonly TemplateMessage[] = [
  user,
  { role: 'assistant', content: '', tool_calls: [call('call00001', 'three')] },
  result('call00001'),
];
const calledTwice: readonly TemplateMessage[] = [
  user,
  { role: 'assistant', content: '', tool_calls: [call('call00001', 'three'), call('call00002', 'four')] },
  result('call00001'),
  result('call00002'),
];
const calledWithWords: readonly TemplateMessage[] = [
  user,
  { role: 'assistant', content: 'Beside.', tool_calls: [call('call00001', 'three')] },
  result('call00001'),
  assistant,
  user,
];
const tool = {
  type: 'function',
  function: {
    name: 'probe_tool',
    description: 'Probes.',
    parameters: { type: 'object', properties: { depth: { type: 'string' } }, required: ['depth'] },
  },
};

/** What templates disagree about: arguments as an object or as JSON text, no words as '' or as null. */
const forms: readonly MessageForm[] = (['object', 'text'] as const).flatMap((args) =>
  (['', null] as const).map((noWords) => ({ ...usualForm, arguments: args, noWords })),
);

export function probeTemplate(template: ParsedTemplate, texts: Readonly<Record<string, string>>): TemplateAbilities {
  /** '' when the template refuses the conversation. */
  const render = (variables: Readonly<Record<string, unknown>>): string => {
    try {
      return runTemplate(template, { tools: null, add_generation_prompt: true, ...texts, ...variables });
    } catch {
      return '';
    }
  };
  const renderAs = (messages: readonly TemplateMessage[], family: Family, form: MessageForm): string =>
    render({ messages: arrangeMessages(messages, family, form), tools: [tool] });

  function familyAndForm(): { readonly family: Family; readonly form: MessageForm } {
    for (const form of forms) {
      for (const family of families) {
        if (family.writesCall(renderAs(called, family, form))) return { family, form: refined(family, form) };
      }
    }
    return { family: plain, form: usualForm };
  }

  function refined(family: Family, form: MessageForm): MessageForm {
    const twice = renderAs(calledTwice, family, form);
    const manyCalls = twice.includes('three') && twice.includes('four');
    const bothKept = (words: MessageForm['words']): boolean => {
      const printed = renderAs(calledWithWords, family, { ...form, words });
      return printed.includes('Beside.') && printed.includes('three');
    };
    const words = (['beside', 'before'] as const).find(bothKept) ?? 'dropped';
    return { ...form, manyCalls, words };
  }

  const { family, form } = familyAndForm();
  const list = render({ messages: [user], tools: [tool] });
  const listsTools = list.includes('probe_tool');
  const thinking = (on: boolean) => render({ messages: [user], ...thinkingVariables(on) });
  const tags = family.thinking.flat();
  return {
    family,
    form,
    listsTools,
    thinking: tags.length === 0 || tags.some((tag) => template.source.includes(tag)),
    thinkingSwitch: thinking(true) !== thinking(false),
    bareTools: !/"function":\s*\{\s*"name":\s*"probe_tool"/.test(list),
    toolsTag: /<tools>[\s\S]*probe_tool[\s\S]*<\/tools>/.test(list),
  };
}
