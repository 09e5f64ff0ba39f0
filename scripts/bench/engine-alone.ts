/** The scripted engine without anything above it: what is not the yard's doing. */
import { fork } from 'node:child_process';
import type { FromEngine, RawEvent, ToEngine } from '../../src/contract/engine/raw.ts';
import { writeScriptedEngine } from '../../test/support/scripted-engine.ts';

export interface EngineAlone {
  /** Tokenizes and generates; ms to the first piece. */
  ttftMs(prompt: string): Promise<number>;
  close(): void;
}

export async function startEngineAlone(directory: string, answer: string): Promise<EngineAlone> {
  const child = fork(writeScriptedEngine(directory, { otherwise: answer }), { serialization: 'advanced' });
  const tell = (message: ToEngine) => child.send(message);
  const hears = (holds: (message: FromEngine) => boolean): Promise<FromEngine> =>
    new Promise((resolve) => {
      const listen = (message: FromEngine): void => {
        if (!holds(message)) return;
        child.off('message', listen);
        resolve(message);
      };
      child.on('message', listen);
    });
  const hearsEvent = (...types: RawEvent['type'][]) =>
    hears((message) => message.type === 'events' && message.events.some(({ type }) => types.includes(type)));
  const loaded = hears(({ type }) => type === 'loaded');
  tell({ type: 'load', options: { modelPath: '-', window: 200_000, slots: 4, threads: 1, gpu: 'off' } });
  await loaded;
  let calls = 0;
  return {
    async ttftMs(prompt) {
      const startedMs = performance.now();
      const callId = ++calls;
      const tokenized = hears(({ type }) => type === 'tokenized');
      tell({ type: 'tokenize', callId, segments: [{ text: prompt, special: false }] });
      const reply = await tokenized;
      if (reply.type !== 'tokenized') throw new Error(`unexpected ${reply.type}`);
      const piece = hearsEvent('piece');
      const end = hearsEvent('end', 'error');
      tell({ type: 'generate', callId, request: { tokens: reply.tokens, maxTokens: 2, temperature: 0 } });
      await piece;
      const elapsedMs = performance.now() - startedMs;
      await end;
      return elapsedMs;
    },
    close: () => child.disconnect(),
  };
}
