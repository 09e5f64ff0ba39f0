/**
 * The tools of a request: shown from the start in the order they were sent, or deferred until the
 * conversation loads them. A tool that appears later never changes what stands before it.
 */
import type { MessagesRequest, Tool } from '../../contract/anthropic/request.ts';
import type { ToolChoice, ToolDefinition } from '../../contract/generation/request.ts';
import { defineClientTool, isClientTool } from './anthropic-tools.ts';
import { toolName } from './check-parameters.ts';
import type { Note } from './feature-notes.ts';
import { toolFeature } from './judge-features.ts';

export interface ReadTools {
  readonly visible: readonly ToolDefinition[];
  /** By name: hidden until a `tool_reference` or `tool_addition` loads them. */
  readonly deferred: ReadonlyMap<string, ToolDefinition>;
  /** Names of tools that Anthropic would run: the model is told that they are not there. */
  readonly leftOut: readonly string[];
}

/** Claude Code's stand-in for "there are more tools"; it has no schema and cannot be called. */
const placeholder = 'DeferredToolPlaceholder';

export function readTools(request: MessagesRequest): ReadTools {
  const tools = request.tools ?? [];
  // Searching at Anthropic is what would have found them; a forced tool must be known to the model.
  const showAll = tools.some((tool) => !('input_schema' in tool) && searchesTools(tool.type));
  const forced = request.tool_choice?.type === 'tool' ? request.tool_choice.name : undefined;
  const visible: ToolDefinition[] = [];
  const deferred = new Map<string, ToolDefinition>();
  const leftOut: string[] = [];
  for (const tool of tools) {
    const definition = defineTool(tool);
    if (definition === null) {
      if ('type' in tool && typeof tool.type === 'string' && !searchesTools(tool.type)) {
        leftOut.push(tool.name ?? tool.type);
      }
      continue;
    }
    const hidden = tool.defer_loading === true && !showAll && definition.name !== forced;
    if (tool.defer_loading === true && definition.name === placeholder) continue;
    if (hidden) deferred.set(definition.name, definition);
    else visible.push(definition);
  }
  return { visible, deferred, leftOut };
}

/** True when Anthropic would search the deferred tools: without it they could never be found. */
const searchesTools = (type: string): boolean => toolFeature(type) === 'tool.tool_search';

/** A tool that is met again (`gateway/http/known-tools.ts`) is defined, and written down, once. */
const definitions = new WeakMap<Tool, ToolDefinition | null>();
const texts = new WeakMap<ToolDefinition, string>();

/** The definition a model is shown, or null for a tool Anthropic would run. */
export function defineTool(tool: Tool): ToolDefinition | null {
  const known = definitions.get(tool);
  if (known !== undefined) return known;
  const definition = definitionOf(tool);
  definitions.set(tool, definition);
  return definition;
}

/** A definition as JSON. */
export function toolJson(definition: ToolDefinition): string {
  const known = texts.get(definition);
  if (known !== undefined) return known;
  const text = JSON.stringify(definition);
  texts.set(definition, text);
  return text;
}

function definitionOf(tool: Tool): ToolDefinition | null {
  const strict = tool.strict === true;
  if ('input_schema' in tool) {
    const description = withExamples(tool.description ?? '', tool.input_examples);
    return { name: tool.name, description, inputSchema: tool.input_schema, strict };
  }
  return isClientTool(tool.type) ? defineClientTool(tool.type, toolName(tool), strict) : null;
}

/** Chat templates have no place for examples but the description. */
function withExamples(description: string, examples: unknown): string {
  if (!Array.isArray(examples) || examples.length === 0) return description;
  const lines = ['Examples of input:', ...examples.map((example) => JSON.stringify(example))].join('\n');
  return description === '' ? lines : `${description}\n\n${lines}`;
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
    note('tool_choice.unavailable');
    return { toolChoice: { type: 'auto' }, parallelToolCalls };
  }
  const toolChoice =
    choice.type === 'any' ? ({ type: 'any' } as const) : ({ type: 'tool', name: choice.name } as const);
  return { toolChoice, parallelToolCalls };
}
