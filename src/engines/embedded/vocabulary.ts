import type { LlamaModel, Token } from 'node-llama-cpp';
import { LlamaVocabularyType } from 'node-llama-cpp';
import type { PromptSegment } from '../../contract/engine/raw.ts';
import { ControlTextIndex, planTokenization } from './plan-tokenization.ts';
import { tokenBytes, tokenTypes } from './token-text.ts';
import type { Tokenizing } from './tokenizing-turns.ts';

/** `<think>`, `</tool_call>`, `[INST]`, `<|im_end|>`: what chat formats use as marks. */
const tagShape = /^(<[^\s<>]+>|\[\/?[A-Z_]+\])$/;
/** Some vocabularies hold HTML tags as user-defined tokens; people may write HTML. */
const htmlTag =
  /^<\/?(a|b|i|u|s|p|br|hr|em|ul|ol|li|div|span|sub|sup|code|pre|strong|blockquote|h[1-6]|table|caption|thead|tbody|tfoot|tr|th|td)>$/;

/** The loaded model's vocabulary: text to ids and back, without surprises. */
export class Vocabulary {
  readonly controlTexts: readonly string[];
  readonly longestTokenBytes: number;
  readonly bosText: string;
  readonly eosText: string;
  readonly #model: LlamaModel;
  readonly #entries: readonly string[];
  readonly #types: readonly number[];
  readonly #spelling: 'byte-alphabet' | 'sentencepiece' | null;
  readonly #controlIndex: ControlTextIndex;

  constructor(model: LlamaModel) {
    this.#model = model;
    const { tokens, token_type: types } = model.fileInfo.metadata.tokenizer.ggml;
    this.#entries = tokens;
    this.#types = types ?? [];
    this.#spelling = spellingOf(model);
    this.controlTexts = tokens.filter((text, id) => this.#actsAsControl(text, id));
    this.#controlIndex = new ControlTextIndex(this.controlTexts);
    // An entry is never shorter than the bytes it stands for, however it is spelled.
    this.longestTokenBytes = tokens.reduce((longest, text) => Math.max(longest, Buffer.byteLength(text)), 1);
    this.bosText = model.tokens.bosString ?? '';
    this.eosText = model.tokens.eosString ?? '';
  }

  /**
   * Ids of a rendered prompt; BOS is added when the vocabulary wants one and the prompt has none. A step for each call of
   * the tokenizer: a huge prompt must not hold up other answers, nor pass for a hung engine.
   */
  *tokenizing(segments: readonly PromptSegment[]): Tokenizing {
    const { bos, shouldPrependBosToken } = this.#model.tokens;
    const chunks: Uint32Array[] = [];
    for (const { text, special } of planTokenization(segments, this.#controlIndex)) {
      const ids = chunks.length === 0 ? this.#model.tokenize(text, special) : this.#tokenizeInside(text, special);
      chunks.push(Uint32Array.from(ids));
      yield;
    }
    if (bos !== null && shouldPrependBosToken && chunks[0]?.[0] !== bos) chunks.unshift(Uint32Array.of(bos));
    return joined(chunks);
  }

  /** Bytes of a generated token; a control token yields its text, so that parsers see the tag. */
  bytes(id: number): Uint8Array {
    if (this.#spelling === null) return Buffer.from(this.#model.detokenize([id as Token], true));
    return tokenBytes(this.#entries[id] ?? '', this.#types[id] ?? tokenTypes.normal, this.#spelling);
  }

  /**
   * Ids of a text that does not begin the prompt: without the space that SentencePiece vocabularies put
   * before a text. The text is tokenized behind a newline, whose ids are then taken off. (The binding's
   * `trimLeadingSpace` misses that space: its detokenizer hides it.)
   */
  #tokenizeInside(text: string, special: boolean): Token[] {
    const anchor = this.#model.tokenize('\n', special);
    const anchored = this.#model.tokenize(`\n${text}`, special);
    const isWhole = anchor.every((id, index) => anchored[index] === id);
    return isWhole ? anchored.slice(anchor.length) : this.#model.tokenize(text, special);
  }

  #actsAsControl(text: string, id: number): boolean {
    const type = this.#types[id] ?? tokenTypes.normal;
    const isTag = tagShape.test(text);
    if (!isTag && (type === tokenTypes.normal || type === tokenTypes.byte || type === tokenTypes.unused)) return false;
    // llama.cpp turns some entries into control tokens whatever the file says, so ask it
    const attributes = this.#model.getTokenAttributes(id as Token);
    if (attributes.control || attributes.unknown) return true;
    return attributes.userDefined && isTag && !htmlTag.test(text);
  }
}

function joined(chunks: readonly Uint32Array[]): Uint32Array {
  const ids = new Uint32Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    ids.set(chunk, at);
    at += chunk.length;
  }
  return ids;
}

function spellingOf(model: LlamaModel): 'byte-alphabet' | 'sentencepiece' | null {
  switch (model.vocabularyType) {
    case LlamaVocabularyType.bpe:
      return 'byte-alphabet';
    case LlamaVocabularyType.spm:
    case LlamaVocabularyType.ugm:
      return 'sentencepiece';
    default:
      return null;
  }
}
