import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { GGMLFileQuantizationType, parseGGUFQuantLabel } from '@huggingface/gguf';
import { EngineError } from '../../contract/engine/raw.ts';
import {
  GgufFault,
  type GgufHeader,
  GgufHeaderEnds,
  type GgufTensor,
  type GgufValue,
  parseGgufHeader,
} from './header.ts';

export interface RecommendedSampling {
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
}

/** What a GGUF file says of itself, checked against its size; no tensor has been read. */
export interface GgufFacts {
  /** SHA-256 (hex) over header, tensor table, file size and template: the model's identity. */
  readonly digest: string;
  readonly architecture: string;
  /** `general.name`, else the file's name without ending. */
  readonly name: string;
  /** For example "Q8_0"; "unknown" when neither the file's name nor its header tells. */
  readonly quantisation: string;
  /** Tokens the model was trained for; 0 when the file does not say. */
  readonly trainedWindow: number;
  /** Layers; 0 when the file does not say. */
  readonly layers: number;
  /** KV cache per token of one sequence at f16, bytes. Sliding-window and recurrent models need less. */
  readonly kvBytesPerToken: number;
  /** All tensors of all parts, bytes. */
  readonly weightBytes: number;
  /** Numbers in those tensors. */
  readonly parameters: number;
  /** Of a mixture of experts, those used for each token; else the same. */
  readonly activeParameters: number;
  readonly chatTemplate: string | null;
  /** What the model's author recommends (`general.sampling.*`); used where a client asks for nothing. */
  readonly sampling: RecommendedSampling;
  readonly fileBytes: number;
  readonly modifiedAtMs: number;
}

/** Reads and checks a model file. Throws an EngineError that names the file and the remedy. */
export async function readGgufFacts(path: string): Promise<GgufFacts> {
  const first = await readHeader(path);
  const { header } = first;
  const parts = await readOtherParts(path, header);
  const text = (key: string) => textOf(header.values.get(key));
  const architecture = text('general.architecture') ?? '';
  if (architecture === '') throw corrupt(path, 'does not name its architecture');
  const chatTemplate = text('tokenizer.chat_template');
  const hash = createHash('sha256');
  for (const part of [first, ...parts]) hash.update(part.headerText).update(`\n${part.fileBytes}\n`);
  hash.update(chatTemplate ?? '');
  const tensors = [first, ...parts].flatMap((part) => part.header.tensors);
  return {
    digest: hash.digest('hex'),
    architecture,
    name: text('general.name') ?? basename(path).replace(/\.gguf$/i, ''),
    quantisation: quantisationOf(path, header),
    trainedWindow: numberOf(header.values.get(`${architecture}.context_length`)) ?? 0,
    layers: numberOf(header.values.get(`${architecture}.block_count`)) ?? 0,
    kvBytesPerToken: kvBytesPerToken(header, architecture),
    weightBytes: tensors.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0),
    ...parameterCounts(tensors, header, architecture),
    chatTemplate,
    sampling: recommendedSampling(header),
    fileBytes: [first, ...parts].reduce((sum, part) => sum + part.fileBytes, 0),
    modifiedAtMs: Math.round(first.modifiedAtMs),
  };
}

interface ReadHeader {
  readonly header: GgufHeader;
  readonly headerText: Buffer;
  readonly fileBytes: number;
  readonly modifiedAtMs: number;
}

const firstReadBytes = 2 ** 20;

async function readHeader(path: string): Promise<ReadHeader> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path, 'r');
  } catch (cause) {
    const why =
      (cause as NodeJS.ErrnoException).code === 'ENOENT'
        ? 'does not exist'
        : `cannot be opened (${(cause as Error).message})`;
    const message = `The model file "${path}" ${why}. Check the path, or fetch the model again.`;
    throw new EngineError({ code: 'model-missing', message }, { cause });
  }
  try {
    const { size: fileBytes, mtimeMs: modifiedAtMs } = await file.stat();
    for (let length = Math.min(firstReadBytes, fileBytes); ; length = Math.min(length * 4, fileBytes)) {
      const buffer = Buffer.alloc(length);
      const { bytesRead } = await file.read(buffer, 0, length, 0);
      try {
        const header = parseGgufHeader(buffer.subarray(0, bytesRead), fileBytes);
        return { header, headerText: buffer.subarray(0, header.headerBytes), fileBytes, modifiedAtMs };
      } catch (error) {
        if (error instanceof GgufHeaderEnds && length < fileBytes) continue;
        throw error;
      }
    }
  } catch (error) {
    if (error instanceof GgufFault && error.kind === 'unsupported')
      throw new EngineError({ code: 'model-unsupported', message: `The model file "${path}" ${error.message}.` });
    if (error instanceof GgufFault || error instanceof GgufHeaderEnds)
      throw corrupt(path, error.message || 'shrank while it was read');
    throw new EngineError(
      { code: 'model-missing', message: `The model file "${path}" cannot be read (${(error as Error).message}).` },
      { cause: error },
    );
  } finally {
    await file.close();
  }
}

function corrupt(path: string, what: string): EngineError {
  const message = `The model file "${path}" ${what}. The copy is damaged or incomplete: fetch it again.`;
  return new EngineError({ code: 'model-corrupt', message });
}

/** A model split into `name-00001-of-00003.gguf` parts is loaded by its first part. */
async function readOtherParts(path: string, header: GgufHeader): Promise<ReadHeader[]> {
  const count = numberOf(header.values.get('split.count')) ?? 1;
  const name = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/i.exec(basename(path));
  if (count <= 1 || name === null) return [];
  if (Number(name[2]) !== 1) {
    const message = `The model file "${path}" is part ${Number(name[2])} of ${count}: name part 1 instead.`;
    throw new EngineError({ code: 'model-unsupported', message });
  }
  const others = Array.from(
    { length: count - 1 },
    (_, i) => `${name[1]}-${String(i + 2).padStart(5, '0')}-of-${name[3]}.gguf`,
  );
  return Promise.all(others.map((other) => readHeader(join(dirname(path), other))));
}

/** A value out of its range (a `top_k` of -1 is "off") is as good as none. */
function recommendedSampling(header: GgufHeader): RecommendedSampling {
  const within = (name: string, lowest: number, highest: number): number | undefined => {
    const value = numberOf(header.values.get(`general.sampling.${name}`));
    return value !== null && value >= lowest && value <= highest ? value : undefined;
  };
  const temperature = within('temp', 0, 5);
  const topP = within('top_p', 0.01, 1);
  const topK = within('top_k', 1, 1_000_000);
  return {
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(topK === undefined ? {} : { topK }),
  };
}

function quantisationOf(path: string, header: GgufHeader): string {
  const fromName = parseGGUFQuantLabel(basename(path));
  if (fromName !== undefined) return fromName;
  const type = numberOf(header.values.get('general.file_type'));
  return (type === null ? undefined : GGMLFileQuantizationType[type]) ?? 'unknown';
}

/** Tensors of all experts hold `_exps` in their name; of the experts, `expert_used_count` read each token. */
function parameterCounts(
  tensors: readonly GgufTensor[],
  header: GgufHeader,
  architecture: string,
): Pick<GgufFacts, 'parameters' | 'activeParameters'> {
  const experts = numberOf(header.values.get(`${architecture}.expert_count`)) ?? 0;
  const used = numberOf(header.values.get(`${architecture}.expert_used_count`)) ?? experts;
  const usedShare = experts > 0 ? Math.min(1, used / experts) : 1;
  let parameters = 0;
  let activeParameters = 0;
  for (const { name, dimensions } of tensors) {
    const count = dimensions.reduce((product, length) => product * length, 1);
    parameters += count;
    activeParameters += name.includes('_exps') ? count * usedShare : count;
  }
  return { parameters, activeParameters: Math.round(activeParameters) };
}

/** Sum over layers of `kv heads x (key length + value length) x 2 bytes`. */
function kvBytesPerToken(header: GgufHeader, architecture: string): number {
  const value = (key: string) => header.values.get(`${architecture}.${key}`);
  const layers = numberOf(value('block_count')) ?? 0;
  const heads = perLayer(value('attention.head_count'), layers);
  const kvHeads = perLayer(value('attention.head_count_kv'), layers) ?? heads;
  const width = numberOf(value('embedding_length')) ?? 0;
  let bytes = 0;
  for (let layer = 0; layer < layers; layer++) {
    const headWidth = heads?.[layer] ? width / heads[layer]! : 0;
    const keyLength = numberOf(value('attention.key_length')) ?? headWidth;
    const valueLength = numberOf(value('attention.value_length')) ?? headWidth;
    bytes += (kvHeads?.[layer] ?? 0) * (keyLength + valueLength) * 2;
  }
  return bytes;
}

function perLayer(value: GgufValue | undefined, layers: number): readonly number[] | null {
  if (typeof value === 'number') return new Array<number>(layers).fill(value);
  return Array.isArray(value) ? (value as readonly number[]) : null;
}

function textOf(value: GgufValue | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function numberOf(value: GgufValue | undefined): number | null {
  return typeof value === 'number' ? value : null;
}
