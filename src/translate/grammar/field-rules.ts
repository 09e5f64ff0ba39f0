/** Arguments written one by one between tags, as grammar. */
import type { ToolRules } from './call-grammar.ts';
import { literal } from './gbnf.ts';
import { until } from './until.ts';

export interface FieldForm {
  /** All before the value of this argument; several ways where it may be either. */
  readonly open: (key: string, value: 'text' | 'json' | 'either') => string | readonly string[];
  readonly valueEnd: string;
  /** Between a value that is no text and its end. */
  readonly padding: string;
  /** Behind the end of a value. */
  readonly after: string;
}

/** Arguments of a tool whose schema names none, at most. */
const UNNAMED = 16;

/** The arguments in the schema's order, optional ones there or not. */
export function fieldRules({ rules, parameters }: ToolRules, form: FieldForm): string {
  const text = () => `${until(rules, form.valueEnd)} ${literal(form.after)}`;
  const named = parameters();
  if (named === null) {
    const [before, behind] = [form.open('\0', 'text')].flat()[0]!.split('\0');
    const key = `${literal(before!)} [a-zA-Z0-9_.-]{1,64} ${literal(behind!)}`;
    return `(${rules.rule('field', `${key} ${text()}`)}){0,${UNNAMED}}`;
  }
  const end = literal(`${form.padding}${form.valueEnd}${form.after}`);
  const fields = named.map(({ name, required, json, texts, mixed }) => {
    const value =
      json !== null
        ? `${json} ${end}`
        : texts !== null
          ? `(${[...new Set(texts)].map(literal).join(' | ')}) ${end}`
          : text();
    const opens = [form.open(name, json !== null ? 'json' : mixed ? 'either' : 'text')].flat();
    const field = rules.rule('field', `(${opens.map(literal).join(' | ')}) ${value}`);
    return required ? field : `${field}?`;
  });
  return fields.join(' ');
}
