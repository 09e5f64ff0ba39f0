/**
 * How often models answer the last turn of lessons exactly as the lessons say, in the short form and in
 * the long one. The lessons' answers are those of the model that made them.
 *
 *     node scripts/tiny-model/compare.ts LESSONS.jsonl MODEL.gguf...
 */
import { readFileSync } from 'node:fs';
import type { RawEngine } from '../../src/contract/engine/raw.ts';
import { loadEmbeddedEngine } from '../../src/engines/embedded/embedded-engine.ts';

const [lessonsPath, ...models] = process.argv.slice(2);
if (lessonsPath === undefined || models.length === 0) throw new Error('Usage: compare.ts LESSONS MODEL...');
const lessons: readonly { readonly plain: readonly number[]; readonly long: readonly number[] }[] = readFileSync(
  lessonsPath,
  'utf8',
)
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));

/** Where the last answer of a conversation begins. */
function lastAnswer(tokens: readonly number[], header: readonly number[]): number {
  for (let at = tokens.length - header.length; at >= 0; at--)
    if (header.every((token, index) => tokens[at + index] === token)) return at + header.length;
  throw new Error('A lesson has no answer.');
}

async function answersAlike(engine: RawEngine, tokens: readonly number[], header: readonly number[]): Promise<boolean> {
  const from = lastAnswer(tokens, header);
  const expected = tokens.slice(from, -1);
  const written: number[] = [];
  const request = { tokens: tokens.slice(0, from), maxTokens: expected.length + 8, temperature: 0 };
  for await (const event of engine.generate(request, new AbortController().signal))
    if (event.type === 'piece') written.push(...event.tokens);
  return written.length === expected.length && written.every((token, at) => token === expected[at]);
}

for (const modelPath of models) {
  const engine = await loadEmbeddedEngine({ modelPath, window: 8_192, slots: 4, threads: 1, gpu: 'off' });
  const header = [...(await engine.tokenize([{ text: '<|im_start|>assistant\n', special: true }]))];
  let short = 0;
  let long = 0;
  for (const lesson of lessons) {
    if (await answersAlike(engine, lesson.plain, header)) short++;
    if (await answersAlike(engine, lesson.long, header)) long++;
  }
  console.log(`${modelPath}: of ${lessons.length}, ${short} short and ${long} long ones answered as in the lessons`);
  await engine.close();
}
