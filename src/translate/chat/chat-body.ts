/**
 * A canonical request as the body of a chat request, in the dialect of the server that will answer. What a
 * server cannot do is refused by the feature table before; nothing is dropped here but what was asked to be.
 *
 * Stop sequences are not sent: servers cut the answer at them without saying which one it was, some also inside
 * reasoning. We look for them ourselves and close the connection.
 */
import type { ChatDialect, JsonObject } from '../../contract/engine/chat.ts';
import { type ApiError, apiError } from '../../contract/errors.ts';
import type {
  AssistantMessage,
  GenerationRequest,
  Picture,
  PromptMessage,
  ToolDefinition,
  ToolResultMessage,
  UserMessage,
} from '../../contract/generation/request.ts';
import { visibleTools } from '../grammar/request-grammar.ts';
import { picturesIn } from '../pictures/pictures-of.ts';
import { resultText, templateTool, thinkingVariables } from '../prompt/template-variables.ts';

export interface ChatBodyOptions {
  readonly dialect: ChatDialect;
  /** The model's name at the server. */
  readonly model: string;
  /** After the room rule. */
  readonly maxTokens: number;
  /** Context to allocate, tokens, where a request says so (Ollama). */
  readonly window: number;
  /** Whether the model has a thinking switch at all: some servers refuse one for those that have none. */
  readonly thinks: boolean;
  /** KV is shared only within one, where the server can keep scopes apart. */
  readonly scope: string;
  /** For one more try at a bad call: a call is required, of this tool and no other where one is named. */
  readonly again?: { readonly force: string | undefined } | undefined;
}

export function chatBody(request: GenerationRequest, options: ChatBodyOptions): JsonObject {
  const { dialect, model } = options;
  const messages = withResultPictures(request.messages).map((message) => chatMessage(message, dialect));
  const offered = offeredTools(request, options.again?.force);
  const tools = offered.length === 0 ? {} : { tools: offered.map(templateTool) };
  const scope = dialect.scopeField === null ? {} : { [dialect.scopeField]: options.scope };
  const shared = { model, messages, ...tools, ...dialect.always, ...scope };
  return dialect.wire === 'ollama'
    ? { ...shared, ...ollamaFields(request, options) }
    : { ...shared, ...openAiFields(request, options, offered.length > 0) };
}

/** Why a request cannot be put to a server of this kind, where no table knew before; null: it can. */
export function unableBecause(request: GenerationRequest, dialect: ChatDialect): ApiError | null {
  const both = request.output.type === 'json' && offeredTools(request, undefined).length > 0;
  if (!both || dialect.schemaWithTools) return null;
  return apiError(
    'unsupported_feature',
    'output_config.format: together with tools the server of this model would never call one. Leave out the format or the tools.',
  );
}

/** Forced to one: that one alone, which holds everywhere. Forbidden: none, and history still shows the calls. */
function offeredTools(request: GenerationRequest, force: string | undefined): readonly ToolDefinition[] {
  const { toolChoice } = request;
  if (toolChoice.type === 'none') return [];
  const only = force ?? (toolChoice.type === 'tool' ? toolChoice.name : undefined);
  const tools = visibleTools(request);
  return only === undefined ? tools : tools.filter(({ name }) => name === only);
}

function openAiFields(request: GenerationRequest, options: ChatBodyOptions, hasTools: boolean): JsonObject {
  const { dialect, again } = options;
  const { sampling, toolChoice, output } = request;
  const forced = again !== undefined || toolChoice.type === 'any' || toolChoice.type === 'tool';
  return {
    max_tokens: Math.max(1, options.maxTokens),
    ...(sampling.temperature === undefined ? {} : { temperature: sampling.temperature }),
    ...(sampling.topP === undefined ? {} : { top_p: sampling.topP }),
    ...(sampling.topK === undefined || !dialect.topK ? {} : { top_k: sampling.topK }),
    ...(sampling.seed === undefined ? {} : { seed: sampling.seed }),
    ...(hasTools && forced ? { tool_choice: 'required' } : {}),
    ...(hasTools && dialect.parallelFlag
      ? { parallel_tool_calls: request.parallelToolCalls && again === undefined }
      : {}),
    ...(output.type === 'json' && dialect.jsonSchema === 'response-format'
      ? {
          response_format: {
            type: 'json_schema',
            json_schema: { name: 'answer', strict: true, schema: output.schema },
          },
        }
      : {}),
    ...thinkingFields(request, options),
  };
}

function ollamaFields(request: GenerationRequest, options: ChatBodyOptions): JsonObject {
  const { sampling, output } = request;
  return {
    ...(output.type === 'json' ? { format: output.schema } : {}),
    ...thinkingFields(request, options),
    options: {
      num_ctx: options.window,
      num_predict: Math.max(1, options.maxTokens),
      ...(sampling.temperature === undefined ? {} : { temperature: sampling.temperature }),
      ...(sampling.topP === undefined ? {} : { top_p: sampling.topP }),
      ...(sampling.topK === undefined ? {} : { top_k: sampling.topK }),
      ...(sampling.seed === undefined ? {} : { seed: sampling.seed }),
    },
  };
}

function thinkingFields({ thinking }: GenerationRequest, { dialect, thinks }: ChatBodyOptions): JsonObject {
  if (!thinks || thinking.mode === 'auto') return {};
  const on = thinking.mode === 'on';
  switch (dialect.thinkingSwitch) {
    case 'template-kwargs':
      return { chat_template_kwargs: thinkingVariables(on) };
    case 'think':
      return { think: on };
    case 'none':
      return {};
  }
}

function chatMessage(message: PromptMessage, dialect: ChatDialect): JsonObject {
  switch (message.role) {
    case 'system':
      return { role: 'system', content: message.text };
    case 'user':
      return userMessage(message, dialect);
    case 'tool':
      return toolMessage(message, dialect);
    case 'assistant':
      return assistantMessage(message, dialect);
  }
}

/** Results of tools are text in chat requests: their pictures stand at the beginning of what the user says next. */
function withResultPictures(messages: readonly PromptMessage[]): readonly PromptMessage[] {
  const placed: PromptMessage[] = [];
  let waiting: Picture[] = [];
  const show = (next: UserMessage): void => {
    placed.push(waiting.length === 0 ? next : { ...next, pictures: [...waiting, ...(next.pictures ?? [])] });
    waiting = [];
  };
  for (const message of messages) {
    if (message.role === 'user') show(message);
    else {
      if (message.role !== 'tool' && waiting.length > 0) show(resultPictures);
      placed.push(message);
      waiting.push(...picturesIn(message));
    }
  }
  if (waiting.length > 0) show(resultPictures);
  return placed;
}

const resultPictures: UserMessage = { role: 'user', text: 'The images of the results above.' };

function userMessage({ text, pictures = [] }: UserMessage, { wire }: ChatDialect): JsonObject {
  if (pictures.length === 0) return { role: 'user', content: text };
  if (wire === 'ollama') return { role: 'user', content: text, images: pictures.map(({ data }) => data) };
  const parts: JsonObject[] = [];
  let told = 0;
  const say = (upTo: number): void => {
    const piece = text.slice(told, upTo).trim();
    if (piece !== '') parts.push({ type: 'text', text: piece });
    told = Math.max(told, upTo);
  };
  for (const { at, mediaType, data } of pictures) {
    say(at);
    parts.push({ type: 'image_url', image_url: { url: `data:${mediaType};base64,${data}` } });
  }
  say(text.length);
  return { role: 'user', content: parts };
}

function toolMessage(message: ToolResultMessage, { wire }: ChatDialect): JsonObject {
  const content = resultText(message);
  return wire === 'ollama'
    ? { role: 'tool', tool_name: message.toolName, tool_call_id: message.toolCallId, content }
    : { role: 'tool', tool_call_id: message.toolCallId, content };
}

function assistantMessage({ text, reasoning, toolCalls }: AssistantMessage, dialect: ChatDialect): JsonObject {
  const { wire, reasoningBack } = dialect;
  const calls = toolCalls?.map(({ id, name, input }) =>
    wire === 'ollama'
      ? { id, function: { name, arguments: input } }
      : { id, type: 'function', function: { name, arguments: JSON.stringify(input) } },
  );
  return {
    role: 'assistant',
    // Some templates fail on a missing `content`, none on an empty one.
    content: text,
    ...(reasoning === undefined || reasoningBack === null ? {} : { [reasoningBack]: reasoning }),
    ...(calls === undefined ? {} : { tool_calls: calls }),
  };
}
