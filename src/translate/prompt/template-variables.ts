/** What Hugging Face chat templates expect to be given, from a canonical request. */
import type {
  GenerationRequest,
  PromptMessage,
  ToolDefinition,
  ToolResultMessage,
} from '../../contract/generation/request.ts';

/** A tool in the OpenAI form that templates print. */
export interface TemplateTool {
  readonly type: 'function';
  readonly function: {
    readonly name: string;
    readonly description: string;
    readonly parameters: Readonly<Record<string, unknown>>;
  };
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
}

/** `messages`, `tools` and the thinking switch. `enable_thinking` is left undefined when the template may decide. */
export function templateVariables(
  { tools, thinking }: GenerationRequest,
  messages: readonly PromptMessage[],
  options: VariablesOptions,
): Record<string, unknown> {
  return {
    messages: messages.map((message) => templateMessage(message, options)),
    // null, as in transformers: templates ask `is not none`.
    tools: tools.length === 0 ? null : tools.map((tool) => options.protect(templateTool(tool))),
    ...(thinking.mode === 'auto' ? {} : { enable_thinking: thinking.mode === 'on' }),
  };
}

function templateMessage(message: PromptMessage, options: VariablesOptions): Record<string, unknown> {
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
function resultText({ text, isError }: ToolResultMessage): string {
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
