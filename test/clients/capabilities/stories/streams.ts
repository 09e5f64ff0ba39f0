/** Many streams, streams that are left, streams that fall silent: looked at where the engine is. */
import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { cpuMs, loopCpuMs, until } from '../../../support/processes.ts';
import { textOf } from '../../../support/read-stream.ts';
import type { Yard, YardStatus } from '../../../support/start-yard.ts';
import { onlySaying, recital, recitalTool, recitedWords } from '../recital.ts';
import { bothWays, type Story, says } from '../story.ts';

const busySlots = ({ machines }: YardStatus): number => machines.reduce((sum, { tickets }) => sum + tickets, 0);

async function enginePid(yard: Yard): Promise<number> {
  const [pid, ...others] = await yard.enginePids();
  assert.ok(pid);
  assert.deepEqual(others, []);
  return pid;
}

/** What the engine works for something, CPU ms, until it has stopped. */
async function engineCost(yard: Yard, act: () => Promise<unknown>): Promise<number> {
  const pid = await enginePid(yard);
  const before = cpuMs(pid);
  await act();
  await yard.whenStatus((status) => status.requests.active === 0 && busySlots(status) === 0);
  return cpuMs(pid) - before;
}

/** What the whole recital costs; measured once per yard. */
const wholeCosts = new WeakMap<Yard, Promise<number>>();

/** Streams that want the engine to be slow. */
let waiting = 0;
let slowness: Promise<void> | undefined;

/** As on a machine that is busy with something else: the engine gets on a little now and then. */
async function slowDown(pid: number): Promise<void> {
  while (waiting > 0) {
    process.kill(pid, 'SIGSTOP');
    const [before, loopBefore] = [cpuMs(pid), loopCpuMs(pid)];
    // As long as possible, for the four answers must not be whole before a ping is due, yet far below what the agent
    // takes for a hang: it wants a sign of the event loop every 4.5 s.
    await setTimeout(2_500);
    process.kill(pid, 'SIGCONT');
    await until('the engine gets on', 10_000, () => cpuMs(pid) > before && loopCpuMs(pid) > loopBefore + 1);
  }
}

const pings: Story = {
  ways: ['streamed'],
  // Ten seconds of silence, once for all.
  together: true,
  async run({ connect, listen, yard }) {
    const wire = await listen();
    const pid = await enginePid(yard);
    if (waiting++ === 0) slowness = slowDown(pid);
    // A call is shown when it is complete: until then there is nothing to send.
    const answering = connect({ url: wire.url }).ask(recitalTool, { streamed: true });
    try {
      const pinged = () => wire.requests[0]?.responseText.includes('event: ping\n') === true;
      await Promise.race([until('a ping while the call is written', 30_000, pinged), answering]);
      assert.ok(pinged(), 'a ping came before the answer');
    } finally {
      waiting--;
      await slowness;
    }
    const [call] = (await answering).content;
    assert.ok(call?.type === 'tool_use', 'the client read past the pings');
    assert.deepEqual(call.input, { text: recitedWords });
  },
};

export const streamStories = {
  'eight at once': bothWays(async ({ ask }) => {
    const words = ['blorb', 'glim', 'tarko', 'fendle', 'quist', 'marl', 'dorvan', 'plim'];
    // Each has a grammar of its own: what the tiny model says by itself changes when batches mix.
    const answers = await Promise.all(
      words.map((word) => ask({ ...says(`Repeat after me: ${word} 42`), ...onlySaying(`${word} 42`) })),
    );
    assert.deepEqual(
      answers.map((answer) => JSON.parse(textOf(answer))),
      words.map((word) => ({ text: `${word} 42` })),
    );
    assert.equal(new Set(answers.map(({ id }) => id)).size, words.length);
    assert.equal(new Set(answers.map(({ headers }) => headers.get('request-id'))).size, words.length);
  }),

  'cancel observed at the engine': bothWays(async ({ ask, way, yard }) => {
    if (!wholeCosts.has(yard))
      wholeCosts.set(
        yard,
        engineCost(yard, () => ask(recital)),
      );
    const whole = await wholeCosts.get(yard)!;
    const printed = yard.output().length;
    const costs: number[] = [];
    // On a busy computer we may be late to leave; a cancel that does not arrive costs the whole every time.
    while (costs.length < 3 && !costs.some((cost) => cost < whole / 2)) {
      const leaving = new AbortController();
      const leave = () => leaving.abort();
      const cost = await engineCost(yard, async () => {
        const asking = ask(recital, { signal: leaving.signal, onPiece: leave });
        // Nothing is heard of a whole answer before its end: leave when the engine is at it.
        const atWork = way === 'whole' ? yard.whenStatus((status) => busySlots(status) === 1).then(leave) : undefined;
        await Promise.all([assert.rejects(asking, /abort/i), atWork]);
      });
      costs.push(cost);
    }
    assert.ok(Math.min(...costs) < whole / 2, `the engine worked ${costs} ms for it, ${whole} ms when nobody left`);
    await until('the cancel is in the log', 30_000, () => yard.output().slice(printed).includes('cancelled ('));
  }),

  pings,
};
