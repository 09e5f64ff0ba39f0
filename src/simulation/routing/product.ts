/** The yard in a router's place: its own `step`, and machines that say what agents say. */
import { limits } from '../../contract/limits.ts';
import type { MachineModel } from '../../contract/link/messages.ts';
import { type HeldPrompt, type Prefix, toldOf } from '../../contract/link/prefix.ts';
import type { YardEffect, YardEvent } from '../../yard/events.ts';
import { PaceMeter } from '../../yard/pace-meter.ts';
import { createYard, step } from '../../yard/step.ts';
import type { Random } from '../random.ts';
import type { Timeline } from '../timeline.ts';
import type { Hardware } from './fleet.ts';
import { type Job, SimulatedMachine, tokensOf } from './machine.ts';
import type { Router } from './rules.ts';

const model = 'model';
/** One way over the network, and counting a prompt, ms. */
const networkMs = 2;
const countMs = 10;
/** How often a machine at work says so, ms. */
const progressMs = 5_000;
/** These clients do not give up, and nobody is turned away: what is compared is where requests go. */
const patienceMs = 3_600_000;
const queuedAtLeast = 1_000;

interface Agent {
  readonly machine: SimulatedMachine;
  readonly meter: PaceMeter;
  busy: number;
}

export function product(timeline: Timeline, fleet: readonly Hardware[], random: Random): Router {
  const yard = createYard({ limits: { queuedAtLeast } });
  const jobs = new Map<string, Job>();
  const agents = new Map<string, Agent>();
  const waiting: YardEvent[] = [];
  let isStepping = false;
  let requests = 0;
  let callOffWake = (): void => {};

  const tell = (event: YardEvent): void => {
    waiting.push(event);
    if (isStepping) return;
    isStepping = true;
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      for (const effect of step(yard, next, timeline.nowMs)) carryOut(effect);
    }
    isStepping = false;
    callOffWake();
    if (yard.wakeAtMs !== null) callOffWake = timeline.at(yard.wakeAtMs, () => tell({ type: 'clock-advanced' }));
  };

  function describe({ machine, meter, busy }: Agent): MachineModel {
    return {
      id: model,
      digest: model,
      displayName: model,
      status: 'ready',
      window: 200_000,
      slots: machine.hardware.slots,
      busySlots: busy,
      thinking: false,
      tools: true,
      createdAtMs: 0,
      pace: meter.pace(timeline.nowMs),
    };
  }

  const report = (machineId: string, agent: Agent): void => {
    tell({ type: 'machine-reported', machineId, sessionId: machineId, models: [describe(agent)], draining: false });
  };

  for (const hardware of fleet) {
    const { name: machineId } = hardware;
    // A guess: off by up to a factor of two.
    const guess = 2 ** (random.next() * 2 - 1);
    const assumed = { readPerS: hardware.readPerS * guess, writePerS: hardware.writePerS * guess };
    const agent = { machine: new SimulatedMachine(hardware, timeline), meter: new PaceMeter(assumed, 0), busy: 0 };
    agents.set(machineId, agent);
    tell({ type: 'machine-connected', machineId, sessionId: machineId, name: machineId });
    const beat = (): void => {
      report(machineId, agent);
      timeline.after(limits.heartbeatMs, beat);
    };
    beat();
  }

  function carryOut(effect: YardEffect): void {
    if (effect.type === 'send-offer') return offer(effect);
    if (effect.type === 'request-ended' && effect.outcome.kind !== 'answered') {
      throw new Error(`${effect.requestId} was not answered: ${JSON.stringify(effect.outcome)}`);
    }
  }

  function offer({ machineId, requestId, attempt }: YardEffect & { type: 'send-offer' }): void {
    const agent = agents.get(machineId)!;
    const job = jobs.get(requestId)!;
    const [sessionId, name] = [machineId, { requestId, attempt }];
    timeline.after(networkMs, () => {
      const { slots } = agent.machine.hardware;
      if (agent.busy >= slots) {
        const reason = { code: 'busy', busySlots: agent.busy, slots } as const;
        timeline.after(networkMs, () => tell({ type: 'offer-declined', machineId, ...name, reason }));
        return;
      }
      agent.busy += 1;
      timeline.after(countMs, () => {
        const promptTokens = tokensOf(job.blocks);
        timeline.after(networkMs, () => tell({ type: 'offer-accepted', machineId, ...name, promptTokens }));
        work(agent, machineId, sessionId, name, job);
      });
    });
  }

  function work(
    agent: Agent,
    machineId: string,
    sessionId: string,
    name: { readonly requestId: string; readonly attempt: number },
    job: Job,
  ): void {
    const { requestId, attempt } = name;
    let phase: 'prefilling' | 'streaming' = 'prefilling';
    let isOver = false;
    const progress = (): void => {
      if (isOver) return;
      tell({ type: 'ticket-progressed', requestId, attempt, phase });
      timeline.after(progressMs, progress);
    };
    timeline.after(2 * networkMs, progress);
    agent.meter.begun(requestId, timeline.nowMs);
    let readTokens = 0;
    agent.machine.start({
      ...job,
      onFirst(told) {
        readTokens = told.promptTokens - told.cachedTokens;
        agent.meter.started(requestId, readTokens, timeline.nowMs);
        timeline.after(networkMs, () => {
          phase = 'streaming';
          job.onFirst(told);
          tell({ type: 'ticket-progressed', requestId, attempt, phase });
          tell({ type: 'content-shown', requestId, attempt });
        });
      },
      onEnd(told) {
        agent.busy -= 1;
        agent.meter.ended(requestId, job.answer.tokens, timeline.nowMs);
        const { lineage, blocks } = prefixOf(job);
        const held: HeldPrompt = { slot: told.slot, lineage, blocks, tokens: told.heldTokens };
        const pace = agent.meter.pace(timeline.nowMs);
        const usage = { readTokens, outputTokens: job.answer.tokens };
        timeline.after(networkMs, () => {
          isOver = true;
          tell({ type: 'slots-told', machineId, sessionId, model, slots: [held], pace });
          tell({ type: 'ticket-ended', requestId, attempt, error: null, usage });
          jobs.delete(requestId);
          job.onEnd(told);
        });
      },
    });
  }

  return {
    submit(job) {
      requests += 1;
      const requestId = `r${requests}`;
      jobs.set(requestId, job);
      tell({
        type: 'request-submitted',
        requestId,
        keyId: job.scope,
        model,
        // From bytes: off by a fifth.
        estimatedTokens: Math.ceil(tokensOf(job.blocks) * (0.8 + random.next() * 0.4)),
        maxTokens: 8_192,
        waitMs: patienceMs,
        prefix: prefixOf(job),
      });
    },
  };
}

/** The hash of a block that comes after others that are the same is its name here. */
function prefixOf({ scope, lineage, blocks }: Job): Prefix {
  const whole = tokensOf(blocks);
  let read = 0;
  const ends = blocks.map(({ tokens }) => {
    read += tokens;
    return Math.floor((read / whole) * 1_000);
  });
  const hashes = blocks.map(({ id }) => `${scope}/${id}`);
  return { lineage: `${scope}/${lineage}`, blocks: toldOf(hashes), ends: toldOf(ends) };
}
