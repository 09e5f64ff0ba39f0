/** Every certified family. A template belongs to the first whose way of writing a call it shows. */
import { deepseekV3, deepseekV31 } from './deepseek.ts';
import { deepseekV4, deepseekV32 } from './deepseek-dsml.ts';
import type { Family } from './family.ts';
import { gemma4 } from './gemma4.ts';
import { glmDense, glmLines } from './glm.ts';
import { harmony } from './harmony.ts';
import { hermes } from './hermes.ts';
import { kimi } from './kimi.ts';
import { llama3 } from './llama3.ts';
import { mistralList, mistralNamed } from './mistral.ts';
import { qwen3Coder } from './qwen3-coder.ts';

export const families: readonly Family[] = [
  hermes,
  qwen3Coder,
  llama3,
  mistralList,
  mistralNamed,
  glmLines,
  glmDense,
  deepseekV3,
  deepseekV31,
  deepseekV32,
  deepseekV4,
  harmony,
  kimi,
  gemma4,
];
