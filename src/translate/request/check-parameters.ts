/** What a schema cannot say about the figures and tools of a request. Texts are those of the real API. */
import type { MessagesRequest, Tool } from '../../contract/anthropic/request.ts';
import { type ApiError, apiError } from '../../contract/errors.ts';
import { limits } from '../../contract/limits.ts';
import { classifyTypedTool, defaultToolName } from './anthropic-tools.ts';

const invalid = (message: string): ApiError => apiError('invalid_request', message);

/** The first fault outside `messages`, or null. */
export function checkParameters(request: MessagesRequest): ApiError | null {
  return checkFeatures(request) ?? checkFigures(request) ?? checkTools(request.tools ?? []) ?? checkToolChoice(request);
}

/** Features that would change the answer if they were ignored. */
function checkFeatures(request: MessagesRequest): ApiError | null {
  const unsupported = (field: string, why: string): ApiError => apiError('unsupported_feature', `${field}: ${why}`);
  if (request.compaction !== undefined && request.compaction !== null) {
    return unsupported('compaction', 'server-side compaction is not available here. Summarise at the client.');
  }
  if (Array.isArray(request.mcp_servers) && request.mcp_servers.length > 0) {
    return unsupported(
      'mcp_servers',
      'this gateway connects to no MCP servers. Connect them at the client and send their tools.',
    );
  }
  if (request.thread !== undefined && request.thread !== null) {
    return unsupported('thread', 'message threads are not kept here. Send the whole conversation in `messages`.');
  }
  return null;
}

function checkFigures(request: MessagesRequest): ApiError | null {
  for (const name of ['temperature', 'top_p'] as const) {
    const value = request[name];
    if (typeof value === 'number' && (value < 0 || value > 1)) return invalid(`${name}: range: 0..1`);
  }
  if (typeof request.top_k === 'number' && request.top_k < 0) {
    return invalid('top_k: Input should be greater than or equal to 0');
  }
  if (request.stop_sequences?.includes('')) {
    return invalid('stop_sequences: each stop sequence must contain non-whitespace');
  }
  const budget = request.thinking?.type === 'enabled' ? request.thinking.budget_tokens : undefined;
  if (typeof budget !== 'number') return null;
  if (budget < 1024) {
    return invalid('thinking.enabled.budget_tokens: Input should be greater than or equal to 1024');
  }
  // max_tokens 0 generates nothing, so nothing can exceed it.
  if (request.max_tokens > 0 && budget >= request.max_tokens) {
    return invalid(
      '`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking#max-tokens-and-thinking-budget',
    );
  }
  return null;
}

/** The name a tool is called by, if it has one. */
export const toolName = (tool: Tool): string | undefined =>
  tool.name ?? ('input_schema' in tool ? undefined : defaultToolName(tool.type));

function checkTools(tools: readonly Tool[]): ApiError | null {
  const names = new Set<string>();
  let visible = 0;
  for (const [index, tool] of tools.entries()) {
    const fault = checkTool(tool, `tools.${index}`);
    if (fault !== null) return fault;
    if (tool.defer_loading !== true) visible++;
    const name = toolName(tool);
    if (name === undefined) continue;
    if (names.has(name)) return invalid('tools: Tool names must be unique.');
    names.add(name);
  }
  if (visible > limits.tools) {
    return invalid(
      `tools: ${visible} tools are shown to the model at once, ${limits.tools} is the most. Send fewer, or defer some (defer_loading).`,
    );
  }
  return null;
}

function checkTool(tool: Tool, path: string): ApiError | null {
  if ('input_schema' in tool) {
    const { type } = tool.input_schema;
    if (type !== undefined && type !== 'object') {
      return invalid(`${path}.custom.input_schema.type: Input should be 'object'`);
    }
    if (JSON.stringify(tool.input_schema).length > limits.toolSchemaBytes) {
      return invalid(`${path}.custom.input_schema: schemas may hold ${limits.toolSchemaBytes / 1024} KiB of JSON each`);
    }
    return null;
  }
  switch (classifyTypedTool(tool.type)) {
    case 'client':
    case 'server':
      return null;
    case 'needs-pictures':
      return apiError(
        'unsupported_feature',
        `${path}: this tool answers with screenshots, and models here read text only.`,
      );
    case 'mcp':
      return apiError('unsupported_feature', `${path}: this gateway connects to no MCP servers.`);
    case 'unknown':
      return apiError(
        'unsupported_feature',
        `${path}.type: no schema is known here for a tool of this type. Send it as a custom tool with an input_schema.`,
      );
  }
}

function checkToolChoice(request: MessagesRequest): ApiError | null {
  const choice = request.tool_choice;
  if (choice?.type !== 'any' && choice?.type !== 'tool') return null;
  const tools = request.tools ?? [];
  if (tools.length === 0) return invalid('tool_choice: tools must be provided when tool_choice asks for one');
  if (choice.type === 'tool' && !tools.some((tool) => toolName(tool) === choice.name)) {
    return invalid('tool_choice.tool.name: no tool of this name was provided in `tools`');
  }
  return null;
}
