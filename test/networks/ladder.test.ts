/**
 * Everything that a machine of an ordinary person does to a request, before its first word and after it, over WebSockets
 * and over plain requests. Before, no client notices; after, it is told soon. Real processes with the real engine, really
 * killed. What an engine would not do by itself when a test wants it: `engine-faults.test.ts`.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as passed } from 'node:timers/promises';
import { limits } from '../../src/contract/limits.ts';
import { type AskOptions, ask, type Body, readJson, turn } from '../support/ask.ts';
import { type Fleet, type FleetMachine, startFleet } from '../support/fleet.ts';
import { cpuMs, until } from '../support/processes.ts';
import { readStream, textOf } from '../support/read-stream.ts';

type Carriage = 'WebSockets' | 'plain requests';

/** A machine that says nothing for this long is lost, ms. */
const leaseMs = (carriage: Carriage): number =>
  limits.leaseLostMs * (carriage === 'WebSockets' ? 1 : limits.httpLeaseFactor);

interface Cause {
  readonly happens: (victim: FleetMachine, carriage: Carriage) => void | Promise<void>;
  readonly mend?: (victim: FleetMachine) => void;
}

const causes = {
  'the agent is killed': { happens: (it) => it.signal('SIGKILL'), mend: (it) => it.start() },
  'the engine is killed': { happens: (it) => it.signalEngine('SIGKILL') },
  // Its machine's heartbeats go on.
  'the engine is stopped': { happens: (it) => it.signalEngine('SIGSTOP') },
  'the agent is stopped': { happens: (it) => it.signal('SIGSTOP'), mend: (it) => it.signal('SIGCONT') },
  'the network swallows everything': { happens: (it) => it.network.stall(), mend: (it) => it.network.heal() },
  'the connection is reset': { happens: (it) => it.network.reset(), mend: (it) => it.network.heal() },
  'the machine sleeps for longer than its lease': {
    async happens(it, carriage) {
      for (const signal of [it.signal, it.signalEngine]) signal('SIGSTOP');
      // The length of the sleep is what is tested; a gateway that was held up itself waits a little longer.
      await passed(leaseMs(carriage) + 5_000);
      for (const signal of [it.signal, it.signalEngine]) signal('SIGCONT');
    },
  },
  'the owner presses Ctrl-C twice': {
    happens(it) {
      // The same signal twice at once would arrive as one.
      it.signal('SIGINT');
      it.signal('SIGTERM');
    },
    mend: (it) => it.start(),
  },
} satisfies Record<string, Cause>;
type CauseName = keyof typeof causes;

/** What happens at the same time, each to another machine of three; what takes about as long is together. */
const beforeContent: readonly (readonly CauseName[])[] = [
  ['the agent is stopped', 'the network swallows everything'],
  ['the machine sleeps for longer than its lease', 'the engine is stopped'],
  ['the engine is killed', 'the connection is reset'],
  ['the agent is killed', 'the owner presses Ctrl-C twice'],
];
/** No machine needs to be left: nobody takes over. A connection that is reset goes on with its session. */
const afterContent: readonly (readonly CauseName[])[] = [
  ['the agent is stopped', 'the network swallows everything', 'the machine sleeps for longer than its lease'],
  ['the agent is killed', 'the engine is killed', 'the engine is stopped'],
  ['the owner presses Ctrl-C twice', 'the connection is reset'],
];

/** What one round has done to a fleet must be mended before the next. */
const inTurn = { concurrency: 1 };

// Two fleets at the same time, which mostly wait.
describe('ladder', { concurrency: true }, () => {
  for (const carriage of ['WebSockets', 'plain requests'] as const)
    describe(`over ${carriage}`, inTurn, () => ladder(carriage));
});

/** Some 2,100 tokens: a second of reading for one core. */
const padding = 'All work and no play makes a dull machine. '.repeat(80);
/** A model that may say one thing only: what is to be seen of an answer is known, and nothing else can be a whole one. */
const onlyAnswer = (answer: string) => ({
  format: {
    type: 'json_schema',
    schema: {
      type: 'object',
      properties: { answer: { enum: [answer] } },
      required: ['answer'],
      additionalProperties: false,
    },
  },
});
/** An engine that has used this much of a processor since it was asked has counted the prompt and is reading it, ms. */
const readingCpuMs = 200;
/** A request may be answered before a busy test has done what it wanted to do; then it asks again. */
const mostTries = 5;

function ladder(carriage: Carriage): void {
  let fleet: Fleet;
  before(async () => {
    // One slot: a machine has one request, and its engine computes the same alone as at any other time.
    fleet = await startFleet(
      3,
      { real: { window: 8_192, slots: 1 } },
      { withoutSockets: carriage === 'plain requests' },
    );
    const wanted = carriage === 'WebSockets' ? 'websocket' : 'http';
    for (const { link } of await fleet.status()) assert.equal(link?.way, wanted);
  });
  after(() => fleet?.[Symbol.asyncDispose]());

  describe('before the first content nobody notices', inTurn, () => {
    for (const names of beforeContent)
      test(`when ${names.join(', and ')}`, async () => {
        for (let tries = 1; ; tries += 1) {
          if (await nobodyNotices(names, `${carriage}, ${tries}`)) return;
          assert.ok(tries < mostTries, 'each time an answer was quicker than the test');
        }
      });
  });

  describe('after the first content the client is told', inTurn, () => {
    for (const names of afterContent) test(`when ${names.join(', and ')}`, () => isTold(names));
  });

  /** False: an answer had begun before anything happened, so that nothing was tried. */
  async function nobodyNotices(names: readonly CauseName[], salt: string): Promise<boolean> {
    await fleet.whenReady();
    const engines = fleet.machines.map((machine) => {
      const [pid = 0] = machine.enginePids();
      return { machine, pid, usedMs: cpuMs(pid) };
    });
    let begun = 0;
    const asked = names.map(async (name) => {
      const body = turn(fleet.model, `${salt}: ${name}. ${padding}`, { stream: true, output_config: onlyAnswer(name) });
      const response = await ask(fleet, body);
      begun += 1;
      return response;
    });
    let victims: readonly FleetMachine[] = [];
    await until('as many machines read as were asked', 60_000, () => {
      const reading = engines.filter(({ pid, usedMs }) => cpuMs(pid) - usedMs >= readingCpuMs);
      victims = reading.map(({ machine }) => machine).slice(0, names.length);
      return victims.length === names.length || begun > 0;
    });
    if (begun > 0) {
      for (const response of await Promise.all(asked)) await response.text();
      return false;
    }

    const happening = names.map((name, index) => victims[index] && causes[name].happens(victims[index], carriage));
    // Whole, and nothing of what happened behind it.
    const shown = await Promise.all(asked.map(async (response) => readStream(await response)));
    await Promise.all(happening);
    names.forEach((name, index) => {
      const cause: Cause = causes[name];
      if (victims[index] !== undefined) cause.mend?.(victims[index]);
    });
    const lostOn: string[] = [];
    for (const { requestId } of shown) {
      const { attempts } = await fleet.explain(requestId);
      const lost = attempts.filter(({ lostBecause }) => lostBecause !== null);
      lostOn.push(...lost.map(({ decision }) => decision.chosen.machineId));
    }
    for (const { machineId, name } of victims)
      assert.ok(lostOn.includes(machineId), `${name} had a request and lost it`);
    assert.deepEqual(
      shown.map((message) => JSON.parse(textOf(message)).answer),
      names,
    );
    return true;
  }

  async function isTold(names: readonly CauseName[]): Promise<void> {
    await fleet.whenReady();
    const goesOn = (name: CauseName): boolean => name === 'the connection is reset';
    // Each of them on a machine of its own.
    const on = (index: number) => ({ headers: { 'x-metalyard-machine': `machine-${index + 1}` } });
    const body = (index: number) => turn(fleet.model, `Count from ${index + 1} to 1000.`);
    const talks = await Promise.all(
      names.map((name, index) =>
        begin(fleet, { ...body(index), stream: true, max_tokens: goesOn(name) ? 1_000 : 4_000 }, on(index)),
      ),
    );
    const ended = names.map(async (name, index) => {
      const talk = talks[index];
      const victim = fleet.machines[index];
      assert.ok(talk && victim);
      const { connections } = victim.network;
      const cause: Cause = causes[name];
      const happenedMs = performance.now();
      const happening = cause.happens(victim, carriage);
      if (goesOn(name)) {
        await passed(500);
        cause.mend?.(victim);
      }
      const events = await talk.rest;
      const toldMs = performance.now() - happenedMs;
      await happening;
      if (!goesOn(name)) cause.mend?.(victim);
      if (goesOn(name)) {
        assert.match(events, /event: message_stop/, name);
        assert.doesNotMatch(events, /event: error/, name);
        assert.ok(victim.network.connections > connections, 'there was another connection');
      } else {
        assert.match(events, /event: error\ndata: .*"(overloaded_error|api_error|timeout_error)"/, name);
        assert.doesNotMatch(events, /event: message_stop/, name);
        assert.ok(toldMs < leaseMs(carriage) + 10_000, `${name}: told after ${toldMs} ms`);
      }
      return shownIn(events);
    });
    // Each is mended before one of them is found wanting.
    await Promise.allSettled(ended);
    const shown = await Promise.all(ended);
    await fleet.whenReady();
    // A greedy answer is the same word for word: nothing was lost or repeated before it broke off, or when it went on.
    for (const [index, name] of names.entries()) {
      const max_tokens = goesOn(name) ? 1_000 : 400;
      const undisturbed = textOf(await readJson(await ask(fleet, { ...body(index), max_tokens }, on(index))));
      const said = shown[index] ?? '';
      assert.notEqual(said, '');
      if (goesOn(name)) assert.equal(said, undisturbed, name);
      else assert.ok(undisturbed.startsWith(said) || said.startsWith(undisturbed), `${name}: ${said}`);
    }
  }
}

const shownIn = (events: string): string =>
  [...events.matchAll(/"text_delta","text":("[^"]*")/g)].map(([, piece = '""']) => JSON.parse(piece)).join('');

interface Talk {
  /** All events, when it has ended. */
  readonly rest: Promise<string>;
}

/** Resolves when its first words are here. */
async function begin(fleet: Fleet, body: Body, options: AskOptions): Promise<Talk> {
  const response = await ask(fleet, body, options);
  const begun = Promise.withResolvers<void>();
  const rest = (async () => {
    let events = '';
    const decoder = new TextDecoder();
    for await (const bytes of response.body ?? []) {
      events += decoder.decode(bytes, { stream: true });
      if (events.includes('text_delta')) begun.resolve();
    }
    begun.resolve();
    return events;
  })();
  await begun.promise;
  assert.equal(response.status, 200);
  return { rest };
}
