/** The machine of the transcripts in `src/contract/link/fixtures`: today's agent with a model whose words are always the same. */
import { once } from 'node:events';
import type { ReadyModel } from '../../src/agent/ready-model.ts';
import type { MachineModel } from '../../src/contract/link/messages.ts';
import { known } from '../../src/contract/machine/fact.ts';
import type { MachineIdentity } from '../../src/transport/identity/machine-identity.ts';
import { type BareAgent, bareAgent, bareTickets } from './bare-agent.ts';

export const goldenModel: MachineModel = {
  ...{ id: 'golden-1b-q8', digest: 'd'.repeat(64), displayName: 'Golden', status: 'ready', createdAtMs: 0 },
  ...{ window: 8_192, slots: 2, busySlots: 0, thinking: true, tools: true },
};
const usage = { promptTokens: 10, cachedTokens: 0, outputTokens: 2, thinkingTokens: 0 };

/** Its model says "Good day.", and to the second request "Good" until it is told to stop, as the recorded one did. */
export function goldenAgent(gatewayUrl: string, identity: MachineIdentity): BareAgent {
  let asked = 0;
  const ready: ReadyModel = {
    slots: goldenModel.slots,
    count: async () => ({ tokens: 10 }),
    prepare: async () => ({
      ok: true,
      answer: {
        ...{ promptTokens: 10, window: goldenModel.window, maxTokens: 100 },
        async *generate(_use, signal) {
          asked += 1;
          yield [
            { type: 'generation-start', promptTokens: 10, cachedTokens: 0 },
            { type: 'block-start', block: { kind: 'text' } },
            { type: 'block-delta', text: 'Good' },
          ];
          if (asked === 2) {
            if (!signal.aborted) await once(signal, 'abort');
            return;
          }
          yield [
            { type: 'block-delta', text: ' day.' },
            { type: 'block-end' },
            { type: 'generation-end', stopReason: 'end-turn', stopSequence: null, usage },
          ];
        },
      },
    }),
  };
  return bareAgent({
    ...{ gatewayUrl, trust: {}, identity, name: 'box', models: () => [goldenModel] },
    facts: () => ({ 'os.family': known('linux', 'the running process') }),
    tickets: bareTickets(() => ready),
  });
}
