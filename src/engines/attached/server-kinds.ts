/** Every kind of server that is recognised. The first that recognises itself wins, so the most distinctive come first. */
import { llamaServer } from './kinds/llama-server.ts';
import { lmStudio } from './kinds/lm-studio.ts';
import { mlxLm, omlx, vllmMlx } from './kinds/mlx.ts';
import { ollama } from './kinds/ollama.ts';
import { openAi } from './kinds/openai.ts';
import { sglang } from './kinds/sglang.ts';
import { tabby } from './kinds/tabby.ts';
import { vllm } from './kinds/vllm.ts';
import type { ServerKind } from './server-kind.ts';

export const serverKinds: readonly ServerKind[] = [
  ollama,
  lmStudio,
  llamaServer,
  vllm,
  sglang,
  vllmMlx,
  omlx,
  tabby,
  mlxLm,
  openAi,
];

/** Where `--attach auto` looks. */
export const knownPorts: readonly number[] = [...new Set(serverKinds.flatMap(({ ports }) => ports))];
