/**
 * Reads the header of a GGUF file: key-value pairs and the tensor table, never a tensor.
 *
 * `@huggingface/gguf` reads headers too, but accepts cut-off files and turns every vocabulary entry
 * into a string (a quarter of a million in a large one). This reader steps over long arrays and
 * checks every count, length and offset against the file, because a native parser sees the file next.
 *
 * Layout: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md (versions 2 and 3).
 */
import { tensorBytes } from './tensor-types.ts';

export type GgufValue = string | number | boolean | readonly number[] | { readonly items: number };

export interface GgufTensor {
  readonly name: string;
  readonly dimensions: readonly number[];
  readonly type: number;
  /** From the start of the tensor data, bytes. */
  readonly offset: number;
  /** Null for a type we do not know. */
  readonly bytes: number | null;
}

export interface GgufHeader {
  readonly version: number;
  readonly values: ReadonlyMap<string, GgufValue>;
  readonly tensors: readonly GgufTensor[];
  /** Magic, key-value pairs and tensor table, bytes. */
  readonly headerBytes: number;
}

/** What is wrong with a file, in words that continue "The model file ... ". */
export class GgufFault extends Error {
  override readonly name = 'GgufFault';
  readonly kind: 'corrupt' | 'unsupported';
  constructor(kind: 'corrupt' | 'unsupported', message: string) {
    super(message);
    this.kind = kind;
  }
}

/** The buffer ends before the header does: read more of the file, if there is more. */
export class GgufHeaderEnds extends Error {
  override readonly name = 'GgufHeaderEnds';
}

/** Generous: the largest vocabularies have about 262,144 entries, the largest models a few thousand tensors. */
const limits = { keys: 100_000, tensors: 1_000_000, nameBytes: 1_024, stringBytes: 64 * 2 ** 20, items: 100_000_000 };
/** Arrays up to this length are kept (per-layer numbers); longer ones are vocabularies. */
const keptItems = 1_024;

const fixedBytes: Readonly<Record<number, number>> = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  7: 1,
  10: 8,
  11: 8,
  12: 8,
};
const stringType = 8;
const arrayType = 9;

/** Parses the header out of the first bytes of a file. Throws GgufFault or GgufHeaderEnds. */
export function parseGgufHeader(buffer: Buffer, fileBytes: number): GgufHeader {
  const reader = new Reader(buffer, fileBytes);
  if (reader.bytes(4).toString('latin1') !== 'GGUF')
    throw new GgufFault('corrupt', 'is not a GGUF file (it does not begin with "GGUF")');
  const version = reader.u32();
  if (version > 0xffff) throw new GgufFault('unsupported', 'is a big-endian GGUF; use a little-endian one');
  if (version !== 2 && version !== 3)
    throw new GgufFault('unsupported', `has GGUF version ${version}; versions 2 and 3 are known`);
  const tensorCount = reader.count('tensors', limits.tensors);
  const keyCount = reader.count('metadata keys', limits.keys);

  const values = new Map<string, GgufValue>();
  for (let i = 0; i < keyCount; i++) {
    const key = reader.string(limits.nameBytes);
    values.set(key, reader.value(reader.u32()));
  }
  const tensors: GgufTensor[] = [];
  for (let i = 0; i < tensorCount; i++) {
    const name = reader.string(limits.nameBytes);
    const dimensionCount = reader.u32();
    if (dimensionCount > 4) throw new GgufFault('corrupt', `gives a tensor ${dimensionCount} dimensions`);
    const dimensions = Array.from({ length: dimensionCount }, () => reader.u64());
    const type = reader.u32();
    tensors.push({ name, dimensions, type, offset: reader.u64(), bytes: tensorBytes(type, dimensions) });
  }
  const header = { version, values, tensors, headerBytes: reader.at };
  checkTensors(header, fileBytes);
  return header;
}

function checkTensors(header: GgufHeader, fileBytes: number): void {
  if (header.tensors.length === 0) throw new GgufFault('corrupt', 'holds no tensors');
  const alignment = header.values.get('general.alignment') ?? 32;
  if (typeof alignment !== 'number' || alignment < 1 || alignment % 8 !== 0)
    throw new GgufFault('corrupt', 'gives an alignment that is not a multiple of 8');
  const dataAt = Math.ceil(header.headerBytes / alignment) * alignment;
  for (const tensor of header.tensors) {
    const end = dataAt + tensor.offset + (tensor.bytes ?? 0);
    if (end <= fileBytes) continue;
    const message = `is cut off: it has ${fileBytes} bytes, but tensor "${printable(tensor.name)}" ends at byte ${end}`;
    throw new GgufFault('corrupt', message);
  }
}

/** Names come from the file: nothing unprintable reaches a terminal or a log. */
function printable(name: string): string {
  return name.replace(/[^\x20-\x7e]/g, '?').slice(0, 80);
}

class Reader {
  at = 0;
  readonly #buffer: Buffer;
  readonly #fileBytes: number;

  constructor(buffer: Buffer, fileBytes: number) {
    this.#buffer = buffer;
    this.#fileBytes = fileBytes;
  }

  /** Steps over `length` bytes and returns where they began. */
  #take(length: number): number {
    const start = this.at;
    if (start + length > this.#fileBytes)
      throw new GgufFault('corrupt', `is cut off: its header needs more than the ${this.#fileBytes} bytes there are`);
    if (start + length > this.#buffer.length) throw new GgufHeaderEnds();
    this.at = start + length;
    return start;
  }

  bytes(length: number): Buffer {
    const start = this.#take(length);
    return this.#buffer.subarray(start, start + length);
  }

  u32(): number {
    return this.#buffer.readUInt32LE(this.#take(4));
  }

  u64(): number {
    const value = Number(this.#buffer.readBigUInt64LE(this.#take(8)));
    if (value > Number.MAX_SAFE_INTEGER) throw new GgufFault('corrupt', 'holds a size beyond 2^53');
    return value;
  }

  count(what: string, limit: number): number {
    const count = this.u64();
    if (count > limit) throw new GgufFault('corrupt', `claims ${count} ${what}`);
    return count;
  }

  string(limit: number): string {
    const length = this.u64();
    if (length > limit) throw new GgufFault('corrupt', `holds a text of ${length} bytes where at most ${limit} can be`);
    return this.bytes(length).toString('utf8');
  }

  value(type: number): GgufValue {
    if (type === stringType) return this.string(limits.stringBytes);
    if (type === arrayType) return this.#array();
    return this.#scalar(type);
  }

  #scalar(type: number): number | boolean {
    const bytes = fixedBytes[type];
    if (bytes === undefined) throw new GgufFault('corrupt', `uses the unknown value type ${type}`);
    const at = this.#take(bytes);
    const buffer = this.#buffer;
    switch (type) {
      case 0:
        return buffer.readUInt8(at);
      case 1:
        return buffer.readInt8(at);
      case 2:
        return buffer.readUInt16LE(at);
      case 3:
        return buffer.readInt16LE(at);
      case 4:
        return buffer.readUInt32LE(at);
      case 5:
        return buffer.readInt32LE(at);
      case 6:
        return buffer.readFloatLE(at);
      case 7:
        return buffer.readUInt8(at) !== 0;
      case 10:
        return Number(buffer.readBigUInt64LE(at));
      case 11:
        return Number(buffer.readBigInt64LE(at));
      default:
        return buffer.readDoubleLE(at);
    }
  }

  #array(): GgufValue {
    const type = this.u32();
    const items = this.count('items in an array', limits.items);
    if (type === arrayType) throw new GgufFault('unsupported', 'holds an array of arrays');
    if (type === stringType) {
      for (let i = 0; i < items; i++) {
        const length = this.u64();
        if (length > limits.stringBytes) throw new GgufFault('corrupt', `holds a text of ${length} bytes`);
        this.#take(length);
      }
      return { items };
    }
    if (items <= keptItems) return Array.from({ length: items }, () => Number(this.#scalar(type)));
    const bytes = fixedBytes[type];
    if (bytes === undefined) throw new GgufFault('corrupt', `uses the unknown value type ${type}`);
    this.#take(items * bytes);
    return { items };
  }
}
