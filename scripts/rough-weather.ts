/**
 * Three real machines in a network with 2 s of jitter and 5 % of lost packets, agents and gateway stopping for 3 s now and
 * then: none may be taken for lost. Then each is stopped for good, and it is measured how soon that is noticed.
 *
 *     npm run rough-weather -- --seconds 120
 *
 * Exits with 1 on a false loss, or when a machine was not lost 15 s after its last byte: a second more at most, and up to a heartbeat
 * less where that byte was an answer to a ping, which is no sign of life.
 */
import { setTimeout as passed } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { limits } from '../src/contract/limits.ts';
import { startFleet } from '../test/support/fleet.ts';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '120' } } });
const stallMs = 3_000;
const lookMs = 100;
const toleranceMs = 1_000;
let failed = false;
function check(isWell: boolean, text: string): void {
  console.log(`${isWell ? 'well' : 'NOT WELL'}: ${text}`);
  failed ||= !isWell;
}

const fleet = await startFleet(3, () => ({ slots: 2, window: 8_192, otherwise: 'Hello.' }));
try {
  const statusOf = async (machineId: string) =>
    (await fleet.status()).find((machine) => machine.machineId === machineId)?.status ?? 'gone';

  for (const { network } of fleet.machines) network.roughen({ jitterMs: 2_000, lossChance: 0.05 });
  const untilMs = performance.now() + Number(values.seconds) * 1_000;
  const seen = { live: 0, suspect: 0, lost: 0 };
  let stalls = 0;
  let stallAtMs = performance.now() + stallMs;
  while (performance.now() < untilMs) {
    for (const { status } of await fleet.status()) if (status in seen) seen[status as keyof typeof seen] += 1;
    if (performance.now() > stallAtMs) {
      stalls += 1;
      stallAtMs = performance.now() + stallMs + Math.random() * 5_000;
      const victim = fleet.machines[stalls % 4];
      // The gateway runs in this process: a stop of its event loop is one of ours.
      if (victim === undefined) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, stallMs);
      else {
        victim.signal('SIGSTOP');
        setTimeout(() => victim.signal('SIGCONT'), stallMs);
      }
    }
    await passed(lookMs);
  }
  console.log(`${stalls} stalls of ${stallMs / 1_000} s; looked at as ${JSON.stringify(seen)}`);
  check(seen.lost === 0, 'no machine was taken for lost');

  for (const { network } of fleet.machines) network.heal();
  await passed(stallMs + limits.heartbeatMs);
  await fleet.whenReady();
  await Promise.all(
    fleet.machines.map(async ({ name, machineId, network, signal }) => {
      signal('SIGSTOP');
      await passed(lookMs);
      const heardAtMs = network.passedAtMs;
      const afterMs = { suspect: 0, lost: 0 };
      while (afterMs.lost === 0 && performance.now() - heardAtMs < 4 * limits.leaseLostMs) {
        const status = await statusOf(machineId);
        if (status === 'suspect' || status === 'lost') afterMs[status] ||= performance.now() - heardAtMs;
        await passed(lookMs);
      }
      signal('SIGCONT');
      const seconds = (ms: number) => (ms / 1_000).toFixed(1);
      check(
        afterMs.suspect < limits.leaseSuspectMs + toleranceMs &&
          afterMs.lost < limits.leaseLostMs + toleranceMs &&
          afterMs.lost > limits.leaseLostMs - limits.heartbeatMs - toleranceMs,
        `${name}, stopped: nothing new after ${seconds(afterMs.suspect)} s, lost after ${seconds(afterMs.lost)} s`,
      );
    }),
  );
} finally {
  await fleet[Symbol.asyncDispose]();
}
process.exitCode = failed ? 1 : 0;
