/**
 * Finds out what a chat template can do by rendering small conversations, instead of trusting its
 * source text to look a certain way.
 */
import { type ParsedTemplate, runTemplate } from './run-template.ts';

export interface TemplateAbilities {
  /** The template lists tools and writes calls. */
  readonly rendersTools: boolean;
  /** Its calls are `<tool_call>{"name": ..., "arguments": ...}</tool_call>`. */
  readonly hermesCalls: boolean;
  /** It knows `<think>` reasoning. */
  readonly thinkTags: boolean;
  /** `enable_thinking` changes what it prints. */
  readonly thinkingSwitch: boolean;
  /** Its list of tools prints only the inner `function` object of each tool. */
  readonly bareTools: boolean;
  /** Its list of tools stands between `<tools>` tags. */
  readonly toolsTag: boolean;
}

const user = { role: 'user', content: 'Hello.' };
const call = { id: 'call00001', type: 'function', function: { name: 'probe_tool', arguments: { depth: 'three' } } };
const called = [
  user,
  { role: 'assistant', content: '', tool_calls: [call] },
  { role: 'tool', tool_call_id: call.id, name: 'probe_tool', content: 'Done.' },
];
const tool = {
  type: 'function',
  function: {
    name: 'probe_tool',
    description: 'Probes.',
    parameters: { type: 'object', properties: { depth: { type: 'string' } }, required: ['depth'] },
  },
};

export function probeTemplate(template: ParsedTemplate, texts: Readonly<Record<string, string>>): TemplateAbilities {
  /** '' when the template refuses the conversation. */
  const render = (variables: Readonly<Record<string, unknown>>): string => {
    try {
      return runTemplate(template, { tools: null, add_generation_prompt: true, ...texts, ...variables });
    } catch {
      return '';
    }
  };
  const list = render({ messages: [user], tools: [tool] });
  const calls = render({ messages: called, tools: [tool] });
  const thinking = (on: boolean) => render({ messages: [user], enable_thinking: on });
  return {
    rendersTools: list.includes('probe_tool') && calls.includes('three'),
    hermesCalls:
      /<tool_call>\s*\{"name":\s*"probe_tool",\s*"arguments":\s*\{"depth":\s*"three"\}\s*\}\s*<\/tool_call>/.test(
        calls,
      ),
    thinkTags: template.source.includes('<think>') || template.source.includes('</think>'),
    thinkingSwitch: thinking(true) !== thinking(false),
    bareTools: !/"function":\s*\{\s*"name":\s*"probe_tool"/.test(list),
    toolsTag: /<tools>[\s\S]*probe_tool[\s\S]*<\/tools>/.test(list),
  };
}
