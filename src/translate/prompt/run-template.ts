/**
 * Runs a chat template. Templates are code that came with a model file: they get no clock and no
 * unbounded `range`. A date in the prompt would spoil every prefix at midnight; most templates ask
 * whether `strftime_now` is defined, and those that call it unasked (Mistral's) read `unknown`.
 *
 * What is given to one render after the other, such as the tools of a conversation, can be made a value of the engine once
 * (`SharedValue`). No template can change what it is given: an assignment to a field of anything but a namespace is an
 * error, and no method changes its object.
 */
import { Environment, Interpreter, Template } from '@huggingface/jinja';
import { engineJson } from './template-json.ts';

/** The template itself says no (`raise_exception`). */
export class TemplateRefusal extends Error {
  override readonly name = 'TemplateRefusal';
}

/** Longest list a template may make with `range`. */
const rangeItems = 100_000;

export interface ParsedTemplate {
  readonly source: string;
  readonly program: Template['parsed'];
}

/** A variable that was made a value of the engine, to be given to templates again and again. */
export class SharedValue {
  readonly value: EngineValue;

  constructor(value: unknown) {
    this.value = new Environment().set('value', value);
    keepJson(this.value, keptLevels);
  }
}

type EngineValue = ReturnType<Environment['set']>;

/** Throws when the source cannot be parsed. */
export function parseTemplate(source: string): ParsedTemplate {
  const program = new Template(source).parsed;
  callOwnJson(program);
  return { source, program };
}

export function runTemplate({ source, program }: ParsedTemplate, variables: Readonly<Record<string, unknown>>): string {
  const environment = new Environment();
  const globals = {
    true: true,
    True: true,
    false: false,
    False: false,
    none: null,
    None: null,
    raise_exception: (message: unknown) => {
      throw new TemplateRefusal(String(message));
    },
    range: boundedRange,
    [ownJson]: jsonOf,
    ...(source.includes('strftime_now is defined') ? {} : { strftime_now: () => 'unknown' }),
  };
  for (const [name, value] of Object.entries({ ...globals, ...variables })) {
    if (value instanceof SharedValue) environment.setVariable(name, value.value);
    else environment.set(name, value);
  }
  const result = new Interpreter(environment).run(program);
  return String(result.value);
}

function boundedRange(start: number, stop?: number, step = 1): number[] {
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  const count = Math.max(0, Math.ceil((to - from) / step));
  if (!(count <= rangeItems)) throw new Error(`range() of more than ${rangeItems} items`);
  return Array.from({ length: count }, (_, index) => from + index * step);
}

// --- `tojson`, which prints shared values once

/** No template can call it so. */
const ownJson = 'to json';
/** Of shared values, by what they hold; undefined until it is asked for. */
const keptJson = new WeakMap<object, string | undefined>();
/** Templates print a list of tools, a tool, its function, or that one's parameters. */
const keptLevels = 4;

function keepJson({ value }: { readonly value: unknown }, levels: number): void {
  if (levels === 0 || typeof value !== 'object' || value === null) return;
  keptJson.set(value, undefined);
  // A list or a Map, as the engine makes them.
  for (const part of (value as readonly EngineValue[] | ReadonlyMap<string, EngineValue>).values()) {
    keepJson(part, levels - 1);
  }
}

/** `held`: of the value that is printed. */
function jsonOf(held: unknown): string {
  if (typeof held !== 'object' || held === null || !keptJson.has(held)) return engineJson(held);
  const text = keptJson.get(held) ?? engineJson(held);
  keptJson.set(held, text);
  return text;
}

/** Turns each `x | tojson` without arguments into a call of ours; all other nodes stay as they are. */
function callOwnJson(node: unknown): void {
  if (typeof node !== 'object' || node === null) return;
  if (node instanceof Map) {
    for (const pair of node) pair.forEach(callOwnJson);
    return;
  }
  const fields = node as Record<string, unknown>; // a node, or a list of them
  for (const part of Object.values(fields)) callOwnJson(part);
  const { type, filter } = fields as {
    readonly type?: unknown;
    readonly filter?: { readonly type: string; readonly value: unknown };
  };
  if (type !== 'FilterExpression' || filter?.type !== 'Identifier' || filter.value !== 'tojson') return;
  const { operand } = fields;
  Object.assign(fields, { type: 'CallExpression', callee: { type: 'Identifier', value: ownJson }, args: [operand] });
}
