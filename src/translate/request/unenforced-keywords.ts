/**
 * JSON Schema keywords of a request that no grammar can hold. The agent makes the grammar; this makes the
 * same one at the gateway, because it is there that the caller can still be told, and where an impossible
 * schema is refused before a machine is asked.
 */

import type { ApiError } from '../../contract/errors.ts';
import type { GenerationRequest, ToolDefinition } from '../../contract/generation/request.ts';
import { visibleTools } from '../grammar/request-grammar.ts';
import { schemaGrammar } from '../grammar/schema-grammar.ts';

export type SchemaReport =
  | { readonly ok: true; readonly unenforced: readonly string[] }
  | { readonly ok: false; readonly error: ApiError };

/** Characters of JSON of the schemas the answer is held to: what `unenforcedKeywords` will cost. */
export const heldSchemaChars = (request: GenerationRequest): number =>
  promised(request).reduce((sum, { schema }) => sum + JSON.stringify(schema).length, 0);

/** `/path: keyword` for each, with the tool's name before it. Empty where nothing is promised. */
export function unenforcedKeywords(request: GenerationRequest): SchemaReport {
  const unenforced: string[] = [];
  for (const { name, schema } of promised(request)) {
    const made = schemaGrammar(schema);
    if (!made.ok) return made;
    unenforced.push(...made.unenforced.map((keyword) => (name === '' ? keyword : `${name} ${keyword}`)));
  }
  return { ok: true, unenforced };
}

interface Promised {
  readonly name: string;
  readonly schema: unknown;
}

/** Schemas the answer is held to: of the answer itself, of forced tools and of strict ones. */
function promised(request: GenerationRequest): Promised[] {
  const { toolChoice, output } = request;
  const held = ({ name, strict }: ToolDefinition): boolean =>
    toolChoice.type === 'any' || (toolChoice.type === 'tool' && toolChoice.name === name) || strict;
  const schemas: Promised[] = [];
  if (output.type === 'json') schemas.push({ name: '', schema: output.schema });
  if (toolChoice.type === 'none') return schemas;
  for (const tool of visibleTools(request).filter(held)) {
    schemas.push({ name: tool.name, schema: { ...tool.inputSchema, type: 'object' } });
  }
  return schemas;
}
