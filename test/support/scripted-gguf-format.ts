/** Writes GGUF files (version 3, little-endian) from values and tensors. */

/** `u32` and `f32` name how a number is stored; arrays hold texts or 32-bit numbers. */
export type WrittenValue =
  | { readonly text: string }
  | { readonly u32: number }
  | { readonly f32: number }
  | { readonly bool: boolean }
  | { readonly texts: readonly string[] }
  | { readonly i32s: readonly number[] }
  | { readonly f32s: readonly number[] };

export interface WrittenTensor {
  readonly name: string;
  /** Fastest-growing dimension first, as GGUF counts. */
  readonly dimensions: readonly number[];
  /** F16 (1) or F32 (0). */
  readonly type: 0 | 1;
  readonly values: Float32Array;
}

const alignment = 32;

export function ggufFile(values: Readonly<Record<string, WrittenValue>>, tensors: readonly WrittenTensor[]): Buffer {
  const parts: Buffer[] = [Buffer.from('GGUF'), u32(3), u64(tensors.length), u64(Object.keys(values).length)];
  for (const [key, value] of Object.entries(values)) parts.push(text(key), writtenValue(value));
  const data: Buffer[] = [];
  let offset = 0;
  for (const tensor of tensors) {
    const bytes = padded(tensor.type === 1 ? f16s(tensor.values) : Buffer.from(tensor.values.buffer));
    parts.push(
      text(tensor.name),
      u32(tensor.dimensions.length),
      ...tensor.dimensions.map(u64),
      u32(tensor.type),
      u64(offset),
    );
    data.push(bytes);
    offset += bytes.length;
  }
  return Buffer.concat([padded(Buffer.concat(parts)), ...data]);
}

function writtenValue(value: WrittenValue): Buffer {
  if ('text' in value) return Buffer.concat([u32(8), text(value.text)]);
  if ('u32' in value) return Buffer.concat([u32(4), u32(value.u32)]);
  if ('bool' in value) return Buffer.concat([u32(7), Buffer.of(value.bool ? 1 : 0)]);
  if ('texts' in value) return Buffer.concat([u32(9), u32(8), u64(value.texts.length), ...value.texts.map(text)]);
  if ('i32s' in value) {
    const items = Buffer.alloc(value.i32s.length * 4);
    for (const [index, item] of value.i32s.entries()) items.writeInt32LE(item, index * 4);
    return Buffer.concat([u32(9), u32(5), u64(value.i32s.length), items]);
  }
  if ('f32s' in value)
    return Buffer.concat([u32(9), u32(6), u64(value.f32s.length), Buffer.from(Float32Array.from(value.f32s).buffer)]);
  const buffer = Buffer.alloc(8);
  buffer.writeUInt32LE(6, 0);
  buffer.writeFloatLE(value.f32, 4);
  return buffer;
}

function u32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
}

function u64(value: number): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(BigInt(value));
  return buffer;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([u64(bytes.length), bytes]);
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & (alignment - 1))]);
}

/** Enough of half precision for what scripted models hold: zero and powers of two times 1 to 2. */
function f16s(values: Float32Array): Buffer {
  const buffer = Buffer.alloc(values.length * 2);
  values.forEach((value, index) => {
    if (value === 0) return;
    const exponent = Math.floor(Math.log2(Math.abs(value)));
    const fraction = Math.round((Math.abs(value) / 2 ** exponent - 1) * 1024);
    const bits = (value < 0 ? 0x8000 : 0) + ((exponent + 15) << 10) + fraction;
    buffer.writeUInt16LE(bits, index * 2);
  });
  return buffer;
}
