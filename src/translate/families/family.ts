/** A model family: how its models are recognised, prompted, read and held to a call. */
import type { CallGrammar } from '../grammar/call-grammar.ts';
import type { OutputParser, OutputParserOptions } from '../output/output-parser.ts';
import type { TagPair } from '../output/tagged-syntax.ts';
import type { TemplateMessage, TemplateTool } from '../prompt/template-variables.ts';

export interface Family {
  /** Stable; shown to people with the format's name. */
  readonly id: string;
  /** The format in one line, as `docs/models.md` names it. */
  readonly title: string;
  /**
   * Whether a template belongs to this family: it rendered a conversation in which the tool `probe_tool` was
   * called with `{"depth": "three"}`. Never judged by a model's name.
   */
  writesCall(rendered: string): boolean;
  /** Tags around reasoning that a prompt may open; none where reasoning is no matter of tags. */
  readonly thinking: readonly TagPair[];
  /** Every tag this family's models write: what no client should see. */
  readonly tags: readonly string[];
  /** Reads raw output of the model, with or without tool calls in it. */
  newParser(options: OutputParserOptions): OutputParser;
  /** Null: calls are not understood, so tools are not offered. */
  readonly calls: FamilyCalls | null;
  /** What opens the text of an answer, for a prefill and for JSON answers; '' for nearly all. */
  readonly textOpening?: string;
}

export interface FamilyCalls {
  readonly grammar: CallGrammar;
  /** The call's id in history, where the template prints or checks ids. `index` counts calls of the conversation. */
  readonly callId?: (name: string, index: number) => string;
  /** Arguments are printed one by one as plain text: what is not text goes in as its JSON. */
  readonly argumentsAsTexts?: boolean;
  /** For templates without a place for tools: the tools as the model's makers describe them in a prompt. */
  readonly listTools?: (tools: readonly TemplateTool[]) => string;
  /** Last changes to a conversation, where this family's templates expect something of their own. */
  readonly arrange?: (messages: readonly TemplateMessage[]) => readonly TemplateMessage[];
}
