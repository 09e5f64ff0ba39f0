/**
 * A small agent for tests: starts a guardian and an engine, keeps a generation running, and prints
 * the engine's pid. Arguments: model path, window.
 */
import { loadEmbeddedEngine } from '../../src/engines/embedded/embedded-engine.ts';
import { startGuardian } from '../../src/engines/guardian/guardian.ts';

const [modelPath, window] = process.argv.slice(2);
const guardian = startGuardian();
const pids: number[] = [];
const engine = await loadEmbeddedEngine({
  modelPath: modelPath!,
  window: Number(window),
  slots: 1,
  threads: 1,
  gpu: 'off',
  guardian: {
    ...guardian,
    watch: (pid) => {
      pids.push(pid);
      guardian.watch(pid);
    },
  },
});
const tokens = await engine.tokenize([{ text: 'go on', special: false }]);
let told = false;
for await (const event of engine.generate(
  { tokens, maxTokens: 1_000_000, temperature: 0 },
  new AbortController().signal,
)) {
  if (event.type !== 'piece' || told) continue;
  told = true;
  console.log(`${pids[0]} ${guardian.pid}`);
}
