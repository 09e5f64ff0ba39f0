/**
 * What a routing decision costs, by the number of machines. Each machine has four slots that hold conversations; half of
 * the requests go on with one of them. Timed, as CPU time of this process, are the decision alone (choosing, and writing down why) and the whole step of the
 * yard that takes a request in and offers it. Then: what a report costs while requests wait that no machine meets.
 *
 *     npm run bench:routing
 */
import { noNeeds } from '../src/contract/generation/request-needs.ts';
import type { MachineModel } from '../src/contract/link/messages.ts';
import type { Prefix } from '../src/contract/link/prefix.ts';
import { createRandom } from '../src/simulation/random.ts';
import type { YardEvent } from '../src/yard/events.ts';
import { choose } from '../src/yard/routing/choose.ts';
import { decisionOf } from '../src/yard/routing/decision-of.ts';
import { noteChange } from '../src/yard/routing/fleet.ts';
import { createYard, step } from '../src/yard/step.ts';

const decisions = 20_000;
/** Requests that are taken in at once: a clock that counts in us must have something to count. */
const batch = 50;
const columns = [8, 9, 20, 22, 5];
const slots = 4;
const blocksHeld = 20;
const speeds = [130, 450, 900, 1_700, 3_500, 5_500];

console.log('machines  decisions  decision us (median)  whole step us (median)  lanes');
for (const count of [100, 1_000, 10_000]) measure(count);
console.log('\nmachines  waiting  step us of a report (median)');
for (const count of [1_000, 5_000]) for (const waiting of [0, 32]) measureWishes(count, waiting);

function measure(count: number): void {
  const random = createRandom(count);
  const yard = createYard();
  let nowMs = 0;
  const tell = (event: YardEvent) => step(yard, event, nowMs);
  const prefixes: Prefix[] = [];
  for (let index = 0; index < count; index += 1) {
    const machineId = `m${index}`;
    tell({ type: 'machine-connected', machineId, sessionId: machineId, name: machineId });
    tell({ type: 'machine-reported', machineId, sessionId: machineId, models: [describe(index)], draining: false });
    for (let slot = 0; slot < slots; slot += 1) {
      const lineage = `l${index}.${slot}`;
      const blocks = Array.from({ length: blocksHeld }, (_, block) => `${lineage}#${block}`);
      const ends = blocks.map((_, block) => Math.floor(((block + 1) / blocksHeld) * 1_000));
      if (random.chance(0.1)) prefixes.push({ lineage, blocks, ends });
      const told = [{ slot, lineage, blocks, tokens: 20_000 }];
      tell({ type: 'slots-told', machineId, sessionId: machineId, model: 'model', slots: told });
    }
  }

  function describe(index: number): MachineModel {
    const readPerS = speeds[index % speeds.length]! * (0.7 + random.next() * 0.6);
    return {
      id: 'model',
      digest: 'model',
      displayName: 'model',
      status: 'ready',
      window: random.pick([32_768, 65_536, 131_072]),
      slots,
      busySlots: 0,
      thinking: true,
      tools: true,
      createdAtMs: 0,
      pace: { readPerS, writePerS: readPerS / 40, startMs: 60, wakeMs: 300, confidence: 0.9 },
    };
  }

  const submit = (requestId: string): ReturnType<typeof step> => {
    const prefix: Prefix = random.chance(0.5)
      ? random.pick(prefixes)
      : { lineage: requestId, blocks: Array.from({ length: 20 }, (_, block) => `${requestId}#${block}`), ends: [] };
    const estimatedTokens = random.between(500, 25_000);
    const needs = { ...noNeeds, tools: true };
    const asked = { requestId, keyId: `key${requestId.length}`, model: 'model', estimatedTokens, prefix, needs };
    return tell({ type: 'request-submitted', ...asked });
  };

  // Whose turn has just ended keeps its slot for a moment: nobody's has.
  nowMs = 7_000;
  for (let index = 0; index < count; index += 1) {
    tell({ type: 'machine-heard', machineId: `m${index}`, sessionId: `m${index}` });
  }

  let [wholeUs, decisionUs]: [number[], number[]] = [[], []];
  let heard = 0;
  // The first half warms the code up.
  for (let round = 0; round < (2 * decisions) / batch; round += 1) {
    if (round === decisions / batch) [wholeUs, decisionUs] = [[], []];
    nowMs += batch;
    const ids = Array.from({ length: batch }, (_, index) => `r${round}.${index}`);
    const submitted = timed(() => ids.map(submit));
    wholeUs.push(submitted.us / batch);
    const offers = submitted.value.flatMap((effects) => effects.filter((effect) => effect.type === 'send-offer'));
    if (offers.length !== batch) throw new Error(`${offers.length} of ${batch} were offered`);
    for (const { machineId, requestId, attempt } of offers) {
      tell({ type: 'offer-accepted', machineId, requestId, attempt, promptTokens: 10_000 });
    }
    const tickets = ids.map((requestId) => yard.tickets.get(requestId)!);
    const alone = timed(() => {
      for (const ticket of tickets) {
        // As always: a machine has just changed.
        if (ticket.state.phase !== 'queued') noteChange(ticket.state.machine);
        const choice = choose(yard, ticket);
        decisionOf(yard, ticket, 1, choice, choice.best ?? choice.others[0]!);
      }
    });
    decisionUs.push(alone.us / batch);
    for (const { requestId, attempt } of offers) tell({ type: 'ticket-ended', requestId, attempt, error: null });
    // Machines are heard of, so that none falls silent.
    for (let left = Math.ceil((count * batch) / 4_000); left > 0; left -= 1) {
      heard = (heard + 1) % count;
      tell({ type: 'machine-heard', machineId: `m${heard}`, sessionId: `m${heard}` });
    }
  }
  const lanes = yard.fleets.get('model')?.lanes.size ?? 0;
  const cells = [count, decisions, inWords(decisionUs), inWords(wholeUs), lanes];
  console.log(cells.map((cell, at) => String(cell).padStart(columns[at]!)).join('  '));
}

/** Requests wait for one machine that is full, by its name; the others have room, and report. */
function measureWishes(count: number, waiting: number): void {
  const yard = createYard();
  let nowMs = 0;
  const report = (index: number, busySlots: number): void => {
    const machineId = `m${index}`;
    const model = { id: 'model', digest: 'model', displayName: 'model', status: 'ready' as const, createdAtMs: 0 };
    const models = [{ ...model, window: 32_768, slots, busySlots, thinking: true, tools: true }];
    step(yard, { type: 'machine-reported', machineId, sessionId: machineId, models, draining: false }, nowMs);
  };
  for (let index = 0; index < count; index += 1) {
    const machineId = `m${index}`;
    step(yard, { type: 'machine-connected', machineId, sessionId: machineId, name: machineId }, nowMs);
    report(index, index === 0 ? slots : 0);
  }
  for (let index = 0; index < waiting; index += 1) {
    const asked = { requestId: `r${index}`, keyId: 'key', model: 'model', estimatedTokens: 1_000 };
    step(yard, { type: 'request-submitted', ...asked, wishes: { machines: ['m0'], labels: [] } }, nowMs);
  }
  if (yard.waiting !== waiting) throw new Error(`${yard.waiting} of ${waiting} wait`);
  const us: number[] = [];
  for (let round = 0; round < 200; round += 1) {
    nowMs += 5;
    const took = timed(() => {
      for (let at = 0; at < batch; at += 1) report(1 + ((round * batch + at) % (count - 1)), 0);
    });
    if (round >= 100) us.push(took.us / batch);
  }
  const cells = [count, waiting, inWords(us)];
  console.log(cells.map((cell, at) => String(cell).padStart([8, 7, 28][at]!)).join('  '));
}

/** The mean is what it costs; beside other work on the computer the median tells more of the code. */
function inWords(us: readonly number[]): string {
  const mean = us.reduce((sum, each) => sum + each, 0) / us.length;
  const median = us.toSorted((one, other) => one - other)[us.length >> 1] ?? 0;
  return `${mean.toFixed(1)} (${median.toFixed(1)})`;
}

/** Of this process: what else runs on the computer does not count. */
function timed<Value>(work: () => Value): { readonly value: Value; readonly us: number } {
  const from = process.cpuUsage();
  const value = work();
  const { user, system } = process.cpuUsage(from);
  return { value, us: user + system };
}
