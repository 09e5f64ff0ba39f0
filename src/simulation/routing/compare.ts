/** One workload under one rule, and what it came to. */
import { createRandom, type Random } from '../random.ts';
import { Timeline } from '../timeline.ts';
import { type Hardware, mixedFleet } from './fleet.ts';
import { tokensOf } from './machine.ts';
import { product } from './product.ts';
import { cacheAware, leastOutstanding, type Router, roundRobin, router } from './rules.ts';
import type { Block, Conversation, Workload } from './workloads.ts';

export type RuleName = 'metalyard' | 'round-robin' | 'least-outstanding' | 'cache-aware';
/** Rules that know of no cache. */
export const withoutCache = ['round-robin', 'least-outstanding'] as const satisfies readonly RuleName[];

const rules: Readonly<Record<RuleName, (timeline: Timeline, fleet: readonly Hardware[], random: Random) => Router>> = {
  metalyard: product,
  'round-robin': (timeline, fleet) => router(timeline, fleet, roundRobin()),
  'least-outstanding': (timeline, fleet) => router(timeline, fleet, leastOutstanding()),
  'cache-aware': (timeline, fleet) => router(timeline, fleet, cacheAware()),
};
// The literal keys of the table above.
export const ruleNames = Object.keys(rules) as readonly RuleName[];

export interface Outcome {
  readonly requests: number;
  readonly meanTtftMs: number;
  readonly p95TtftMs: number;
  /** Of all prompt tokens those that were not read again, 0..1. */
  readonly cachedShare: number;
  /** The same, had each conversation a slot of its own that nobody takes. */
  readonly possibleShare: number;
  /** Until the last answer, ms. */
  readonly tookMs: number;
}

/** Nothing here takes longer, ms. */
const endMs = 48 * 3_600_000;

export function run(
  workload: Workload,
  rule: RuleName,
  seed: number,
  fleet: readonly Hardware[] = mixedFleet,
): Outcome {
  const timeline = new Timeline();
  const gateway = rules[rule](timeline, fleet, createRandom(seed + 1_000));
  const ttfts: number[] = [];
  let [open, prompt, cached, again] = [0, 0, 0, 0];

  const converse = (conversation: Conversation): void => {
    const { scope, lineage, system } = conversation;
    const ask = (at: number, before: readonly Block[]): void => {
      const turn = conversation.turns[at];
      if (turn === undefined) return;
      open += 1;
      timeline.after(turn.afterMs, () => {
        const blocks = [...before, ...turn.adds];
        const answer = { id: `${lineage}/answer${at}`, tokens: turn.answerTokens };
        const askedAtMs = timeline.nowMs;
        gateway.submit({
          scope,
          lineage,
          blocks,
          answer,
          onFirst({ cachedTokens }) {
            ttfts.push(timeline.nowMs - askedAtMs);
            prompt += tokensOf(blocks);
            cached += cachedTokens;
            if (at > 0) again += tokensOf(before);
          },
          onEnd() {
            open -= 1;
            turn.begins?.forEach(converse);
            ask(at + 1, [...blocks, answer]);
          },
        });
      });
    };
    ask(0, system);
  };
  workload.conversations(createRandom(seed)).forEach(converse);
  timeline.run(endMs, () => open === 0);
  if (open > 0) throw new Error(`${open} requests of ${workload.name} did not end under ${rule} (seed ${seed})`);
  ttfts.sort((a, b) => a - b);
  return {
    requests: ttfts.length,
    meanTtftMs: ttfts.reduce((sum, ms) => sum + ms, 0) / ttfts.length,
    p95TtftMs: ttfts[Math.floor(ttfts.length * 0.95)] ?? 0,
    cachedShare: cached / prompt,
    possibleShare: again / prompt,
    tookMs: timeline.nowMs,
  };
}
