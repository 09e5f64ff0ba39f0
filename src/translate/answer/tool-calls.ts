/** Reads the tool calls a model wrote, and judges them by the tools it was shown. */
import type { GenerationRequest } from '../../contract/generation/request.ts';
import type { Family } from '../families/family.ts';
import { argumentTypes, readArgument } from '../grammar/argument-types.ts';
import { isObject } from '../grammar/merge.ts';
import { visibleTools } from '../grammar/request-grammar.ts';
import type { GrammarResult } from '../grammar/schema-grammar.ts';
import { toolCallGrammar } from '../grammar/tool-call-grammar.ts';
import type { CallPart, WrittenCall } from '../output/output-parser.ts';
import { type InputCheck, inputCheck } from './tool-input-check.ts';

export interface ParsedCall {
  readonly name: string;
  /** The input as JSON text: an object. */
  readonly inputJson: string;
  readonly input: Readonly<Record<string, unknown>>;
}

export type Verdict = 'good' | 'off-schema' | 'unknown-tool';

export interface ToolCalls {
  /** False: whatever looks like a call is text. */
  readonly allowed: boolean;
  /** What the model meant; null when it cannot be understood. */
  parse(part: CallPart): ParsedCall | null;
  judge(call: ParsedCall): Verdict;
  isStrict(name: string): boolean;
  /** The tool a call is for, as far as can be told; undefined: none of those that were offered. */
  nameOf(part: CallPart): string | undefined;
  /** The grammar for one more try at a bad call. */
  repairGrammar(part: CallPart): GrammarResult;
}

export function createToolCalls(request: GenerationRequest, family: Family): ToolCalls {
  const list = visibleTools(request);
  const tools = new Map(list.map((tool) => [tool.name, tool]));
  const checks = new Map<string, InputCheck>();

  function checkOf(name: string): InputCheck | undefined {
    const tool = tools.get(name);
    if (tool === undefined) return undefined;
    const check = checks.get(name) ?? inputCheck({ ...tool.inputSchema, type: 'object' });
    checks.set(name, check);
    return check;
  }

  const offered = (name: string | undefined): string | undefined =>
    name !== undefined && tools.has(name) ? name : undefined;

  return {
    allowed: list.length > 0 && request.toolChoice.type !== 'none',
    parse: (part) => (part.type === 'tool-call' ? parseCall(part.call, (name) => tools.get(name)?.inputSchema) : null),
    judge(call) {
      const check = checkOf(call.name);
      if (check === undefined) return 'unknown-tool';
      return check(call.input) ? 'good' : 'off-schema';
    },
    isStrict: (name) => tools.get(name)?.strict ?? false,
    nameOf: (part) => offered(nameOf(part, tools)),
    repairGrammar(part) {
      const name = offered(request.toolChoice.type === 'tool' ? request.toolChoice.name : nameOf(part, tools));
      const names = name === undefined ? {} : { names: [name] };
      return toolCallGrammar(list, { ...names, family, many: false, follows: part.follows });
    },
  };
}

/** How far into a broken call its name is looked for, characters. */
const NAME_WITHIN = 300;

/** The tool a bad call is for, as far as can be told. */
function nameOf(part: CallPart, tools: ReadonlyMap<string, unknown>): string | undefined {
  if (part.type === 'tool-call' && 'name' in part.call) return part.call.name;
  const stated = /"name"\s*:\s*"([^"\\]+)"/.exec(part.raw)?.[1];
  if (stated !== undefined) return stated;
  const head = part.raw.slice(0, NAME_WITHIN);
  const found = [...tools.keys()]
    .map((name) => ({ name, at: head.indexOf(name) }))
    .filter(({ at }) => at !== -1)
    .sort((a, b) => a.at - b.at || b.name.length - a.name.length);
  return found[0]?.name;
}

type SchemaOf = (tool: string) => Readonly<Record<string, unknown>> | undefined;

/**
 * A call as it was written, or null. Accepts what models really write: arguments as an object, as JSON
 * text in a string, under `parameters`, or not at all where there are none.
 */
function parseCall(written: WrittenCall, schemaOf: SchemaOf): ParsedCall | null {
  if ('fields' in written) return callOf(written.name, readFields(written.fields, schemaOf(written.name)));
  if ('name' in written) return callOf(written.name, parseObject(written.json));
  const call = parseObject(written.json);
  if (call === null || typeof call.name !== 'string') return null;
  const given = call.arguments ?? call.parameters ?? {};
  return callOf(call.name, typeof given === 'string' ? parseObject(given) : asObject(given));
}

function callOf(name: string, input: Record<string, unknown> | null): ParsedCall | null {
  if (name === '' || input === null) return null;
  try {
    return { name, input, inputJson: JSON.stringify(input) };
  } catch {
    // Nested too deeply to be written again.
    return null;
  }
}

function readFields(
  fields: readonly (readonly [name: string, text: string])[],
  schema: Readonly<Record<string, unknown>> | undefined,
): Record<string, unknown> {
  const properties = isObject(schema?.properties) ? schema.properties : {};
  return Object.fromEntries(
    fields.map(([name, text]) => {
      const own = Object.hasOwn(properties, name) ? properties[name] : undefined;
      return [name, readArgument(text, argumentTypes(own, schema))];
    }),
  );
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return null;
  }
}

const asObject = (value: unknown): Record<string, unknown> | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
