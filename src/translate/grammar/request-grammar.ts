/**
 * The grammar a request asks for from the first token on: a forced tool call, or JSON by a schema.
 * All other requests run free; a bad tool call of theirs is made again under a grammar (`answer/`).
 */
import { type ApiError, apiError } from '../../contract/errors.ts';
import type { GenerationRequest, ToolDefinition } from '../../contract/generation/request.ts';
import type { Family } from '../families/family.ts';
import { schemaGrammar } from './schema-grammar.ts';
import { callOrSchemaGrammar, toolCallGrammar } from './tool-call-grammar.ts';

export type RequestGrammar =
  | { readonly ok: true; readonly grammar: string | undefined; readonly unenforced: readonly string[] }
  | { readonly ok: false; readonly error: ApiError };

/** `thinkingOpen`: the prompt has opened reasoning, so that comes before what is asked for. */
export function requestGrammar(request: GenerationRequest, family: Family, thinkingOpen: boolean): RequestGrammar {
  const { toolChoice, output } = request;
  const tools = visibleTools(request);
  const many = request.parallelToolCalls;
  if (toolChoice.type === 'tool') {
    if (tools.every((tool) => tool.name !== toolChoice.name))
      return refuse(`tool_choice: no tool is named "${toolChoice.name}".`);
    return toolCallGrammar(tools, { names: [toolChoice.name], family, many, thinkingOpen });
  }
  if (toolChoice.type === 'any') {
    if (tools.length === 0) return refuse('tool_choice: a tool must be called, but the request has no tools.');
    return toolCallGrammar(tools, { family, many, thinkingOpen });
  }
  if (output.type === 'json') {
    if (tools.length === 0 || toolChoice.type === 'none') return schemaGrammar(output.schema, { family, thinkingOpen });
    return callOrSchemaGrammar(tools, output.schema, { family, many, thinkingOpen });
  }
  return { ok: true, grammar: undefined, unenforced: [] };
}

const refuse = (message: string): RequestGrammar => ({ ok: false, error: apiError('invalid_request', message) });

/** Every tool the model has been shown: those of the request, and those loaded on the way. */
export function visibleTools(request: GenerationRequest): readonly ToolDefinition[] {
  const tools = new Map(request.tools.map((tool) => [tool.name, tool]));
  for (const message of request.messages) {
    if (message.role !== 'tool' && message.role !== 'user') continue;
    for (const tool of message.loadedTools ?? []) tools.set(tool.name, tool);
  }
  return [...tools.values()];
}
