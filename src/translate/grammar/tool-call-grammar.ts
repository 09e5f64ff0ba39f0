/** Grammars of tool calls, in the form of the model's family. */
import type { ToolDefinition } from '../../contract/generation/request.ts';
import type { Family } from '../families/family.ts';
import { argumentTypes, jsonTypeOf, writtenAsText } from './argument-types.ts';
import type { ParameterRule, ToolRules } from './call-grammar.ts';
import { type Atom, type GrammarRules, literal, refused } from './gbnf.ts';
import { isObject, strings } from './merge.ts';
import { buildGrammar, type GrammarOptions, type GrammarResult, textAnswer } from './schema-grammar.ts';
import { SchemaRules } from './schema-rules.ts';

export interface ToolCallGrammarOptions extends GrammarOptions {
  readonly family: Family;
  /** Only these tools; all of them when left out. */
  readonly names?: readonly string[];
  /** Whether several calls may follow each other. */
  readonly many: boolean;
  /** Calls continue what is kept before them (`CallPart.follows`). */
  readonly follows?: boolean;
}

/** Calls in one answer, at most: an agent's clients run them at once. */
const MANY_CALLS = 16;

/** One call or several, and nothing else. */
export function toolCallGrammar(
  tools: readonly ToolDefinition[],
  { names, ...options }: ToolCallGrammarOptions,
): GrammarResult {
  const chosen = names === undefined ? tools : tools.filter((tool) => names.includes(tool.name));
  return buildGrammar(options, (rules, unenforced) => calls(rules, chosen, options, unenforced));
}

/** Tool calls, or a JSON value that fits the schema. */
export const callOrSchemaGrammar = (
  tools: readonly ToolDefinition[],
  schema: unknown,
  options: ToolCallGrammarOptions,
): GrammarResult =>
  buildGrammar(options, (rules, unenforced) => {
    const value = new SchemaRules(rules, schema, unenforced).root();
    return rules.union('answer', [
      calls(rules, tools, options, unenforced),
      textAnswer(rules, options.family.textOpening, value),
    ]);
  });

function calls(
  rules: GrammarRules,
  tools: readonly ToolDefinition[],
  { family, many, follows = false }: ToolCallGrammarOptions,
  unenforced: Set<string>,
): Atom {
  const grammar = familyCalls(family);
  const each = tools.map((tool) => rules.rule('call', grammar.call(toolRules(rules, tool, unenforced))));
  const call = rules.union('calls', each);
  const open = follows ? (grammar.further ?? grammar.between ?? '') : grammar.open;
  const more = many && grammar.between !== null ? ` (${literal(grammar.between)} ${call}){0,${MANY_CALLS - 1}}` : '';
  return rules.rule('list', `${literal(open)} ${call}${more} ${literal(grammar.close)}`);
}

function familyCalls({ calls: known }: Family) {
  if (known === null) throw refused('the way this model writes tool calls is not certified');
  return known.grammar;
}

function toolRules(rules: GrammarRules, tool: ToolDefinition, unenforced: Set<string>): ToolRules {
  const schema = { ...tool.inputSchema, type: 'object' };
  const ofTool = new Set<string>();
  const schemaRules = new SchemaRules(rules, schema, ofTool);
  // Also where arguments are written one by one: it says what is impossible and what is not enforced.
  const input = schemaRules.root();
  const tell = () => {
    for (const entry of ofTool) unenforced.add(`${tool.name} ${entry}`);
  };
  tell();
  return {
    rules,
    name: tool.name,
    input: () => input,
    parameters() {
      const found = parameterRules(schema, schemaRules);
      tell();
      return found;
    },
  };
}

const combinations = ['$ref', 'allOf', 'anyOf', 'oneOf'];

function parameterRules(
  schema: Readonly<Record<string, unknown>>,
  schemaRules: SchemaRules,
): readonly ParameterRule[] | null {
  const { properties } = schema;
  if (!isObject(properties) || Object.keys(properties).length === 0) return null;
  for (const keyword of combinations) if (keyword in schema) schemaRules.report('', keyword);
  const required = new Set(strings(schema.required));
  return Object.entries(properties).flatMap(([name, own]): ParameterRule[] => {
    const path = `/properties/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const json = schemaRules.visit(own, path);
    if (json === null) return [];
    const base = { name, required: required.has(name) };
    const types = argumentTypes(own, schema);
    if (!writtenAsText(types)) return [{ ...base, json, texts: null, mixed: false }];
    if (isObject(own)) {
      for (const keyword of ['minLength', 'maxLength']) if (keyword in own) schemaRules.report(path, keyword);
    }
    return [{ ...base, json: null, texts: fixedTexts(own), mixed: types === 'any' || types.size > 1 }];
  });
}

/** The texts of an enumeration; null where any text will do. */
function fixedTexts(schema: unknown): readonly string[] | null {
  if (!isObject(schema)) return null;
  const values = 'const' in schema ? [schema.const] : Array.isArray(schema.enum) ? schema.enum : null;
  return values?.map((value) => (jsonTypeOf(value) === 'string' ? String(value) : JSON.stringify(value))) ?? null;
}
