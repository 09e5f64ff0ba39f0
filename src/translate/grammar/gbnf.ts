/**
 * GBNF, the grammar notation of llama.cpp, written from parts. Nothing a client sent reaches the
 * text except through `literal`, which quotes it; rule names are ours.
 *
 * A rule is either an expression or a union of other rules. Unions are kept apart and flattened at
 * the end: a schema may well say `a = b or x` and `b = a or y`, which as grammar rules would call
 * each other without reading anything; llama.cpp refuses that as left recursion.
 */
import { ApiFailure, apiError } from '../../contract/errors.ts';
import { limits } from '../../contract/limits.ts';

/** A rule name, or a literal: stands alone in any expression. */
export type Atom = string;

/** `text` as a quoted GBNF terminal. `text` may be anything. */
export function literal(text: string): Atom {
  let quoted = '';
  for (const char of text) {
    const code = char.codePointAt(0)!;
    if (char === '"' || char === '\\') quoted += `\\${char}`;
    else if (code >= 0x20 && code !== 0x7f) quoted += char;
    else if (char === '\n') quoted += '\\n';
    else quoted += `\\x${code.toString(16).padStart(2, '0')}`;
  }
  return `"${quoted}"`;
}

/** One character of a class, escaped for use between `[` and `]`. */
export const classChar = (char: string): string => (/[\\\]^-]/.test(char) || char < ' ' ? `\\x${hex(char)}` : char);
const hex = (char: string): string => char.charCodeAt(0).toString(16).padStart(2, '0');

export class GrammarRules {
  readonly #expressions = new Map<string, string>();
  readonly #unions = new Map<string, readonly Atom[]>();
  readonly #byExpression = new Map<string, string>();
  #count = 0;
  #bytes = 0;
  #repetitions = 0;
  #nodes = 0;

  /** A rule with this expression; equal expressions share one rule. `hint` makes the grammar readable. */
  rule(hint: string, expression: string): Atom {
    const known = this.#byExpression.get(expression);
    if (known !== undefined) return known;
    const name = this.#name(hint);
    this.#byExpression.set(expression, name);
    this.set(name, expression);
    return name;
  }

  /** A name to be given its expression with `set`: for rules that refer to each other. */
  name(hint: string): Atom {
    return this.#name(hint);
  }

  set(name: Atom, expression: string): void {
    this.#expressions.set(name, this.#charge(expression));
  }

  /** A name to be given its alternatives later: how recursive schemas refer to themselves. */
  reserve(hint: string): Atom {
    const name = this.#name(hint);
    this.#unions.set(name, []);
    return name;
  }

  define(name: Atom, alternatives: readonly Atom[]): void {
    this.#charge(alternatives.join(' | '));
    this.#unions.set(name, alternatives);
  }

  union(hint: string, alternatives: readonly Atom[]): Atom {
    const distinct = [...new Set(alternatives)];
    if (distinct.length === 1) return distinct[0]!;
    const name = this.reserve(hint);
    this.define(name, distinct);
    return name;
  }

  /**
   * Whether `times` more repetitions fit. llama.cpp writes `x{0,500}` out as 500 rules, so bounds
   * are a budget of the whole grammar, not free.
   */
  spendRepetitions(times: number): boolean {
    if (this.#repetitions + times > limits.grammarRepetitions) return false;
    this.#repetitions += times;
    return true;
  }

  /** Counts a schema part that is looked at; references make a small schema a large one. */
  spendNode(): void {
    this.#nodes += 1;
    if (this.#nodes > limits.schemaNodes) throw refused(`it has more than ${limits.schemaNodes} parts`);
  }

  /** The grammar's text: `root`, then what it needs. */
  render(root: string): string {
    const lines = [`root ::= ${root}`];
    const seen = new Set<string>();
    const queue = rulesIn(root);
    for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
      if (seen.has(name)) continue;
      seen.add(name);
      const expression = this.#expressions.get(name) ?? this.#flatten(name);
      lines.push(`${name} ::= ${expression}`);
      queue.push(...rulesIn(expression));
    }
    return `${lines.join('\n')}\n`;
  }

  /** All that a union may become, looking through unions in it. */
  #flatten(name: string): string {
    const seen = new Set([name]);
    const leaves = new Set<Atom>();
    for (const union of seen) {
      for (const atom of this.#unions.get(union)!) {
        if (this.#unions.has(atom)) seen.add(atom);
        else leaves.add(atom);
      }
    }
    if (leaves.size === 0) throw refused('a `$ref` leads only to itself');
    return [...leaves].join(' | ');
  }

  #name(hint: string): string {
    this.#count += 1;
    return `${hint}-${this.#count}`;
  }

  #charge(expression: string): string {
    this.#bytes += expression.length;
    if (this.#bytes > limits.grammarBytes) throw refused(`its grammar is larger than ${limits.grammarBytes} bytes`);
    return expression;
  }
}

/** Names used in an expression: what is left without literals, classes and bounds. */
function rulesIn(expression: string): string[] {
  const bare = expression.replace(/"(?:[^"\\]|\\.)*"|\[(?:[^\]\\]|\\.)*\]|\{[0-9,]*\}/g, ' ');
  return bare.match(/[a-z][a-z0-9-]*/g) ?? [];
}

/** A schema we will not enforce, told politely. */
export const refused = (why: string): ApiFailure =>
  new ApiFailure(
    apiError(
      'invalid_request',
      `schema: this JSON schema cannot be enforced here: ${why}. Simplify it, or leave out \`strict\`, \`output_config.format\` or the forced \`tool_choice\`.`,
    ),
  );
