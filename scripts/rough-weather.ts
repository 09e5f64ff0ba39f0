/**
 * Six real machines on two gateways, three over WebSockets and three over plain requests. First each is stopped, and it is
 * measured how soon that is noticed. Then their networks have 2 s of jitter and 5 % of lost packets, and agents and gateways
 * stop for 3 s now and then: none may be taken for lost.
 *
 *     npm run rough-weather -- --seconds 600
 *
 * Exits with 1 on a false loss, or when a machine was not suspected and lost as long after its last byte as its lease says: a
 * second more at most, and up to a heartbeat less where that byte was an answer to a ping, which is no sign of life.
 */
import { setTimeout as passed } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { limits } from '../src/contract/limits.ts';
import { type LinkWay, leaseOf } from '../src/yard/lease.ts';
import { type Fleet, startFleet } from '../test/support/fleet.ts';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '120' } } });
const stallMs = 3_000;
const lookMs = 100;
const toleranceMs = 1_000;
const machines = 3;
function check(isWell: boolean, text: string): void {
  console.log(`${isWell ? 'well' : 'NOT WELL'}: ${text}`);
  if (!isWell) process.exitCode = 1;
}

/** Stops each machine and tells when the gateway noticed. */
async function detection(fleet: Fleet, way: LinkWay): Promise<void> {
  const lease = leaseOf(limits.heartbeatMs, way);
  const isInTime = (tookMs: number, wantedMs: number): boolean =>
    tookMs < wantedMs + toleranceMs && tookMs > wantedMs - limits.heartbeatMs - toleranceMs;
  for (const { link } of await fleet.status())
    if (link?.way !== way) throw new Error(`linked by ${link?.way}, not ${way}`);
  await Promise.all(
    fleet.machines.map(async ({ name, machineId, network, signal }) => {
      signal('SIGSTOP');
      await passed(lookMs);
      const heardAtMs = network.passedAtMs;
      const afterMs = { suspect: 0, lost: 0 };
      while (afterMs.lost === 0 && performance.now() - heardAtMs < 2 * lease.lostMs) {
        const status = (await fleet.status()).find((machine) => machine.machineId === machineId)?.status;
        if (status === 'suspect' || status === 'lost') afterMs[status] ||= performance.now() - heardAtMs;
        await passed(lookMs);
      }
      signal('SIGCONT');
      const seconds = (ms: number) => (ms / 1_000).toFixed(1);
      check(
        isInTime(afterMs.suspect, lease.suspectMs) && isInTime(afterMs.lost, lease.lostMs),
        `${way}, ${name}, stopped: nothing new after ${seconds(afterMs.suspect)} s, lost after ${seconds(afterMs.lost)} s`,
      );
    }),
  );
  await fleet.whenReady();
}

/** Bad weather, and everybody stands still now and then. */
async function weather(fleet: Fleet, way: LinkWay): Promise<void> {
  for (const { network } of fleet.machines) network.roughen({ jitterMs: 2_000, lossChance: 0.05 });
  const untilMs = performance.now() + Number(values.seconds) * 1_000;
  const seen = { live: 0, suspect: 0, lost: 0 };
  const ways = { websocket: 0, http: 0 };
  let stalls = 0;
  let stallAtMs = performance.now() + stallMs;
  while (performance.now() < untilMs) {
    if (performance.now() > stallAtMs) {
      stalls += 1;
      stallAtMs = performance.now() + stallMs + Math.random() * 5_000;
      const stop = fleet.machines[stalls % (machines + 1)]?.signal ?? fleet.signalGateway;
      stop('SIGSTOP');
      setTimeout(() => stop('SIGCONT'), stallMs);
    }
    // A gateway that stands still answers when it goes on.
    for (const { status, link } of await fleet.status()) {
      if (status in seen) seen[status as keyof typeof seen] += 1;
      if (link !== null) ways[link.way] += 1;
    }
    await passed(lookMs);
  }
  check(
    seen.lost === 0,
    `${way}: ${values.seconds} s, ${stalls} stalls of ${stallMs / 1_000} s; looked at as ${JSON.stringify(seen)}, linked as ${JSON.stringify(ways)}`,
  );
}

const script = { slots: 2, window: 8_192, otherwise: 'Hello.' };
await using sockets = await startFleet(machines, script);
await using requests = await startFleet(machines, script, { withoutSockets: true });
const fleets = [
  { fleet: sockets, way: 'websocket' },
  { fleet: requests, way: 'http' },
] as const;
for (const phase of [detection, weather]) await Promise.all(fleets.map(({ fleet, way }) => phase(fleet, way)));
