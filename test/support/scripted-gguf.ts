/**
 * Real GGUF models that say exactly what a test wants, token by token, at temperature 0 and at any
 * other sensible temperature, whatever the prompt is.
 *
 * How: a one-layer llama whose attention and feed-forward weights are all zero, so the last token's
 * embedding reaches the output unchanged. Every token a prompt can contain has the same embedding
 * (axis 0); piece i of the script has axis i + 1. The output row of the first piece points along
 * axis 0, that of every later piece along its predecessor's axis, that of the end token along the
 * last piece's. The chosen logit is 32, all others are 0.
 *
 *     any prompt --> pieces[0] --> pieces[1] --> ... --> end of generation
 *
 * What it says when that is not allowed (a grammar) can be scripted too: `otherwise` branches have half the
 * logit, so they are only taken where the script cannot go on.
 *
 * It is a Markov chain: a prompt that ends in a piece of the script continues behind that piece, and
 * every new turn starts the script again.
 *
 * The vocabulary is GPT-2 style without merges: 256 single bytes, the control tokens, and one entry
 * per piece. Prompts therefore become one token per byte, and never a piece. Pieces are bytes, so they
 * may be cut anywhere, also inside a character or a tag. A SentencePiece vocabulary can be had too;
 * its pieces are single bytes or whole characters, three at least, or prompts might contain them.
 */
import { writeFile } from 'node:fs/promises';
import { ggufFile, type WrittenTensor } from './scripted-gguf-format.ts';

export interface ScriptedGguf {
  /** What the model says, in order; a piece equal to a control text is that control token. All different. */
  readonly pieces: readonly (string | Uint8Array)[];
  /** What it says instead where a grammar refuses `pieces[after + 1]`; after -1 instead of the first piece. */
  readonly otherwise?: readonly { readonly after: number; readonly pieces: readonly (string | Uint8Array)[] }[];
  /** Jinja chat template; ChatML without tools by default. */
  readonly template?: string;
  /** Texts of control tokens; the first one ends the generation. */
  readonly controls?: readonly string[];
  /** Texts of user-defined tokens, as many models have for their tags. */
  readonly userDefined?: readonly string[];
  /** Window the file claims, tokens. */
  readonly trainedWindow?: number;
  /** Make the vocabulary ask for BOS (the second control token) at the start of every prompt. */
  readonly addBos?: boolean;
  /** How the vocabulary is written; SentencePiece puts a space before every prompt. */
  readonly spelling?: 'byte-alphabet' | 'sentencepiece';
  /** After the last piece begin again with the first, for ever. */
  readonly endless?: boolean;
  /** `general.architecture`; another one makes a file that no engine loads. */
  readonly architecture?: string;
}

const chatMl =
  "{% for message in messages %}{{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

export async function writeScriptedGguf(path: string, script: ScriptedGguf): Promise<void> {
  await writeFile(path, scriptedGguf(script));
}

/** The file's bytes. */
export function scriptedGguf(script: ScriptedGguf): Buffer {
  const controls = script.controls ?? ['<|im_end|>', '<|im_start|>'];
  const userDefined = script.userDefined ?? [];
  const sentencepiece = script.spelling === 'sentencepiece';
  const spell = sentencepiece ? spelledForSentencepiece : spelledInBytes;
  const entries = [...Array.from({ length: 256 }, (_, byte) => spell(Buffer.of(byte))), ...controls, ...userDefined];
  const types: number[] = new Array(256).fill(sentencepiece ? 6 : 1);
  types.push(...controls.map(() => 3), ...userDefined.map(() => 4));
  if (sentencepiece) {
    entries.push('▁'); // every such vocabulary has one
    types.push(1);
  }
  const branches = script.otherwise ?? [];
  const ids = [script.pieces, ...branches.map(({ pieces }) => pieces)].flat().map((piece) => {
    const bytes = Buffer.from(piece);
    const marked = [...controls, ...userDefined].indexOf(bytes.toString('utf8'));
    if (marked >= 0) return 256 + marked;
    const entry = spell(bytes);
    const known = entries.indexOf(entry);
    if (known >= 0) return known;
    entries.push(entry);
    types.push(1);
    return entries.length - 1;
  });
  if (new Set(ids).size !== ids.length)
    throw new Error('A scripted model cannot say one piece twice: cut the text elsewhere (see cutUniquely).');

  const headWidth = 64;
  const width = Math.max(64, Math.ceil((ids.length + 1) / 32) * 32);
  const feedForward = 32;
  const window = script.trainedWindow ?? 32_768;
  const endId = 256;

  const embedding = new Float32Array(entries.length * width);
  for (let id = 0; id < entries.length; id++) embedding[id * width] = 1;
  ids.forEach((id, step) => {
    embedding[id * width] = 0;
    embedding[id * width + step + 1] = 1;
  });
  const output = new Float32Array(entries.length * width);
  // RMS normalisation turns a unit vector into one of length sqrt(width)
  const weight = 32 / Math.sqrt(width);
  /** Token `id` follows what lies on this axis: 0 for the prompt, i + 1 for piece i of all. */
  const follow = (axis: number, id: number, strength = weight): void => {
    output[id * width + axis] = strength;
  };
  const { length } = script.pieces;
  ids.slice(0, length).forEach((id, step) => {
    follow(step, id);
  });
  follow(length, script.endless ? ids[0]! : endId);
  let first = length;
  for (const { after, pieces } of branches) {
    pieces.forEach((_, step) => {
      if (step === 0) follow(after + 1, ids[first]!, weight / 2);
      else follow(first + step, ids[first + step]!);
    });
    first += pieces.length;
    follow(first, endId);
  }

  const zeros = (name: string, columns: number, rows: number): WrittenTensor => ({
    name: `blk.0.${name}.weight`,
    dimensions: [columns, rows],
    type: 1,
    values: new Float32Array(columns * rows),
  });
  const ones = (name: string): WrittenTensor => ({
    name,
    dimensions: [width],
    type: 0,
    values: new Float32Array(width).fill(1),
  });
  const architecture = script.architecture ?? 'llama';
  return ggufFile(
    {
      'general.architecture': { text: architecture },
      'general.name': { text: 'Scripted' },
      'general.file_type': { u32: 1 },
      [`${architecture}.context_length`]: { u32: window },
      [`${architecture}.embedding_length`]: { u32: width },
      [`${architecture}.block_count`]: { u32: 1 },
      [`${architecture}.feed_forward_length`]: { u32: feedForward },
      [`${architecture}.attention.head_count`]: { u32: 1 },
      [`${architecture}.attention.head_count_kv`]: { u32: 1 },
      [`${architecture}.attention.key_length`]: { u32: headWidth },
      [`${architecture}.attention.value_length`]: { u32: headWidth },
      [`${architecture}.attention.layer_norm_rms_epsilon`]: { f32: 1e-9 },
      [`${architecture}.rope.dimension_count`]: { u32: headWidth },
      'tokenizer.ggml.model': { text: sentencepiece ? 'llama' : 'gpt2' },
      'tokenizer.ggml.pre': { text: sentencepiece ? 'default' : 'gpt-2' },
      'tokenizer.ggml.tokens': { texts: entries },
      'tokenizer.ggml.token_type': { i32s: types },
      ...(sentencepiece
        ? { 'tokenizer.ggml.scores': { f32s: entries.map(() => -1_000) } }
        : { 'tokenizer.ggml.merges': { texts: [] } }),
      'tokenizer.ggml.eos_token_id': { u32: endId },
      'tokenizer.ggml.bos_token_id': { u32: endId + 1 },
      'tokenizer.ggml.add_bos_token': { bool: script.addBos ?? false },
      'tokenizer.chat_template': { text: script.template ?? chatMl },
    },
    [
      { name: 'token_embd.weight', dimensions: [width, entries.length], type: 1, values: embedding },
      ones('blk.0.attn_norm.weight'),
      zeros('attn_q', width, headWidth),
      zeros('attn_k', width, headWidth),
      zeros('attn_v', width, headWidth),
      zeros('attn_output', headWidth, width),
      ones('blk.0.ffn_norm.weight'),
      zeros('ffn_gate', width, feedForward),
      zeros('ffn_up', width, feedForward),
      zeros('ffn_down', feedForward, width),
      ones('output_norm.weight'),
      { name: 'output.weight', dimensions: [width, entries.length], type: 1, values: output },
    ],
  );
}

/**
 * Cuts a text into pieces of about `bytes` bytes, longer where needed so that no two are equal, nor equal
 * to one in `seen`. Cuts fall anywhere, also inside characters, but a rest of a single byte is left at the
 * piece before it: prompts consist of such tokens.
 */
export function cutUniquely(text: string, bytes: number, seen: Set<string> = new Set()): Uint8Array[] {
  const all = Buffer.from(text);
  const pieces: Uint8Array[] = [];
  for (let start = 0; start < all.length; ) {
    let end = start + bytes;
    const tooShort = () => seen.has(all.toString('latin1', start, end)) || (bytes > 1 && all.length - end === 1);
    while (end < all.length && tooShort()) end++;
    // The rest is said already: it becomes one with the piece before it, or the two before it.
    while (end >= all.length && start > 0 && seen.has(all.toString('latin1', start))) {
      start -= pieces.pop()!.length;
    }
    seen.add(all.toString('latin1', start, end));
    pieces.push(all.subarray(start, end));
    start = end;
  }
  return pieces;
}

function spelledInBytes(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byteAlphabet[byte]!).join('');
}

function spelledForSentencepiece(bytes: Uint8Array): string {
  if (bytes.length === 1) return `<0x${bytes[0]!.toString(16).toUpperCase().padStart(2, '0')}>`;
  return Buffer.from(bytes).toString('utf8').replaceAll(' ', '▁');
}

/** GPT-2's spelling of each byte as one printable character. */
const byteAlphabet: readonly string[] = (() => {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    return String.fromCodePoint(printable ? byte : next++);
  });
})();
