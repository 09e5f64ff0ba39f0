/** The scripted engine without anything above it: what is not the yard's doing. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { FromEngine, ToEngine } from '../../src/contract/engine/raw.ts';
import { writeScriptedEngine } from '../../test/support/scripted-engine.ts';

export interface EngineAlone {
  /** Tokenizes and generates; ms to the first piece. */
  ttftMs(prompt: string): Promise<number>;
  close(): void;
}

export async function startEngineAlone(directory: string, answer: string): Promise<EngineAlone> {
  const child = fork(writeScriptedEngine(directory, { otherwise: answer }), { serialization: 'advanced' });
  const tell = (message: ToEngine) => child.send(message);
  const wait = async (holds: (message: FromEngine) => boolean): Promise<FromEngine> => {
    for (;;) {
      const [message] = (await once(child, 'message')) as [FromEngine];
      if (holds(message)) return message;
    }
  };
  const loaded = wait(({ type }) => type === 'loaded');
  tell({ type: 'load', options: { modelPath: '-', window: 200_000, slots: 4, threads: 1, gpu: 'off' } });
  await loaded;
  let calls = 0;
  return {
    async ttftMs(prompt) {
      const startedMs = performance.now();
      const callId = ++calls;
      const tokenized = wait(({ type }) => type === 'tokenized');
      tell({ type: 'tokenize', callId, segments: [{ text: prompt, special: false }] });
      const reply = await tokenized;
      if (reply.type !== 'tokenized') throw new Error(`unexpected ${reply.type}`);
      const piece = wait((message) => message.type === 'events' && message.events.some(({ type }) => type === 'piece'));
      tell({ type: 'generate', callId, request: { tokens: reply.tokens, maxTokens: 2, temperature: 0 } });
      await piece;
      const elapsedMs = performance.now() - startedMs;
      await once(child, 'message');
      return elapsedMs;
    },
    close: () => child.disconnect(),
  };
}
