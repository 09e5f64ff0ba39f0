/**
 * Runs a chat template. Templates are code that came with a model file: they get no clock and no
 * unbounded `range`. A date in the prompt would spoil every prefix at midnight; most templates ask
 * whether `strftime_now` is defined, and those that call it unasked (Mistral's) read `unknown`.
 */
import { Environment, Interpreter, Template } from '@huggingface/jinja';

/** The template itself says no (`raise_exception`). */
export class TemplateRefusal extends Error {
  override readonly name = 'TemplateRefusal';
}

/** Longest list a template may make with `range`. */
const rangeItems = 100_000;

export interface ParsedTemplate {
  readonly source: string;
  readonly template: Template;
}

export function runTemplate(
  { source, template }: ParsedTemplate,
  variables: Readonly<Record<string, unknown>>,
): string {
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
    ...(source.includes('strftime_now is defined') ? {} : { strftime_now: () => 'unknown' }),
  };
  for (const [name, value] of Object.entries({ ...globals, ...variables })) environment.set(name, value);
  const result = new Interpreter(environment).run(template.parsed);
  return String(result.value);
}

function boundedRange(start: number, stop?: number, step = 1): number[] {
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  const count = Math.max(0, Math.ceil((to - from) / step));
  if (!(count <= rangeItems)) throw new Error(`range() of more than ${rangeItems} items`);
  return Array.from({ length: count }, (_, index) => from + index * step);
}

const jsonTemplate: ParsedTemplate = { source: '', template: new Template('{{ value | tojson }}') };

/** A value as templates print JSON. */
export const printJson = (value: unknown): string => runTemplate(jsonTemplate, { value });
