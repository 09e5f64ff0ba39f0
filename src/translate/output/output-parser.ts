/** What every reader of raw model output gives, whatever the family writes. */

/** A tool call as the model wrote it; what it means is for the reader of tools to find out. */
export type WrittenCall =
  /** The JSON names the tool and holds its arguments. */
  | { readonly json: string }
  /** The JSON is the arguments. */
  | { readonly name: string; readonly json: string }
  /** Arguments one by one, as plain text: their types are those of the tool's schema. */
  | { readonly name: string; readonly fields: readonly WrittenField[] };

export type WrittenField = readonly [name: string, text: string];

export type OutputPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'thinking'; readonly text: string }
  | CallPart;

interface CallPlace {
  /** The call's own words, without tags. */
  readonly raw: string;
  /**
   * Where the call began, as an index into the whole raw text (UTF-16 units): what comes before can be
   * kept when the call is to be made again.
   */
  readonly start: number;
  /** Something it belongs to is kept with what comes before: an open list of calls, an earlier message. */
  readonly follows: boolean;
}

export type CallPart =
  /** Whole in form; whether its content is a call is for the reader of tools to find out. */
  | (CallPlace & { readonly type: 'tool-call'; readonly call: WrittenCall })
  | (CallPlace & { readonly type: 'broken-tool-call' });

export interface OutputParser {
  push(text: string): readonly OutputPart[];
  /** No more text comes: decides all that was held back. */
  end(): readonly OutputPart[];
  /** What the text read so far stands in. */
  readonly inside: 'text' | 'thinking' | 'tool-call';
}

export interface OutputParserOptions {
  /** The prompt already ends in the tag that opens reasoning. */
  readonly thinkingOpen: boolean;
  /** Once text begins, all is text: JSON, whose strings may hold any tag. */
  readonly json?: boolean;
  /** The text continues a list of calls that is already open. */
  readonly inList?: boolean;
}

/** Joins neighbours of one kind as they come. */
export class PartList {
  #parts: OutputPart[] = [];

  say(type: 'text' | 'thinking', text: string): void {
    if (text === '') return;
    const last = this.#parts.at(-1);
    if (last?.type === type) this.#parts[this.#parts.length - 1] = { type, text: last.text + text };
    else this.#parts.push({ type, text });
  }

  add(...parts: readonly OutputPart[]): void {
    this.#parts.push(...parts);
  }

  drain(): readonly OutputPart[] {
    const done = this.#parts;
    this.#parts = [];
    return done;
  }
}
