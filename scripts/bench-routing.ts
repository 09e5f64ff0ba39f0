/**
 * What routing costs, as CPU time of this process, in four tables:
 *
 * - a decision (choosing, and writing down why), and the whole step of the yard that takes a request in and offers it, in a yard as it is in life
 *   (`bench/lively-yard.ts`), by the number of machines. Life goes on for some hundred steps between two looks at them, so what they need is far from the
 *   processor. `again`: the same decisions once more, where it is near;
 * - the steps in which an answer ends or a request comes while more conversations are alive than there are slots (`bench/crowded-yard.ts`);
 * - steps that must not grow with the fleet, in one that has the same model everywhere (`bench/fleet-steps.ts`);
 * - a report while requests wait that the machine does not meet.
 *
 *     npm run bench:routing
 */
import { choose } from '../src/yard/routing/choose.ts';
import { decisionOf } from '../src/yard/routing/decision-of.ts';
import { noteChange } from '../src/yard/routing/fleet.ts';
import { createYard, step } from '../src/yard/step.ts';
import { type Crowd, measureCrowd } from './bench/crowded-yard.ts';
import { measureSteps } from './bench/fleet-steps.ts';
import { LivelyYard, model } from './bench/lively-yard.ts';

const decisions = 4_000;
/** Requests that are looked at together: a clock that counts in us must have something to count. */
const batch = 20;
/** The code is warm, and machines and conversations have come to know each other. */
const warmUpRequests = 4_000;
const warmUpMs = 8_000;
/** More conversations than slots. */
const answers = 400;
const crowds = [
  { machines: 16, slots: 4, keys: 64, waiting: 180 },
  { machines: 64, slots: 4, keys: 256, waiting: 1_900 },
];
const stepWidth = 52;
/** Of a machine. */
const slots = 4;
const columns = [8, 9, 20, 17, 22, 5, 4];
/** So often are decisions made again. */
const rounds = 5;

console.log('machines  decisions  decision us (median)  again us (median)  whole step us (median)  lanes  busy');
for (const count of [100, 1_000, 10_000]) measure(count);
console.log('\nkeys  slots  waiting  prompts  an answer ends, us (median)  a request comes, us (median)');
for (const crowd of crowds) measureTurns(crowd);
console.log(`\n${'a step beside 10,000 machines with one model, us'.padEnd(stepWidth)}  mean   p99`);
for (const { name, us } of measureSteps(10_000)) {
  const p99 = us.toSorted((one, other) => one - other)[Math.floor(us.length * 0.99)]!;
  console.log(`${name.padEnd(stepWidth)}  ${meanOf(us).toFixed(0).padStart(4)}  ${p99.toFixed(0).padStart(4)}`);
}
console.log('\nmachines  waiting  step us of a report (median)');
for (const count of [1_000, 5_000]) for (const waiting of [0, 32]) measureWishes(count, waiting);

function measure(count: number): void {
  const lively = new LivelyYard(count, count);
  // Nobody is in it: what it makes of a request is what the other one will make of it.
  const aside = createYard();
  const [decisionUs, againUs, wholeUs]: [number[], number[], number[]] = [[], [], []];
  for (let batches = 0; decisionUs.length * batch < decisions; ) {
    lively.pass();
    if (lively.waiting.length < batch) continue;
    const submissions = lively.waiting.splice(0, batch);
    const isWarm = lively.nowMs >= warmUpMs && batches * batch >= warmUpRequests;
    batches += 1;
    if (batches % 2 === 0) {
      const submitted = timed(() => submissions.map((submission) => lively.submit(submission)));
      if (isWarm) wholeUs.push(submitted.us / batch);
      for (const effects of submitted.value) lively.answer(effects);
      continue;
    }
    for (const submission of submissions) step(aside, submission, lively.nowMs);
    const tickets = submissions.map(({ requestId }) => aside.tickets.get(requestId)!);
    const decide = (): void => {
      for (const ticket of tickets) {
        const choice = choose(lively.yard, ticket);
        const chosen = choice.best ?? choice.others[0];
        if (chosen === undefined) continue;
        decisionOf(lively.yard, ticket, 1, choice, chosen);
        // As in life: whoever got the last request has changed.
        noteChange(chosen.served.machine);
      }
    };
    const { us } = timed(decide);
    const again = timed(() => {
      for (let round = 0; round < rounds; round += 1) decide();
    });
    if (isWarm) {
      decisionUs.push(us / batch);
      againUs.push(again.us / batch / rounds);
    }
    for (const submission of submissions) {
      step(aside, { type: 'request-withdrawn', requestId: submission.requestId, reason: 'client-left' }, lively.nowMs);
      lively.answer(lively.submit(submission));
    }
  }
  const lanes = lively.yard.fleets.get(model)?.lanes.size ?? 0;
  const busy = `${Math.round(lively.busy * 100)} %`;
  const cells = [count, decisions, inWords(decisionUs), inWords(againUs), inWords(wholeUs), lanes, busy];
  console.log(cells.map((cell, at) => String(cell).padStart(columns[at]!)).join('  '));
}

function measureTurns(crowd: Omit<Crowd, 'isWarm'>): void {
  for (const isWarm of [true, false]) {
    const { endedUs, askedUs, queued } = measureCrowd({ ...crowd, isWarm }, answers, answers);
    const prompts = isWarm ? 'warm' : 'cold';
    const cells = [crowd.keys, crowd.machines * crowd.slots, queued, prompts, inWords(endedUs), inWords(askedUs)];
    console.log(cells.map((cell, at) => String(cell).padStart([4, 5, 7, 7, 27, 28][at]!)).join('  '));
  }
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
  const median = us.toSorted((one, other) => one - other)[us.length >> 1] ?? 0;
  return `${meanOf(us).toFixed(1)} (${median.toFixed(1)})`;
}

function meanOf(us: readonly number[]): number {
  return us.reduce((sum, each) => sum + each, 0) / us.length;
}

/** Of this process: what else runs on the computer does not count. */
function timed<Value>(work: () => Value): { readonly value: Value; readonly us: number } {
  const from = process.cpuUsage();
  const value = work();
  const { user, system } = process.cpuUsage(from);
  return { value, us: user + system };
}
