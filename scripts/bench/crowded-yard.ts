/**
 * A yard in which more conversations are alive than there are slots: each key has several, all of them ask again a moment after
 * their answer. `isWarm`: prompts are what slots hold; otherwise nobody says what a prompt begins with.
 */
import { createRandom } from '../../src/simulation/random.ts';
import type { YardEffect, YardEvent } from '../../src/yard/events.ts';
import { createYard, step } from '../../src/yard/step.ts';

export interface Crowd {
  readonly machines: number;
  readonly slots: number;
  readonly keys: number;
  readonly waiting: number;
  readonly isWarm: boolean;
}

/** Runs for so many answers; tells how long the steps took that end one, and those that take a request in, us. */
export function measureCrowd({ machines, slots, keys, waiting, isWarm }: Crowd, answers: number, warmUp: number) {
  const random = createRandom(keys + waiting);
  const yard = createYard({ limits: { queueWaitMs: 600_000, queuedPerSlot: 1_000 } });
  const conversations = machines * slots + waiting;
  const agenda = new Map<number, (() => void)[]>();
  const [endedUs, askedUs]: [number[], number[]] = [[], []];
  let [nowMs, ended, requests, queued] = [0, 0, 0, 0];
  const later = (ms: number, happen: () => void): void => {
    agenda.set(nowMs + ms, [...(agenda.get(nowMs + ms) ?? []), happen]);
  };
  const tell = (event: YardEvent, took?: number[]): void => {
    const from = process.cpuUsage();
    const effects = step(yard, event, nowMs);
    if (ended >= warmUp) {
      const u = process.cpuUsage(from);
      took?.push(u.user + u.system);
    }
    for (const effect of effects) answer(effect);
  };
  const running = new Map<string, number>();
  const slotsOf = Array.from({ length: machines }, () => new Array<string | null>(slots).fill(null));

  function answer(effect: YardEffect): void {
    if (effect.type === 'request-ended' && effect.outcome.kind === 'rejected') {
      throw new Error(`${effect.requestId}: ${effect.outcome.error.message}`);
    }
    if (effect.type !== 'send-offer') return;
    const { machineId, requestId, attempt, decision } = effect;
    const conversation = running.get(requestId)!;
    const mine = slotsOf[Number(machineId.slice(1))]!;
    later(5, () => {
      const promptTokens = 8_000;
      tell({ type: 'offer-accepted', machineId, requestId, attempt, promptTokens });
      const slot = mine.indexOf(null);
      mine[slot] = requestId;
      later(random.between(2_000, 8_000), () => {
        mine[slot] = null;
        if (isWarm) {
          const { lineage, blocks } = prefixOf(conversation);
          const told = [{ slot, lineage, blocks, tokens: 8_000 }];
          tell({ type: 'slots-told', machineId, sessionId: machineId, model: 'model', slots: told });
        }
        ended += 1;
        const usage = { readTokens: 8_000 - decision.chosen.cachedTokens, outputTokens: 300 };
        tell({ type: 'ticket-ended', requestId, attempt, error: null, usage }, endedUs);
        queued = Math.max(queued, yard.waiting);
        later(random.between(500, 3_000), () => ask(conversation));
      });
    });
  }

  function prefixOf(conversation: number) {
    const blocks = Array.from({ length: 16 }, (_, at) => `c${conversation}.${at}`);
    return { lineage: `c${conversation}`, blocks, ends: blocks.map((_, at) => Math.floor(((at + 1) / 16) * 990)) };
  }

  function ask(conversation: number): void {
    requests += 1;
    const requestId = `r${requests}`;
    running.set(requestId, conversation);
    const asked = { requestId, keyId: `k${conversation % keys}`, model: 'model', estimatedTokens: 8_000 };
    const prefix = isWarm ? { prefix: prefixOf(conversation) } : {};
    tell({ type: 'request-submitted', ...asked, ...prefix }, askedUs);
  }

  for (let index = 0; index < machines; index += 1) {
    const name = { machineId: `m${index}`, sessionId: `m${index}` };
    tell({ type: 'machine-connected', ...name, name: name.machineId });
    const model = { id: 'model', digest: 'model', displayName: 'model', status: 'ready' as const, createdAtMs: 0 };
    const pace = { readPerS: 600 + 40 * (index % 8), writePerS: 30, startMs: 60, wakeMs: 0, confidence: 0.9 };
    const models = [{ ...model, window: 32_768, slots, busySlots: 0, thinking: true, tools: true, pace }];
    tell({ type: 'machine-reported', ...name, models, draining: false });
    const hear = (): void => {
      tell({ type: 'machine-heard', ...name });
      later(5_000, hear);
    };
    hear();
  }
  for (let index = 0; index < conversations; index += 1) later(random.between(1, 3_000), () => ask(index));
  while (ended < warmUp + answers) {
    nowMs += 1;
    const due = agenda.get(nowMs) ?? [];
    agenda.delete(nowMs);
    for (const happen of due) happen();
    if (yard.wakeAtMs !== null && yard.wakeAtMs <= nowMs) tell({ type: 'clock-advanced' });
  }
  return { endedUs, askedUs, queued };
}
