/**
 * The tools of a request: shown from the start in the order they were sent, or deferred until the
 * conversation loads them. A tool that appears later never changes what stands before it.
 */
import type { MessagesRequest, Tool } from '../../contract/anthropic/request.ts';
import type { ToolChoice, ToolDefinition } from '../../contract/generation/request.ts';
import { classifyTypedTool, defineClientTool, searchesDeferredTools } from './anthropic-tools.ts';
import { toolName } from './check-parameters.ts';
import type { Note } from './flatten-blocks.ts';

export interface ReadTools {
  readonly visible: readonly ToolDefinition[];
  /** By name: hidden until a `tool_reference` or `tool_addition` loads them. */
  readonly deferred: ReadonlyMap<string, ToolDefinition>;
}

/** Claude Code's stand-in for "there are more tools"; it has no schema and cannot be called. */
const placeholder = 'DeferredToolPlaceholder';

export function readTools(request: MessagesRequest, note: Note): ReadTools {
  const tools = request.tools ?? [];
  // Searching at Anthropic is what would have found them; a forced tool must be known to the model.
  const showAll = tools.some((tool) => !('input_schema' in tool) && searchesDeferredTools(tool.type));
  const forced = request.tool_choice?.type === 'tool' ? request.tool_choice.name : undefined;
  if (showAll) note('Deferred tools are all shown: nothing here searches them.');
  const visible: ToolDefinition[] = [];
  const deferred = new Map<string, ToolDefinition>();
  for (const tool of tools) {
    const definition = defineTool(tool, note);
    if (definition === null) continue;
    const hidden = tool.defer_loading === true && !showAll && definition.name !== forced;
    if (tool.defer_loading === true && definition.name === placeholder) continue;
    if (hidden) deferred.set(definition.name, definition);
    else visible.push(definition);
  }
  return { visible, deferred };
}

/** The definition a model is shown, or null for a tool Anthropic would run. */
export function defineTool(tool: Tool, note: Note): ToolDefinition | null {
  const strict = tool.strict === true;
  if ('input_schema' in tool) {
    return { name: tool.name, description: tool.description ?? '', inputSchema: tool.input_schema, strict };
  }
  if (classifyTypedTool(tool.type) !== 'client') {
    note(
      `The server tool ${tool.type} was left out: nothing in this yard runs it, the model answers from what it knows.`,
    );
    return null;
  }
  return defineClientTool(tool.type, toolName(tool), strict);
}

/** `any` and `tool` fall back to `auto` when the only tools asked for were left out. */
export function readToolChoice(
  request: MessagesRequest,
  tools: ReadTools,
  note: Note,
): { readonly toolChoice: ToolChoice; readonly parallelToolCalls: boolean } {
  const choice = request.tool_choice ?? { type: 'auto' as const };
  const parallelToolCalls = !('disable_parallel_tool_use' in choice && choice.disable_parallel_tool_use === true);
  if (choice.type === 'auto' || choice.type === 'none') return { toolChoice: { type: choice.type }, parallelToolCalls };
  const callable =
    choice.type === 'any' ? tools.visible.length > 0 : tools.visible.some(({ name }) => name === choice.name);
  if (!callable) {
    note('tool_choice was not applied: the tool it asks for was left out.');
    return { toolChoice: { type: 'auto' }, parallelToolCalls };
  }
  const toolChoice =
    choice.type === 'any' ? ({ type: 'any' } as const) : ({ type: 'tool', name: choice.name } as const);
  return { toolChoice, parallelToolCalls };
}
