/**
 * Writes a model author's recommended temperature into a GGUF file (`general.sampling.temp`, the key
 * llama.cpp's own converter writes). Made the shipped model's file say that it wants greedy decoding.
 *
 *     node scripts/set-gguf-temperature.ts model.gguf 0
 */
import { readFile, writeFile } from 'node:fs/promises';
import { parseGgufHeader } from '../src/engines/gguf/header.ts';

const key = 'general.sampling.temp';
const float32Type = 6;
/** Magic, version and tensor count come before the count of keys. */
const keyCountAt = 16;
const firstKeyAt = 24;

const [path, text] = process.argv.slice(2);
const temperature = Number(text);
if (path === undefined || text === undefined || !Number.isFinite(temperature)) {
  throw new Error('Usage: node scripts/set-gguf-temperature.ts FILE TEMPERATURE');
}
const file = await readFile(path);
const { headerBytes, values } = parseGgufHeader(file, file.length);
if (values.has(key)) throw new Error(`${path} has a ${key} already`);
const alignment = Number(values.get('general.alignment') ?? 32);

const pair = Buffer.alloc(8 + key.length + 8);
pair.writeBigUInt64LE(BigInt(key.length), 0);
pair.write(key, 8, 'latin1');
pair.writeUInt32LE(float32Type, 8 + key.length);
pair.writeFloatLE(temperature, 8 + key.length + 4);

const start = Buffer.from(file.subarray(0, firstKeyAt));
start.writeBigUInt64LE(start.readBigUInt64LE(keyCountAt) + 1n, keyCountAt);
const header = Buffer.concat([start, pair, file.subarray(firstKeyAt, headerBytes)]);
const padding = Buffer.alloc((alignment - (header.length % alignment)) % alignment);
// Tensor offsets count from the start of the data, so the data moves as one.
const data = file.subarray(Math.ceil(headerBytes / alignment) * alignment);
await writeFile(path, Buffer.concat([header, padding, data]));
