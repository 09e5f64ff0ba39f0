/** Reads the tool calls a model wrote, and judges them by the tools it was shown. */
import type { GenerationRequest } from '../../contract/generation/request.ts';
import { visibleTools } from '../grammar/request-grammar.ts';
import { type GrammarResult, toolCallGrammar } from '../grammar/schema-grammar.ts';
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
  judge(call: ParsedCall): Verdict;
  isStrict(name: string): boolean;
  /** The grammar for one more try at a call that began as `raw`. */
  repairGrammar(raw: string): GrammarResult;
}

export function createToolCalls(request: GenerationRequest): ToolCalls {
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

  return {
    allowed: list.length > 0 && request.toolChoice.type !== 'none',
    judge(call) {
      const check = checkOf(call.name);
      if (check === undefined) return 'unknown-tool';
      return check(call.input) ? 'good' : 'off-schema';
    },
    isStrict: (name) => tools.get(name)?.strict ?? false,
    repairGrammar(raw) {
      const name = request.toolChoice.type === 'tool' ? request.toolChoice.name : nameIn(raw);
      const names = name !== undefined && tools.has(name) ? { names: [name] } : {};
      return toolCallGrammar(list, { ...names, many: false });
    },
  };
}

/** The first tool name in text that need not be JSON. */
const nameIn = (raw: string): string | undefined => /"name"\s*:\s*"([^"\\]+)"/.exec(raw)?.[1];

/**
 * A call from its JSON, or null. Accepts what models of this family really write: arguments as an
 * object, as JSON text in a string, under `parameters`, or not at all where there are none.
 */
export function parseCall(json: string): ParsedCall | null {
  const call = parseObject(json);
  if (call === null || typeof call.name !== 'string' || call.name === '') return null;
  const given = call.arguments ?? call.parameters ?? {};
  const input = typeof given === 'string' ? parseObject(given) : asObject(given);
  if (input === null) return null;
  try {
    return { name: call.name, input, inputJson: JSON.stringify(input) };
  } catch {
    // Nested too deeply to be written again.
    return null;
  }
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
