/**
 * When families of models came out: the part of a model's quality that its size does not tell. Years with one decimal, of
 * the first open release; a family that is not here counts as of `usualGeneration`. Later lines of one family are lines
 * of their own here where a later generation was released under them.
 */

export const usualGeneration = 2024.5;

const generations: Readonly<Record<string, number>> = {
  codellama: 2023.6,
  'command-r': 2024.2,
  'deepseek-coder-v2': 2024.4,
  'deepseek-r1': 2025,
  'deepseek-v2': 2024.3,
  'deepseek-v3': 2024.9,
  'deepseek-v3.1': 2025.6,
  'deepseek-v3.2': 2025.9,
  'deepseek-v4': 2026.3,
  devstral: 2025.4,
  gemma: 2024.1,
  gemma2: 2024.5,
  gemma3: 2025.2,
  gemma3n: 2025.5,
  gemma4: 2026.3,
  glm4: 2024.4,
  'glm4.5': 2025.6,
  'glm4.6': 2025.7,
  'glm4.7': 2025.9,
  'gpt-oss': 2025.6,
  granite3: 2024.8,
  granite4: 2025.8,
  hermes3: 2024.6,
  hermes4: 2025.6,
  'kimi-k2': 2025.5,
  llama2: 2023.5,
  llama3: 2024.3,
  'llama3.1': 2024.6,
  'llama3.2': 2024.7,
  'llama3.3': 2024.9,
  llama4: 2025.3,
  ministral: 2024.8,
  ministral3: 2025.9,
  mistral: 2023.7,
  'mistral-nemo': 2024.5,
  'mistral-small': 2025,
  'mistral-small3.2': 2025.5,
  mixtral: 2023.9,
  nemotron3: 2025.9,
  olmo2: 2024.9,
  olmo3: 2025.9,
  phi3: 2024.3,
  'phi3.5': 2024.6,
  phi4: 2024.9,
  qwen2: 2024.4,
  'qwen2.5': 2024.7,
  qwen3: 2025.3,
  'qwen3-coder': 2025.6,
  'qwen3-next': 2025.7,
  'qwen3.5': 2026.1,
  qwq: 2025.2,
  smollm2: 2024.8,
  smollm3: 2025.5,
  tinyllama: 2024,
};

/** The generation of a family as names have it: that of the longest beginning, whole words, that is known. */
export function generationOf(family: string): number {
  const words = family.split('-');
  for (let length = words.length; length > 0; length--) {
    const name = words.slice(0, length).join('-');
    // A machine may call its model "constructor".
    const known = Object.hasOwn(generations, name) ? generations[name] : undefined;
    if (known !== undefined) return known;
  }
  return usualGeneration;
}
