/**
 * What a model is called in a yard: `family-size-quant`, made from whatever a file or a server calls it, so that copies
 * of one model in several formats meet under one name. Names are for people and for asking; the identity of a model is
 * its digest (`yard/names/model-naming.ts`). docs/models.md tells the convention.
 */

/** How a machine knows a model. */
export interface ToldName {
  /** File name or name at a server; what stands before the last slash does not count. */
  readonly name: string;
  /** `Q4_K_M`, `4bit`; where nobody tells, it is looked for in the name. */
  readonly quantisation?: string | null;
  /** Where the name may leave it out: "8B". */
  readonly size?: string | null;
  /** Where the name may leave it out: "Instruct". */
  readonly finetune?: string | null;
}

/** Words that say how a copy is packed, or who made the model, and not which model it is. */
const packing = new Set(['gguf', 'mlx', 'hf', 'safetensors', 'meta', 'latest']);
const sizeWord = /^(?:\d+x)?\d+(?:\.\d+)?[bm]$/;

/** Quantisations as names have them, between separators. */
const inName =
  /(?<=^|[-_.:@])(?:i?q[1-8](?:_(?:0|1|k|nl|xxs|xs|s|m|l|xl))*|tq[12]_0|mxfp4(?:_moe)?|nvfp4|bf16|fp16|f16|fp32|f32|fp8|awq|gptq(?:-int[348])?|int[48]|w4a16|w8a(?:8|16)|[2-8]-?bits?)(?=$|[-_.:@])/gi;

/** The id of a model in the yard; never empty. */
export function modelName(told: ToldName): string {
  const stem = (told.name.split(/[/\\]/).findLast((part) => part !== '') ?? '')
    .replace(/\.gguf$/i, '')
    .replace(/-\d{5}-of-\d{5}$/, '')
    .toLowerCase();
  const label = (told.quantisation ?? '').toLowerCase();
  const at = label === '' || label === 'unknown' ? -1 : stem.lastIndexOf(label);
  const bare = at < 0 ? stem : `${stem.slice(0, at)}-${stem.slice(at + label.length)}`;
  const inside = bare.match(inName) ?? [];
  const quant = quantisationWord(label === '' || label === 'unknown' ? (inside.at(-1) ?? '') : label);
  const words = joinVersions(
    bare
      .replace(inName, '')
      .split(/[^a-z0-9.]+/)
      .map((word) => word.replace(/^\.+|\.+$/g, ''))
      .filter((word) => word !== '' && !packing.has(word))
      .map(spelled),
  );
  const size = told.size?.toLowerCase() ?? '';
  if (sizeWord.test(size) && !words.some((word) => sizeWord.test(word))) words.push(size);
  const tuned = spelled((told.finetune ?? '').toLowerCase().replace(/[^a-z0-9.]+/g, '-'));
  if (/^[a-z]/.test(tuned) && !words.includes(tuned)) words.push(tuned);
  return [...words, quant].filter((word) => word !== '').join('-') || 'model';
}

/** One spelling of what makers spell differently. */
const spelled = (word: string): string => (word === 'it' ? 'instruct' : word);

/** `llama-3.1` and `llama3.1` are one family: a short number joins the word before it. */
function joinVersions(words: readonly string[]): string[] {
  const joined: string[] = [];
  for (const word of words) {
    const before = joined.at(-1);
    if (before !== undefined && /^[a-z]+$/.test(before) && /^\d{1,2}(\.\d+)?$/.test(word)) {
      joined[joined.length - 1] = before + word;
    } else joined.push(word);
  }
  return joined;
}

/**
 * The word for a quantisation. Each format's usual one of so many bits is `q` and the bits: a GGUF's Q4_K_M, MLX's 4 bit
 * and AWQ are all `q4`, for they are what the others call the 4-bit copy. Any other keeps its own label.
 */
export function quantisationWord(label: string): string {
  const plain = label.toLowerCase().replace(/_moe$/, '');
  const bits = /^([2-8])-?bits?$/.exec(plain)?.[1] ?? /^gptq-int([348])$/.exec(plain)?.[1] ?? usualBits.get(plain);
  if (bits !== undefined) return `q${bits}`;
  return (sameAs.get(plain) ?? plain).replace(/[^a-z0-9.]+/g, '-').replace(/^-+|-+$/g, '');
}

const usualBits = new Map([
  ['q2_k', 2],
  ['q3_k_m', 3],
  ['q4_k_m', 4],
  ['q5_k_m', 5],
  ['q6_k', 6],
  ['q8_0', 8],
  ['awq', 4],
  ['gptq', 4],
  ['int4', 4],
  ['w4a16', 4],
  ['int8', 8],
  ['w8a8', 8],
  ['w8a16', 8],
]);
const sameAs = new Map([
  ['fp16', 'f16'],
  ['fp32', 'f32'],
]);

/** What a name in this convention says. */
export interface NameParts {
  /** `qwen3`, `llama3.1`; all before the size. */
  readonly family: string;
  /** Parameters; null when the name does not say. A mixture of experts (`8x7b`) counts all its experts. */
  readonly parameters: number | null;
  /** Those used for each token, of a mixture of experts (`30b-a3b`); null when the name does not say. */
  readonly activeParameters: number | null;
  /** The last word where it is a quantisation: `q4`, `iq2-xxs`, `bf16`; else null. */
  readonly quantisation: string | null;
}

/** Reads an id made by `modelName`, or one of the yard with the beginning of a digest behind it. */
export function nameParts(idInYard: string): NameParts {
  const id = idInYard.replace(/@[0-9a-f]+$/, '');
  const quantisation =
    /-((?:i?q|tq)[1-8](?:-(?:0|1|k|nl|xxs|xs|s|m|l|xl))*|mxfp4|nvfp4|bf16|f16|f32|fp8)$/.exec(id)?.[1] ?? null;
  const words = (quantisation === null ? id : id.slice(0, -quantisation.length - 1)).split('-');
  const sizeAt = words.findIndex((word) => sizeWord.test(word));
  const activeWord = words.find((word) => /^a\d+(\.\d+)?b$/.test(word));
  return {
    family: words.slice(0, sizeAt < 0 ? words.length : sizeAt).join('-'),
    parameters: sizeAt < 0 ? null : countOf(words[sizeAt]!),
    activeParameters: activeWord === undefined ? null : countOf(activeWord.slice(1)),
    quantisation,
  };
}

/** `8b`, `8x7b`, `270m` as a number. */
function countOf(size: string): number {
  const [, experts = '1', number = '0', unit] = /^(?:(\d+)x)?(\d+(?:\.\d+)?)([bm])$/.exec(size) ?? [];
  return Math.round(Number(experts) * Number(number) * (unit === 'b' ? 1e9 : 1e6));
}

/** `8.2B` (a server's listing) as a number; null when it is none. */
export function parametersOf(text: string | null): number | null {
  const size = text?.toLowerCase() ?? '';
  return sizeWord.test(size) ? countOf(size) : null;
}
