/** What a schema cannot say about the figures and tools of a request. Texts are those of the real API. */
import type { MessagesRequest, Tool } from '../../contract/anthropic/request.ts';
import { type ApiError, apiError } from '../../contract/errors.ts';
import { limits } from '../../contract/limits.ts';
import { defaultToolName } from './anthropic-tools.ts';

const invalid = (message: string): ApiError => apiError('invalid_request', message);
/** Tools beyond a limit on their number or size. */
const tooMany = (message: string): ApiError =>
  apiError('invalid_request', message, { errorCode: 'available_tools_limit_exceeded' });

/** The first fault outside `messages`, or null. */
export function checkParameters(request: MessagesRequest): ApiError | null {
  return checkFigures(request) ?? checkTools(request.tools ?? []) ?? checkToolChoice(request);
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

/** Schemas that are within the limit. Those of tools that were read before come again as the same objects. */
const measured = new WeakSet<object>();

function exceedsSchemaBytes(schema: object): boolean {
  if (measured.has(schema)) return false;
  if (
    jsonBytesAtMost(schema) > limits.toolSchemaBytes &&
    new TextEncoder().encode(JSON.stringify(schema)).length > limits.toolSchemaBytes
  ) {
    return true;
  }
  measured.add(schema);
  return false;
}

/** A figure the bytes of a value's JSON are never above: found without writing it, and mostly all one needs to know. */
function jsonBytesAtMost(value: unknown): number {
  // The longest escape of a character has six bytes, the longest number 25.
  if (typeof value === 'string') return 6 * value.length + 3;
  if (typeof value !== 'object' || value === null) return 26;
  let bytes = 3;
  if (Array.isArray(value)) {
    for (const item of value) bytes += jsonBytesAtMost(item);
    return bytes;
  }
  const fields = value as Readonly<Record<string, unknown>>; // an object, as just established
  for (const key in fields) bytes += jsonBytesAtMost(key) + jsonBytesAtMost(fields[key]);
  return bytes;
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
    return tooMany(
      `tools: ${visible} tools are shown to the model at once, ${limits.tools} is the most. Send fewer, or defer some (defer_loading).`,
    );
  }
  return null;
}

function checkTool(tool: Tool, path: string): ApiError | null {
  if (!('input_schema' in tool)) return null;
  const { type } = tool.input_schema;
  if (type !== undefined && type !== 'object') {
    return invalid(`${path}.custom.input_schema.type: Input should be 'object'`);
  }
  if (exceedsSchemaBytes(tool.input_schema)) {
    return tooMany(`${path}.custom.input_schema: schemas may hold ${limits.toolSchemaBytes / 1024} KiB of JSON each`);
  }
  return null;
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
