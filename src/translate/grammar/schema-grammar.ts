/**
 * Grammars for one generation: a JSON value by a schema, or tool calls in the Hermes form. llama.cpp
 * obeys them from the first token.
 */
import { type ApiError, ApiFailure } from '../../contract/errors.ts';
import type { ToolDefinition } from '../../contract/generation/request.ts';
import { type Atom, GrammarRules, literal } from './gbnf.ts';
import { SchemaRules } from './schema-rules.ts';

export type GrammarResult =
  | {
      readonly ok: true;
      /** GBNF with a rule named `root`. */
      readonly grammar: string;
      /** Keywords the grammar does not (wholly) enforce, as `/path: keyword`. */
      readonly unenforced: readonly string[];
    }
  /** The schema is impossible, or larger than our limits. */
  | { readonly ok: false; readonly error: ApiError };

export interface GrammarOptions {
  /** The prompt ends in `<think>`: reasoning and its end come first. */
  readonly thinkingOpen?: boolean;
}

/** A JSON value that fits the schema, and nothing else. */
export const schemaGrammar = (schema: unknown, options: GrammarOptions = {}): GrammarResult =>
  build(options, (rules, unenforced) => new SchemaRules(rules, schema, unenforced).root());

export interface ToolCallGrammarOptions extends GrammarOptions {
  /** Only these tools; all of them when left out. */
  readonly names?: readonly string[];
  /** Whether several calls may follow each other. */
  readonly many: boolean;
}

/** Calls in one answer, at most: an agent's clients run them at once. */
const MANY_CALLS = 16;

/** One call or several, and nothing else: `<tool_call>\n{"name": ..., "arguments": ...}\n</tool_call>`. */
export function toolCallGrammar(
  tools: readonly ToolDefinition[],
  { names, many, ...options }: ToolCallGrammarOptions,
): GrammarResult {
  const chosen = names === undefined ? tools : tools.filter((tool) => names.includes(tool.name));
  return build(options, (rules, unenforced) => calls(rules, chosen, many, unenforced));
}

/** Tool calls, or a JSON value that fits the schema. */
export const callOrSchemaGrammar = (
  tools: readonly ToolDefinition[],
  schema: unknown,
  { many, ...options }: ToolCallGrammarOptions,
): GrammarResult =>
  build(options, (rules, unenforced) => {
    const value = new SchemaRules(rules, schema, unenforced).root();
    return rules.union('answer', [calls(rules, tools, many, unenforced), value]);
  });

function calls(rules: GrammarRules, tools: readonly ToolDefinition[], many: boolean, unenforced: Set<string>): Atom {
  const each = tools.map((tool) => {
    const ofTool = new Set<string>();
    const input = new SchemaRules(rules, { ...tool.inputSchema, type: 'object' }, ofTool).root();
    for (const entry of ofTool) unenforced.add(`${tool.name} ${entry}`);
    const head = `<tool_call>\n{"name": ${JSON.stringify(tool.name)}, "arguments": `;
    return rules.rule('call', `${literal(head)} ${input} ${literal('}\n</tool_call>')}`);
  });
  const call = rules.union('calls', each);
  return many ? rules.rule('many', `${call} ("\\n" ${call}){0,${MANY_CALLS - 1}}`) : call;
}

function build(
  { thinkingOpen = false }: GrammarOptions,
  body: (rules: GrammarRules, unenforced: Set<string>) => Atom,
): GrammarResult {
  const rules = new GrammarRules();
  const unenforced = new Set<string>();
  try {
    const atom = body(rules, unenforced);
    return {
      ok: true,
      grammar: rules.render(thinkingOpen ? `${reasoning} ${atom}` : atom),
      unenforced: [...unenforced],
    };
  } catch (error) {
    if (error instanceof ApiFailure) return { ok: false, error: error.error };
    throw error;
  }
}

/** Anything up to the first `</`, which must be the end of the reasoning, and the empty line after it. */
const reasoning = '([^<] | "<" [^/])* "</think>" "\\n"{0,2}';
