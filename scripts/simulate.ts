/**
 * Runs the simulated yard for many seeds, or one seed again.
 *
 *     node scripts/simulate.ts --seeds 200 --machines 20
 *     node scripts/simulate.ts --from 31 --seeds 1
 *
 * `--seconds`: begins no further seed after that time, and says how many there were. Prints the options first, then each broken rule with its seed; exits with 1 if there was any.
 */
import { parseArgs } from 'node:util';
import { SimulationFailure, simulate, usualOptions } from '../src/simulation/simulate.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '20' },
    from: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '86400' },
    machines: { type: 'string', default: String(usualOptions.machines) },
    faults: { type: 'string', default: usualOptions.faults },
    'trouble-ms': { type: 'string', default: String(usualOptions.troubleMs) },
    'gap-ms': { type: 'string', default: String(usualOptions.meanGapMs) },
    'gap-chance': { type: 'string', default: String(usualOptions.gapChance) },
    'steps-per-look': { type: 'string', default: String(usualOptions.stepsPerLook) },
    'event-cap': { type: 'string', default: String(usualOptions.eventCap) },
  },
});

function count(name: keyof typeof values): number {
  const number = Number(values[name]);
  if (!Number.isInteger(number) || number < 1) throw new Error(`--${name} takes a whole number of at least 1`);
  return number;
}

const faults = (['all', 'freezes', 'none'] as const).find((kind) => kind === values.faults);
if (faults === undefined) throw new Error('--faults is one of all, freezes, none');
const options = {
  machines: count('machines'),
  troubleMs: count('trouble-ms'),
  meanGapMs: count('gap-ms'),
  faults,
  gapChance: Number(values['gap-chance']),
  stepsPerLook: count('steps-per-look'),
  eventCap: count('event-cap'),
};
const [from, seeds, seconds] = [count('from'), count('seeds'), count('seconds')];
console.log(`seeds ${from} to ${from + seeds - 1}, options ${JSON.stringify(options)}`);

const startedMs = performance.now();
const tally = new Map<string, number>();
let seed = from;
let [failures, requests, steps, events] = [0, 0, 0, 0];
const seen = { suspicions: 0, sessions: 0, resumptions: 0 };
for (; seed < from + seeds && performance.now() - startedMs < seconds * 1_000; seed++) {
  try {
    const report = await simulate({ seed, ...options });
    requests += report.requests;
    steps += report.steps;
    events += report.events;
    for (const what of ['suspicions', 'sessions', 'resumptions'] as const) seen[what] += report.seen[what];
    for (const [outcome, times] of Object.entries(report.tally)) tally.set(outcome, (tally.get(outcome) ?? 0) + times);
  } catch (error) {
    if (!(error instanceof SimulationFailure)) throw error;
    failures += 1;
    console.log(error.message);
  }
}
const tookSeconds = (performance.now() - startedMs) / 1_000;
console.table([...tally].toSorted((a, b) => b[1] - a[1]).map(([outcome, times]) => ({ outcome, times })));
const perSecond = (times: number): string => `${Math.round(times / tookSeconds).toLocaleString('en')}/s`;
console.log(
  `${requests} requests (${perSecond(requests)}), ${steps} steps (${perSecond(steps)}), ${events} events (${perSecond(events)})`,
);
console.log(`${seen.suspicions} machines suspected, ${seen.sessions} sessions begun, ${seen.resumptions} resumed`);
console.log(`${seed - from - failures} seeds passed, ${failures} failed, ${tookSeconds.toFixed(1)} s`);
process.exitCode = failures > 0 ? 1 : 0;
