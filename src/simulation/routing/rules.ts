/** Rules of other gateways. Each sends a request to a machine when it comes; there it waits until a slot is free. */
import type { Timeline } from '../timeline.ts';
import type { Hardware } from './fleet.ts';
import { type Job, SimulatedMachine, tokensOf } from './machine.ts';

/** What is compared: something that requests are given to. */
export interface Router {
  submit(job: Job): void;
}

interface Worker {
  readonly machine: SimulatedMachine;
  readonly waiting: Job[];
  outstanding: number;
  /** Blocks of prompts sent here, the last ones: what a router thinks is cached. */
  readonly seen: Set<string>;
}

/** The index of the machine. */
type Rule = (workers: readonly Worker[], job: Job) => number;

export function router(timeline: Timeline, fleet: readonly Hardware[], rule: Rule): Router {
  const workers: Worker[] = fleet.map((hardware) => ({
    machine: new SimulatedMachine(hardware, timeline),
    waiting: [],
    outstanding: 0,
    seen: new Set(),
  }));
  const next = (worker: Worker): void => {
    while (worker.machine.freeSlots > 0) {
      const job = worker.waiting.shift();
      if (job === undefined) return;
      worker.machine.start({
        ...job,
        onEnd(told) {
          worker.outstanding -= 1;
          job.onEnd(told);
          next(worker);
        },
      });
    }
  };
  return {
    submit(job) {
      const worker = workers[rule(workers, job)]!;
      worker.outstanding += 1;
      worker.waiting.push(job);
      next(worker);
    },
  };
}

export function roundRobin(): Rule {
  let turn = -1;
  return (workers) => {
    turn = (turn + 1) % workers.length;
    return turn;
  };
}

/** The one with the fewest requests; by turns among equals. */
export function leastOutstanding(): Rule {
  let turn = 0;
  return (workers) => {
    turn += 1;
    let best = turn % workers.length;
    for (let step = 1; step < workers.length; step += 1) {
      const at = (turn + step) % workers.length;
      if (workers[at]!.outstanding < workers[best]!.outstanding) best = at;
    }
    return best;
  };
}

/**
 * As SGLang's router: the machine that was sent most of this prompt before, when that is more than half of it; else the one
 * that was sent the least. When load is uneven, the one with the fewest requests. Its figures, but for the absolute
 * difference of load, 32, which these fleets never have.
 */
export function cacheAware(): Rule {
  const [matchAtLeast, unevenBy, unevenTimes, mostSeen] = [0.5, 4, 1.5, 2_000];
  const byLoad = leastOutstanding();
  return (workers, job) => {
    const loads = workers.map(({ outstanding }) => outstanding);
    const [most, least] = [Math.max(...loads), Math.min(...loads)];
    const keys = job.blocks.map(({ id }) => `${job.scope}/${id}`);
    const whole = tokensOf(job.blocks);
    const matched = workers.map(({ seen }) => {
      const first = keys.findIndex((key) => !seen.has(key));
      return tokensOf(job.blocks.slice(0, first < 0 ? keys.length : first)) / whole;
    });
    const warmest = matched.indexOf(Math.max(...matched));
    const uneven = most - least > unevenBy && most > least * unevenTimes;
    const sizes = workers.map(({ seen }) => seen.size);
    const emptiest = sizes.indexOf(Math.min(...sizes));
    const at = uneven ? byLoad(workers, job) : matched[warmest]! > matchAtLeast ? warmest : emptiest;
    const { seen } = workers[at]!;
    for (const key of [...keys, `${job.scope}/${job.answer.id}`]) {
      seen.delete(key);
      seen.add(key);
      if (seen.size > mostSeen) seen.delete(seen.keys().next().value!);
    }
    return at;
  };
}
