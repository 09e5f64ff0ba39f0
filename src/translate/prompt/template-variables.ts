/** What Hugging Face chat templates expect to be given, from a canonical request. */
import type {
  GenerationRequest,
  PromptMessage,
  ToolDefinition,
  ToolResultMessage,
} from '../../contract/generation/request.ts';
import type { ToolForms } from './tool-forms.ts';

/** A tool in the OpenAI form that templates print. */
export interface TemplateTool {
  readonly type: 'function';
  readonly function: {
    readonly name: string;
    readonly description: string;
    readonly parameters: Readonly<Record<string, unknown>>;
  };
}

export interface TemplateCall {
  readonly id: string;
  readonly type: 'function';
  readonly function: {
    readonly name: string;
    /** JSON text for templates that print it as it is. */
    readonly arguments: Readonly<Record<string, unknown>> | string;
  };
}

/** A message in the form that most templates take; `arrange-messages.ts` puts it in that of the others. */
export interface TemplateMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly content: string | null;
  readonly reasoning_content?: string;
  /** Reasoning, by the name that Harmony's template knows. */
  readonly thinking?: string;
  readonly tool_calls?: readonly TemplateCall[];
  readonly tool_call_id?: string;
  readonly name?: string;
}

export const templateTool = ({ name, description, inputSchema }: ToolDefinition): TemplateTool => ({
  type: 'function',
  function: { name, description, parameters: inputSchema },
});

export interface VariablesOptions {
  /** Applied to everything that came from the client. */
  readonly protect: <Value>(value: Value) => Value;
  /** Prints tools loaded in mid-conversation, in the form of the template's own list. */
  readonly printTools: (tools: readonly TemplateTool[]) => string;
  readonly toolForms: ToolForms;
  /** Puts the messages the way this template wants them. */
  readonly arrange: (messages: readonly TemplateMessage[]) => readonly TemplateMessage[];
  /** For a template without a place for tools: what tells of them in the system prompt. */
  readonly listTools: ((tools: readonly TemplateTool[]) => string) | undefined;
}

/** `messages`, `tools` and the thinking switch, which is left undefined when the template may decide. */
export function templateVariables(
  { tools, thinking }: GenerationRequest,
  messages: readonly PromptMessage[],
  options: VariablesOptions,
): Record<string, unknown> {
  const form = options.toolForms.of(tools, options.protect);
  const put = messages.map((message) => templateMessage(message, options));
  const told =
    options.listTools === undefined || tools.length === 0 ? put : withTools(put, options.listTools(form.tools));
  return {
    messages: options.arrange(told),
    tools: form.variable,
    ...(thinking.mode === 'auto' ? {} : thinkingVariables(thinking.mode === 'on')),
  };
}

/** The list of tools behind the system prompt, or in its place. */
function withTools(messages: readonly TemplateMessage[], list: string): readonly TemplateMessage[] {
  const [first, ...rest] = messages;
  if (first?.role !== 'system') return [{ role: 'system', content: list }, ...messages];
  return [{ ...first, content: first.content === '' ? list : `${first.content}\n\n${list}` }, ...rest];
}

/** The names that templates give their thinking switch. */
export const thinkingVariables = (on: boolean): Readonly<Record<string, boolean>> => ({
  enable_thinking: on,
  thinking: on,
});

function templateMessage(message: PromptMessage, options: VariablesOptions): TemplateMessage {
  const { protect } = options;
  switch (message.role) {
    case 'system':
      return { role: 'system', content: protect(message.text) };
    case 'user':
      return { role: 'user', content: withLoadedTools(protect(message.text), message.loadedTools, options) };
    case 'tool':
      return {
        role: 'tool',
        tool_call_id: protect(message.toolCallId),
        name: protect(message.toolName),
        content: withLoadedTools(protect(resultText(message)), message.loadedTools, options),
      };
    case 'assistant':
      return {
        role: 'assistant',
        content: protect(message.text),
        ...(message.reasoning === undefined ? {} : { reasoning_content: protect(message.reasoning) }),
        ...(message.toolCalls === undefined
          ? {}
          : {
              tool_calls: message.toolCalls.map(({ id, name, input }) => ({
                id: protect(id),
                type: 'function',
                function: { name: protect(name), arguments: protect(input) },
              })),
            }),
      };
  }
}

/** Templates know no failed results: the text has to say so. */
export function resultText({ text, isError }: ToolResultMessage): string {
  return isError && !/^\s*(?:<tool_use_error>|error\b)/i.test(text) ? `Error: ${text}` : text;
}

function withLoadedTools(
  text: string,
  tools: readonly ToolDefinition[] | undefined,
  { protect, printTools }: VariablesOptions,
): string {
  if (tools === undefined) return text;
  const printed = printTools(tools.map((tool) => protect(templateTool(tool))));
  return text === '' ? printed : `${text}\n${printed}`;
}
