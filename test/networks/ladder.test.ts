/**
 * Everything that a machine of an ordinary person does to a request, before its first word and after it, over
 * WebSockets and over plain requests. Before, no client notices; after, it is told soon. Real processes, really killed.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as passed } from 'node:timers/promises';
import { limits } from '../../src/contract/limits.ts';
import { ask, turn } from '../support/ask.ts';
import { type Fleet, type FleetMachine, startFleet } from '../support/fleet.ts';
import { until } from '../support/processes.ts';

const answer = 'It was answered all the same.';
const talk = 'It went on and on. ';
/** What an engine can do by itself: once, when a file says so. */
const faults = ['exit', 'hang', 'garbage', 'memory'] as const;
/** In the directory of a machine: its engine reads no prompt to its end. */
const holdFile = (directory: string): string => join(directory, 'hold');

interface Cause {
  readonly cause: string;
  happen(victim: FleetMachine): void | Promise<void>;
  mend(victim: FleetMachine): void;
}

interface Talking {
  readonly cause: Cause;
  readonly victim: FleetMachine;
  readonly asked: Promise<Response>;
}

const nothing = (): void => {};
const causes: readonly Cause[] = [
  { cause: 'the agent is killed', happen: (it) => it.signal('SIGKILL'), mend: (it) => it.start() },
  { cause: 'the engine is killed', happen: (it) => it.signalEngine('SIGKILL'), mend: nothing },
  // Its heartbeats go on.
  { cause: 'the engine is stopped', happen: (it) => it.signalEngine('SIGSTOP'), mend: nothing },
  { cause: 'the agent is stopped', happen: (it) => it.signal('SIGSTOP'), mend: (it) => it.signal('SIGCONT') },
  { cause: 'the network swallows everything', happen: (it) => it.network.stall(), mend: (it) => it.network.heal() },
  { cause: 'the connection is reset', happen: (it) => it.network.reset(), mend: (it) => it.network.heal() },
  {
    cause: 'the machine sleeps for longer than its lease',
    async happen(it) {
      for (const signal of [it.signal, it.signalEngine]) signal('SIGSTOP');
      await passed(limits.leaseLostMs + 1_000);
      for (const signal of [it.signal, it.signalEngine]) signal('SIGCONT');
    },
    mend: nothing,
  },
  {
    cause: 'the owner presses Ctrl-C twice',
    happen(it) {
      // The same signal twice at once would arrive as one.
      it.signal('SIGINT');
      it.signal('SIGTERM');
    },
    mend: (it) => it.start(),
  },
];

/** What one cause has done to a fleet must be mended before the next. */
const inTurn = { concurrency: 1 };

// Two fleets at the same time, which mostly wait.
describe('ladder', { concurrency: true }, () => {
  for (const carriage of ['WebSockets', 'plain requests'] as const)
    describe(`over ${carriage}`, inTurn, () => ladder(carriage));
});

function ladder(carriage: 'WebSockets' | 'plain requests'): void {
  let fleet: Fleet;
  before(async () => {
    fleet = await startFleet(
      3,
      (directory) => ({
        slots: 4,
        window: 16_384,
        holdFile: holdFile(directory),
        otherwise: answer,
        logFile: join(directory, 'engine.log'),
        rules: [
          ...faults.map((kind) => ({
            prompt: `fault ${kind}`,
            say: answer,
            fault: { kind, afterTokens: 0, onceFile: join(directory, kind) },
          })),
          ...faults.map((kind) => ({
            prompt: `talk, then ${kind}`,
            say: talk,
            repeat: 10,
            tokensPerSecond: 20,
            fault: { kind, afterTokens: 8 },
          })),
          { prompt: 'Talk.', say: talk, repeat: 4_096, tokensPerSecond: 20 },
        ],
      }),
      { withoutSockets: carriage === 'plain requests' },
    );
  });
  after(() => fleet[Symbol.asyncDispose]());

  /** Prompts that engines of a machine have begun to read so far. */
  function begun({ directory }: FleetMachine): number {
    const file = join(directory, 'engine.log');
    return existsSync(file) ? (readFileSync(file, 'utf8').match(/"event":"start"/g)?.length ?? 0) : 0;
  }

  /** Asks, and tells which machine has begun to work on it: it reads until it is let go on. */
  async function atWork(text: string): Promise<Omit<Talking, 'cause'>> {
    const already = fleet.machines.map(begun);
    for (const { directory } of fleet.machines) writeFileSync(holdFile(directory), '');
    const asked = ask(fleet, turn(fleet.model, text, { stream: true, max_tokens: 2_000 }));
    let victim: FleetMachine | undefined;
    await until('a machine reads the prompt', 60_000, () => {
      victim = fleet.machines.find((machine, index) => begun(machine) > (already[index] ?? 0));
      return victim !== undefined;
    });
    assert.ok(victim);
    for (const other of fleet.machines) if (other !== victim) goOn(other);
    return { victim, asked };
  }

  function goOn({ directory }: FleetMachine): void {
    rmSync(holdFile(directory), { force: true });
  }

  /** The client saw one whole answer and nothing of what happened behind it. */
  async function answered(asked: Promise<Response>): Promise<void> {
    const response = await asked;
    const events = await response.text();
    assert.equal(response.status, 200, events);
    assert.equal(events.match(/^event: message_start$/gm)?.length, 1, events);
    assert.equal(events.match(/^event: message_stop$/gm)?.length, 1, events);
    const shown = [...events.matchAll(/"text_delta","text":"([^"]*)"/g)].map(([, piece]) => piece).join('');
    assert.equal(shown, answer);
  }

  describe('before the first content nobody notices', inTurn, () => {
    for (const { cause, happen, mend } of causes) {
      test(`when ${cause}`, async () => {
        await fleet.whenReady();
        const lost = fleet.lostAttempts;
        const { victim, asked } = await atWork(`When ${cause}.`);
        await happen(victim);
        await answered(asked);
        goOn(victim);
        mend(victim);
        assert.equal(fleet.lostAttempts, lost + 1, 'it really lost its machine');
      });
    }

    for (const kind of faults) {
      test(`when an engine does this: ${kind}`, async () => {
        await fleet.whenReady();
        const lost = fleet.lostAttempts;
        const { victim, asked } = await atWork(`fault ${kind}.`);
        // It is still reading the prompt; the fault comes with the first token.
        writeFileSync(join(victim.directory, kind), '');
        goOn(victim);
        await answered(asked);
        assert.equal(fleet.lostAttempts, lost + 1, 'it really happened');
      });
    }
  });

  describe('after the first content the client is told', inTurn, () => {
    // A connection that is reset goes on with its session (`test/fleet/sessions.test.ts`), a sleep is a stop.
    const told = causes.filter(({ cause }) => !/reset|sleeps/.test(cause));
    for (const cause of told) {
      test(`when ${cause.cause}`, async () => {
        await fleet.whenReady();
        const talking = await atWork(`${cause.cause}. Talk.`);
        goOn(talking.victim);
        await brokenOff({ cause, ...talking });
      });
    }

    for (const kind of faults) {
      test(`when an engine does this: ${kind}`, async () => {
        await fleet.whenReady();
        const cause = { cause: `an engine does this: ${kind}`, happen: nothing, mend: nothing };
        const talking = await atWork(`talk, then ${kind}.`);
        goOn(talking.victim);
        await brokenOff({ cause, ...talking });
      });
    }
  });

  /** Its cause happens after the first word; the client is told in time, and not that it was the end. */
  async function brokenOff({ cause: { cause, happen, mend }, victim, asked }: Talking): Promise<void> {
    const response = await asked;
    let events = '';
    let happened: Promise<void> | undefined;
    let happenedMs = 0;
    const decoder = new TextDecoder();
    for await (const bytes of response.body ?? []) {
      events += decoder.decode(bytes, { stream: true });
      if (happened !== undefined || !events.includes('text_delta')) continue;
      happenedMs = performance.now();
      happened = Promise.resolve(happen(victim));
    }
    const toldMs = performance.now() - happenedMs;
    await happened;
    mend(victim);
    assert.match(events, /event: error\ndata: .*"(overloaded_error|api_error|timeout_error)"/, cause);
    assert.doesNotMatch(events, /event: message_stop/, cause);
    // The longest wait there is: an engine that shows no progress.
    assert.ok(toldMs < limits.decodeProgressMs + 15_000, `${cause}: ${toldMs} ms`);
  }
}
