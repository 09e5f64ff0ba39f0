/** The grammar of one generation, and that of a JSON value by a schema. llama.cpp obeys it from the first token. */
import { type ApiError, ApiFailure } from '../../contract/errors.ts';
import type { Family } from '../families/family.ts';
import { type Atom, GrammarRules, literal } from './gbnf.ts';
import { SchemaRules } from './schema-rules.ts';
import { until } from './until.ts';

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
  /** Whose form reasoning and text have; none in particular when left out. */
  readonly family?: Family;
  /** The prompt ends in the tag that opens reasoning: that and its end come first. */
  readonly thinkingOpen?: boolean;
  /** Other messages of the answer are kept before this: nothing leads it. */
  readonly follows?: boolean;
}

/** A JSON value that fits the schema, and nothing else. */
export const schemaGrammar = (schema: unknown, options: GrammarOptions = {}): GrammarResult =>
  buildGrammar(options, (rules, unenforced) =>
    textAnswer(rules, options.family?.textOpening, new SchemaRules(rules, schema, unenforced).root()),
  );

/** A value as the text of an answer. */
export const textAnswer = (rules: GrammarRules, opening: string | undefined, value: Atom): Atom =>
  opening === undefined ? value : rules.rule('text-answer', `${literal(opening)} ${value}`);

export function buildGrammar(
  { family, thinkingOpen = false, follows = false }: GrammarOptions,
  body: (rules: GrammarRules, unenforced: Set<string>) => Atom,
): GrammarResult {
  const rules = new GrammarRules();
  const unenforced = new Set<string>();
  try {
    const answer = body(rules, unenforced);
    const lead = follows || family === undefined ? '' : leadOf(family, rules, thinkingOpen);
    return {
      ok: true,
      grammar: rules.render(lead === '' ? answer : `${lead} ${answer}`),
      unenforced: [...unenforced],
    };
  } catch (error) {
    if (error instanceof ApiFailure) return { ok: false, error: error.error };
    throw error;
  }
}

/** What comes before the answer: anything up to the closing tag of reasoning, and the empty line after it. */
function leadOf({ calls, thinking }: Family, rules: GrammarRules, thinkingOpen: boolean): string {
  if (calls?.grammar.lead !== undefined) return calls.grammar.lead(rules, thinkingOpen);
  if (!thinkingOpen || thinking.length === 0) return '';
  const closes = [...new Set(thinking.map(([, close]) => close))];
  return `(${closes.map((close) => until(rules, close)).join(' | ')}) "\\n"{0,2}`;
}
