/** What a family says of the grammar of its calls. */
import type { Atom, GrammarRules } from './gbnf.ts';

export interface CallGrammar {
  /** Around the list of calls, and between two; with `between` null a model makes one call at a time. */
  readonly open: string;
  readonly between: string | null;
  readonly close: string;
  /** What continues a list whose beginning is kept; `between` when left out. */
  readonly further?: string;
  /** One call, as a GBNF expression. */
  call(tool: ToolRules): string;
  /** What may or must come before a forced answer: the end of reasoning. '' for nothing. */
  lead?(rules: GrammarRules, thinkingOpen: boolean): string;
}

/** One tool, as far as its grammar goes. */
export interface ToolRules {
  readonly rules: GrammarRules;
  readonly name: string;
  /** Its input as one JSON object. */
  input(): Atom;
  /** Its input argument by argument; null when the schema does not name the arguments. */
  parameters(): readonly ParameterRule[] | null;
}

export interface ParameterRule {
  readonly name: string;
  readonly required: boolean;
  /** A JSON value; null where the value is plain text. */
  readonly json: Atom | null;
  /** Plain text: the only values allowed, or null for any. */
  readonly texts: readonly string[] | null;
  /** Plain text that may also stand for a value of another type. */
  readonly mixed: boolean;
}
